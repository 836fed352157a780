"""Makes pods leave nodes whose NoExecute taints they do not tolerate, or tolerate only for a while.

How long a pod has had to live with a set of taints is counted by this process on a clock that never jumps.

Source: kubernetes pkg/controller/tainteviction.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from wherry.api.core.node import NODES, Node, Taint
from wherry.api.core.pod import PODS, Pod, PodCondition
from wherry.apimachinery.meta import ObjectKey
from wherry.reconcile.actions import Action, Delete, EventNote, PatchStatus, Requeue
from wherry.reconcile.controller import Controller, View
from wherry.reconcile.observed import Unchanged
from wherry.reconcile.pods import tolerates, with_condition
from wherry.reconcile.sources import for_kind, matched

EVICTED = PodCondition(
    type="DisruptionTarget",
    status="True",
    reason="DeletionByTaintManager",
    message="Taint manager: deleting due to NoExecute taint",
)


def taint_eviction_controller() -> Controller:
    """A fresh controller: it remembers since when each pod has lived with its node's taints."""
    tainted: Unchanged[tuple[ObjectKey, str]] = Unchanged()

    def plan(key: ObjectKey, view: View) -> Sequence[Action]:
        pod = view.lister(PODS).get(*key)
        if pod is None or pod.metadata.is_being_deleted or not pod.spec.node_name:
            return []
        node = view.lister(NODES).get("", pod.spec.node_name)
        taints = no_execute_taints(node)
        memory = (key, pod.metadata.uid)
        if not taints:
            tainted.forget(memory)
            return []
        lasted_s = tainted.for_s(memory, frozenset((taint.key, taint.value) for taint in taints), view.monotonic_s)
        return plan_eviction(pod, taints, lasted_s, view.now_s)

    return Controller(
        name="taint-eviction-controller",
        primary=PODS,
        sources=(for_kind(PODS), matched(NODES, _pods_of, matters=_taints_differ)),
        plan=plan,
    )


def no_execute_taints(node: Node | None) -> tuple[Taint, ...]:
    """The taints that running pods have to mind."""
    return tuple(taint for taint in node.spec.taints if taint.effect == "NoExecute") if node is not None else ()


def patience_s(pod: Pod, taints: Sequence[Taint]) -> float | None:
    """For how long the pod tolerates these taints together: 0 not at all, None for ever."""
    limits: list[float] = []
    for taint in taints:
        matching = [toleration for toleration in pod.spec.tolerations if tolerates(toleration, taint)]
        if not matching:
            return 0.0
        limits += [float(each.toleration_seconds) for each in matching if each.toleration_seconds is not None]
    return max(0.0, min(limits)) if limits else None


def plan_eviction(pod: Pod, taints: Sequence[Taint], lasted_s: float, now_s: float) -> Sequence[Action]:
    """Decide whether the pod's patience with its node is at an end."""
    limit_s = patience_s(pod, taints)
    if limit_s is None:
        return []
    if lasted_s < limit_s:
        return [Requeue(limit_s - lasted_s, "the pod tolerates its node's taints for a while")]
    meta = pod.metadata
    names = ", ".join(taint.key for taint in taints)
    why = f"its node {pod.spec.node_name} has taints that it does not tolerate: {names}"
    status = msgspec.structs.replace(pod.status, conditions=with_condition(pod.status.conditions, EVICTED, now_s))
    note = EventNote("TaintManagerEviction", f"Marking for deletion Pod {meta.key}")
    return [
        PatchStatus(PODS, meta.namespace, meta.name, pod.status, status, why),
        Delete(PODS, meta.namespace, meta.name, why, uid=meta.uid, event=note),
    ]


def _pods_of(node: Node, view: View) -> list[ObjectKey]:
    name = node.metadata.name
    return [pod.metadata.key for pod in view.lister(PODS).list() if pod.spec.node_name == name]


def _taints_differ(old: msgspec.Struct | None, new: msgspec.Struct | None) -> bool:
    before, after = (no_execute_taints(node if isinstance(node, Node) else None) for node in (old, new))
    return before != after
