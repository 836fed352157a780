"""A node that has been cordoned takes no new pods."""

from __future__ import annotations

from collections.abc import Sequence

from wherry.api.core.node import Taint
from wherry.scheduler.framework import Facts, Plugin
from wherry.scheduler.plugins.taints import is_tolerated
from wherry.scheduler.pod_info import PodInfo
from wherry.scheduler.snapshot import NodeInfo

REASON = "node(s) were unschedulable"

# Whoever tolerates this taint (a DaemonSet's pods do) may run on a cordoned node.
CORDONED = Taint(key="node.kubernetes.io/unschedulable", effect="NoSchedule")


def _filter(pod: PodInfo, node: NodeInfo, _facts: Facts) -> Sequence[str]:
    if node.node.spec.unschedulable and not is_tolerated(CORDONED, pod.pod.spec.tolerations):
        return (REASON,)
    return ()


NODE_UNSCHEDULABLE = Plugin(
    name="NodeUnschedulable", filter=_filter, woken_by=frozenset({"node-added", "node-changed"})
)
