"""The controller that plays the kubelet for pods on simulated nodes."""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence

from wherry.agent.simulated.addresses import POD_NETWORK, AddressPool
from wherry.agent.simulated.pod_status import ended_status, running_status, with_ephemeral, with_readiness
from wherry.agent.simulated.stages import Stage, stage_of
from wherry.api.core.node import NODES, Node, is_simulated
from wherry.api.core.pod import PODS, Pod
from wherry.apimachinery.meta import ObjectKey
from wherry.reconcile.actions import Action, Delete, EventNote, PatchStatus, Requeue
from wherry.reconcile.controller import Controller, View
from wherry.reconcile.observed import Unchanged
from wherry.reconcile.sources import matched

WORKERS = 32
"""Pods served side by side: each waits for its own write, and the writes share commits."""


def simulated_pods_controller(
    stages: tuple[Stage, ...],
    *,
    plays: Callable[[Node | None], bool] = is_simulated,
    leaves_alone: Container[str] = (),
) -> Controller:
    """A fresh controller: it remembers which pod has which address, and for how long each has been in its stage.

    `plays` says on which nodes; the pods with a uid in `leaves_alone` stay as they are until they are deleted.
    """
    addresses = AddressPool(POD_NETWORK)
    waiting: Unchanged[ObjectKey] = Unchanged()
    holders: dict[ObjectKey, str] = {}

    def of_pod(pod: Pod, view: View) -> list[ObjectKey]:
        return [pod.metadata.key] if plays(view.lister(NODES).get("", pod.spec.node_name)) else []

    def of_node(node: Node, view: View) -> list[ObjectKey]:
        pods = view.lister(PODS).list() if plays(node) else ()
        return [pod.metadata.key for pod in pods if pod.spec.node_name == node.metadata.name]

    def plan(key: ObjectKey, view: View) -> Sequence[Action]:
        pod = view.lister(PODS).get(*key)
        holder = "" if pod is None else pod.metadata.uid
        if (before := holders.get(key, holder)) != holder:
            addresses.release(before)
            holders.pop(key, None)
        node = None if pod is None else view.lister(NODES).get("", pod.spec.node_name)
        if pod is None or node is None or not plays(node):
            waiting.forget(key)
            return []
        if holder in leaves_alone and not pod.metadata.is_being_deleted:
            return []
        stage = stage_of(pod, stages)
        if stage is not None:
            waited_s = waiting.for_s(key, (holder, stage.name), view.monotonic_s)
            if waited_s < stage.delay_s:
                return [Requeue(stage.delay_s - waited_s, f"the stage {stage.name} acts then")]
        waiting.forget(key)
        holders[key] = holder
        return plan_pod(pod, node, stage, addresses.assign(holder, pod.status.pod_ip), view.now_s)

    return Controller(
        name="simulated-kubelet",
        primary=PODS,
        sources=(
            matched(PODS, of_pod),
            matched(NODES, of_node, matters=lambda old, new: old is None),
        ),
        plan=plan,
        workers=WORKERS,
    )


def plan_pod(pod: Pod, node: Node, stage: Stage | None, pod_ip: str, now_s: float) -> Sequence[Action]:
    """Take the pod one stage on; one that stays has its readiness and its ephemeral containers kept up to date."""
    meta = pod.metadata
    if stage is None:
        if pod.status.phase != "Running":
            return []
        why = "its readiness gates or its ephemeral containers have changed"
        status = with_ephemeral(pod, with_readiness(pod, pod.status, now_s), now_s)
        return [PatchStatus(PODS, meta.namespace, meta.name, pod.status, status, why)]
    if stage.then == "Gone":
        event = EventNote("Killing", f"Stopping container {_names(pod)}")
        return [Delete(PODS, meta.namespace, meta.name, stage.why, uid=meta.uid, grace_period_s=0, event=event)]
    if stage.then == "Running":
        status = running_status(pod, pod_ip=pod_ip, host_ip=_address_of(node), now_s=now_s)
        event = EventNote("Started", f"Started container {_names(pod)}")
    else:
        status = ended_status(pod, exit_code=int(stage.then == "Failed"), now_s=now_s)
        event = EventNote("Completed", f"Container {_names(pod)} ended: {stage.then}")
    return [PatchStatus(PODS, meta.namespace, meta.name, pod.status, status, stage.why, event=event)]


def _names(pod: Pod) -> str:
    return ", ".join(container.name for container in pod.spec.containers)


def _address_of(node: Node) -> str:
    return next((each.address for each in node.status.addresses if each.type == "InternalIP"), "")
