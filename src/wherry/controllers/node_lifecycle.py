"""Notices nodes that have fallen silent, says so in their conditions and taints, and takes it back.

A node is silent when its Lease has not been renewed for 40 seconds *as this process has seen it*, on a
clock that never jumps: a wall clock set forward or a laptop that slept evicts nobody.

Source: kubernetes pkg/controller/nodelifecycle (node_lifecycle_controller.go).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from wherry.api.coordination.lease import LEASES, Lease
from wherry.api.core.node import NODES, Node, NodeCondition, NodeStatus, Taint
from wherry.api.core.pod import PODS, Pod, PodCondition
from wherry.apimachinery.document import Document
from wherry.apimachinery.meta import ObjectKey
from wherry.apimachinery.timestamps import format_time
from wherry.reconcile.actions import Action, Emit, EventNote, Patch, PatchStatus, Requeue
from wherry.reconcile.controller import Controller, View
from wherry.reconcile.observed import Unchanged
from wherry.reconcile.pods import is_ready, is_terminal, with_condition
from wherry.reconcile.sources import for_kind, mapped

LEASE_NAMESPACE = "kube-node-lease"
GRACE_S = 40.0
"""kube-controller-manager's --node-monitor-grace-period before 1.32; a lease is renewed every 10 s."""

NOT_READY = "node.kubernetes.io/not-ready"
UNREACHABLE = "node.kubernetes.io/unreachable"
UNSCHEDULABLE = "node.kubernetes.io/unschedulable"

CONDITION_TAINTS: Mapping[tuple[str, str], str] = {
    ("Ready", "False"): NOT_READY,
    ("Ready", "Unknown"): UNREACHABLE,
    ("MemoryPressure", "True"): "node.kubernetes.io/memory-pressure",
    ("DiskPressure", "True"): "node.kubernetes.io/disk-pressure",
    ("PIDPressure", "True"): "node.kubernetes.io/pid-pressure",
    ("NetworkUnavailable", "True"): "node.kubernetes.io/network-unavailable",
}
"""Which condition keeps new pods away by which taint."""

EVICTING = (NOT_READY, UNREACHABLE)
"""Taints that also make running pods leave in time (NoExecute)."""

OWN_TAINTS = {*CONDITION_TAINTS.values(), UNSCHEDULABLE}

WATCHED_CONDITIONS = ("Ready", "MemoryPressure", "DiskPressure", "PIDPressure")
"""What the kubelet reports; all of it is unknown once it is silent."""


def node_lifecycle_controller() -> Controller:
    """A fresh controller: it remembers when it last saw each node's Lease renewed."""
    renewals: Unchanged[str] = Unchanged()

    def plan(key: ObjectKey, view: View) -> Sequence[Action]:
        node = view.lister(NODES).get(*key)
        if node is None:
            renewals.forget(key.name)
            return []
        lease = view.lister(LEASES).get(LEASE_NAMESPACE, key.name)
        renewed = lease.spec.renew_time if lease is not None else ""
        silent_s = renewals.for_s(key.name, renewed, view.monotonic_s)
        return plan_node(node, silent_s, view)

    return Controller(
        name="node-controller",
        primary=NODES,
        sources=(for_kind(NODES), mapped(LEASES, _node_of)),
        reads=(PODS,),
        plan=plan,
    )


def plan_node(node: Node, silent_s: float, view: View) -> Sequence[Action]:
    """Decide what a node's state means, given for how long its kubelet has been silent."""
    name = node.metadata.name
    actions: list[Action] = []
    if silent_s < GRACE_S:
        actions.append(Requeue(GRACE_S - silent_s, "the kubelet should have renewed its lease by then"))
    elif (status := silenced(node, view.now_s)) != node.status:
        why = f"the kubelet of {name} has not renewed its lease for {GRACE_S:.0f} s"
        actions.append(PatchStatus(NODES, "", name, node.status, status, why))
        if ready_status(node.status) == "True":
            actions.append(Emit(EventNote("NodeNotReady", f"Node {name} status is now: NodeNotReady"), why))
        # The taints follow when the new conditions are in the cache, and then against that very revision.
        return actions
    actions += plan_taints(node, view.now_s)
    if ready_status(node.status) == "Unknown":
        actions += plan_pods_not_ready(name, view)
    return actions


def ready_status(status: NodeStatus) -> str:
    """What the Ready condition says: True, False, Unknown, or "" when there is none yet."""
    return next((condition.status for condition in status.conditions if condition.type == "Ready"), "")


def silenced(node: Node, now_s: float) -> NodeStatus:
    """The node's status with everything that only its kubelet can know set to Unknown."""
    known = {condition.type: condition for condition in node.status.conditions}
    conditions = {**known}
    for type_ in WATCHED_CONDITIONS:
        old = known.get(type_)
        if old is None:
            conditions[type_] = NodeCondition(
                type=type_,
                status="Unknown",
                reason="NodeStatusNeverUpdated",
                message="Kubelet never posted node status.",
                last_heartbeat_time=node.metadata.creation_timestamp,
                last_transition_time=format_time(now_s),
            )
        elif old.status != "Unknown":
            conditions[type_] = msgspec.structs.replace(
                old,
                status="Unknown",
                reason="NodeStatusUnknown",
                message="Kubelet stopped posting node status.",
                last_transition_time=format_time(now_s),
            )
    return msgspec.structs.replace(node.status, conditions=tuple(conditions.values()))


def plan_taints(node: Node, now_s: float) -> Sequence[Action]:
    """Make the node's taints say what its conditions say; taints of others are left alone."""
    wanted = wanted_taints(node)
    kept = [taint for taint in node.spec.taints if taint.key not in OWN_TAINTS or (taint.key, taint.effect) in wanted]
    present = {(taint.key, taint.effect) for taint in kept}
    added = [
        Taint(key=key, effect=effect, time_added=format_time(now_s))
        for key, effect in wanted
        if (key, effect) not in present
    ]
    if not added and len(kept) == len(node.spec.taints):
        return []
    taints = [msgspec.to_builtins(taint) for taint in (*kept, *added)]
    patch: Document = {"spec": {"taints": taints or None}}
    words = ", ".join(f"{key}:{effect}" for key, effect in wanted) or "none of ours"
    meta, why = node.metadata, f"its conditions call for the taints {words}"
    return [Patch(NODES, "", meta.name, patch, why, resource_version=meta.resource_version)]


def wanted_taints(node: Node) -> list[tuple[str, str]]:
    """Key and effect of each taint that the node's conditions call for."""
    wanted = []
    for condition in node.status.conditions:
        key = CONDITION_TAINTS.get((condition.type, condition.status))
        if key is not None:
            wanted.append((key, "NoSchedule"))
            if key in EVICTING:
                wanted.append((key, "NoExecute"))
    if node.spec.unschedulable:
        wanted.append((UNSCHEDULABLE, "NoSchedule"))
    return wanted


def plan_pods_not_ready(node_name: str, view: View) -> list[Action]:
    """Pods of a node that nobody hears from must not get requests: their Ready becomes False."""
    return [
        _not_ready(pod, view.now_s)
        for pod in view.lister(PODS).list()
        if pod.spec.node_name == node_name and is_ready(pod) and not is_terminal(pod)
    ]


def _not_ready(pod: Pod, now_s: float) -> Action:
    condition = PodCondition(type="Ready", status="False", reason="NodeNotReady")
    status = msgspec.structs.replace(pod.status, conditions=with_condition(pod.status.conditions, condition, now_s))
    meta, why = pod.metadata, f"its node {pod.spec.node_name} is not ready"
    return PatchStatus(
        PODS,
        meta.namespace,
        meta.name,
        pod.status,
        status,
        why,
        event=EventNote("NodeNotReady", "Node is not ready", "Warning"),
    )


def _node_of(lease: Lease) -> list[ObjectKey]:
    return [ObjectKey("", lease.metadata.name)] if lease.metadata.namespace == LEASE_NAMESPACE else []
