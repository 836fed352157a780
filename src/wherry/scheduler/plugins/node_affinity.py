"""The labels that a pod wants, or would like, its node to have: nodeSelector and nodeAffinity."""

from __future__ import annotations

from collections.abc import Sequence

from wherry.api.core.affinity import NodeAffinity
from wherry.reconcile.node_selectors import matches_term, selects
from wherry.scheduler.framework import Facts, Plugin, scale_scores
from wherry.scheduler.pod_info import PodInfo
from wherry.scheduler.snapshot import NodeInfo

REASON = "node(s) didn't match Pod's node affinity/selector"


def _affinity(pod: PodInfo) -> NodeAffinity:
    affinity = pod.pod.spec.affinity
    return affinity.node_affinity if affinity and affinity.node_affinity else NodeAffinity()


def _filter(pod: PodInfo, node: NodeInfo, _facts: Facts) -> Sequence[str]:
    labels = node.node.metadata.labels
    if any(labels.get(key) != value for key, value in pod.pod.spec.node_selector.items()):
        return (REASON,)
    required = _affinity(pod).required_during_scheduling_ignored_during_execution
    return (REASON,) if required is not None and not selects(required, node.node) else ()


def _score(pod: PodInfo, nodes: Sequence[NodeInfo], _facts: Facts) -> Sequence[float]:
    preferred = _affinity(pod).preferred_during_scheduling_ignored_during_execution
    return scale_scores(
        [sum(wish.weight for wish in preferred if matches_term(wish.preference, node.node)) for node in nodes]
    )


NODE_AFFINITY = Plugin(
    name="NodeAffinity",
    filter=_filter,
    score=_score,
    weight=2,
    woken_by=frozenset({"node-added", "node-changed"}),
)
