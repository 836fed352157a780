"""Nodes that keep pods away, unless the pod tolerates it."""

from __future__ import annotations

from collections.abc import Sequence

from wherry.api.core.affinity import Toleration
from wherry.api.core.node import Taint
from wherry.reconcile.pods import tolerates
from wherry.scheduler.framework import Facts, Plugin, scale_scores
from wherry.scheduler.pod_info import PodInfo
from wherry.scheduler.snapshot import NodeInfo

# NoExecute also throws running pods out, which is the taint-eviction controller's work.
REFUSING_EFFECTS = ("NoSchedule", "NoExecute")


def is_tolerated(taint: Taint, tolerations: Sequence[Toleration]) -> bool:
    """Whether any of `tolerations` puts up with `taint`."""
    return any(tolerates(toleration, taint) for toleration in tolerations)


def _filter(pod: PodInfo, node: NodeInfo, _facts: Facts) -> Sequence[str]:
    tolerations = pod.pod.spec.tolerations
    for taint in node.node.spec.taints:
        if taint.effect in REFUSING_EFFECTS and not is_tolerated(taint, tolerations):
            return (f"node(s) had untolerated taint {{{taint.key}: {taint.value}}}",)
    return ()


def _score(pod: PodInfo, nodes: Sequence[NodeInfo], _facts: Facts) -> Sequence[float]:
    tolerations = pod.pod.spec.tolerations
    disliked = [
        sum(
            taint.effect == "PreferNoSchedule" and not is_tolerated(taint, tolerations)
            for taint in node.node.spec.taints
        )
        for node in nodes
    ]
    return scale_scores(disliked, reverse=True)


TAINTS = Plugin(
    name="TaintToleration",
    filter=_filter,
    score=_score,
    weight=3,
    woken_by=frozenset({"node-added", "node-changed"}),
)
