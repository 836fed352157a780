"""A node whose CPU and memory fill up alike wastes neither."""

from __future__ import annotations

from collections.abc import Sequence

from wherry.scheduler.framework import SCORE_MAX, Facts, Plugin
from wherry.scheduler.pod_info import CPU, MEMORY, PodInfo
from wherry.scheduler.snapshot import NodeInfo


def _score(pod: PodInfo, nodes: Sequence[NodeInfo], _facts: Facts) -> Sequence[float]:
    return [_balance(pod, node) for node in nodes]


def _balance(pod: PodInfo, node: NodeInfo) -> float:
    shares = [
        min(1.0, (node.requested.get(resource, 0) + pod.requests.get(resource, 0)) / capacity)
        for resource in (CPU, MEMORY)
        if (capacity := node.allocatable.get(resource, 0))
    ]
    # For two numbers the standard deviation is half their difference.
    return SCORE_MAX * (1 - (max(shares) - min(shares)) / 2) if shares else 0.0


RESOURCES_BALANCED = Plugin(name="NodeResourcesBalancedAllocation", score=_score)
