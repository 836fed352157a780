"""What a pod asks for must be free; of the nodes where it is, the emptier one is better."""

from __future__ import annotations

from collections.abc import Sequence

from wherry.scheduler.framework import SCORE_MAX, Facts, Plugin
from wherry.scheduler.pod_info import CPU, MEMORY, PODS_RESOURCE, PodInfo
from wherry.scheduler.snapshot import NodeInfo

TOO_MANY_PODS = "Too many pods"


def _filter(pod: PodInfo, node: NodeInfo, _facts: Facts) -> Sequence[str]:
    reasons = []
    if len(node.pods) + 1 > node.allocatable.get(PODS_RESOURCE, 0):
        reasons.append(TOO_MANY_PODS)
    for resource, wanted in pod.requests.items():
        # A node that is overcommitted already may still take a pod that asks for none of it.
        if wanted > 0 and wanted > node.allocatable.get(resource, 0) - node.requested.get(resource, 0):
            reasons.append(f"Insufficient {resource}")
    return reasons


def _score(pod: PodInfo, nodes: Sequence[NodeInfo], _facts: Facts) -> Sequence[float]:
    return [_free_share(pod, node) for node in nodes]


def _free_share(pod: PodInfo, node: NodeInfo) -> float:
    shares = [
        max(0, capacity - taken) * SCORE_MAX // capacity
        for capacity, taken in (
            (node.allocatable.get(CPU, 0), node.scored_cpu_milli + pod.scored_cpu_milli),
            (node.allocatable.get(MEMORY, 0), node.scored_memory_bytes + pod.scored_memory_bytes),
        )
        if capacity
    ]
    return sum(shares) / len(shares) if shares else 0.0


RESOURCES_FIT = Plugin(
    name="NodeResourcesFit",
    filter=_filter,
    score=_score,
    woken_by=frozenset({"node-added", "node-changed", "pod-gone"}),
)
