"""A pod that names its node runs there and nowhere else."""

from __future__ import annotations

from collections.abc import Sequence

from wherry.scheduler.framework import Facts, Plugin
from wherry.scheduler.pod_info import PodInfo
from wherry.scheduler.snapshot import NodeInfo

REASON = "node(s) didn't match the requested node name"


def _filter(pod: PodInfo, node: NodeInfo, _facts: Facts) -> Sequence[str]:
    wanted = pod.pod.spec.node_name
    return (REASON,) if wanted and wanted != node.name else ()


NODE_NAME = Plugin(name="NodeName", filter=_filter, woken_by=frozenset({"node-added"}))
