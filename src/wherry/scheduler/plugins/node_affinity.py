"""The labels that a pod wants, or would like, its node to have: nodeSelector and nodeAffinity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from wherry.api.core.affinity import NodeAffinity, NodeSelector, NodeSelectorRequirement, NodeSelectorTerm
from wherry.api.core.node import Node
from wherry.scheduler.framework import Facts, Plugin, scale_scores
from wherry.scheduler.pod_info import PodInfo
from wherry.scheduler.snapshot import NodeInfo

REASON = "node(s) didn't match Pod's node affinity/selector"


def selects(selector: NodeSelector, node: Node) -> bool:
    """Whether any term of `selector` fits `node`."""
    return any(matches_term(term, node) for term in selector.node_selector_terms)


def matches_term(term: NodeSelectorTerm, node: Node) -> bool:
    """Whether all requirements of `term` are met. A term without any matches nothing."""
    if not term.match_expressions and not term.match_fields:
        return False
    fields = {"metadata.name": node.metadata.name}
    return all(matches(requirement, node.metadata.labels) for requirement in term.match_expressions) and all(
        matches(requirement, fields) for requirement in term.match_fields
    )


def matches(requirement: NodeSelectorRequirement, labels: Mapping[str, str]) -> bool:
    """Whether `labels` meet one requirement."""
    value = labels.get(requirement.key)
    match requirement.operator:
        case "In":
            return value in requirement.values
        case "NotIn":
            return value not in requirement.values
        case "Exists":
            return value is not None
        case "DoesNotExist":
            return value is None
        case "Gt" | "Lt" as operator:
            return _compare(operator, value, requirement.values)
    return False


def _compare(operator: str, value: str | None, bounds: Sequence[str]) -> bool:
    try:
        number, bound = int(value or ""), int(bounds[0])
    except (ValueError, IndexError):
        return False
    return number > bound if operator == "Gt" else number < bound


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
