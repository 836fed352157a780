"""Removes pods that nobody else will: those of nodes that are gone, and the oldest of very many ended ones.

A node that is missing may only be registering anew, so its pods get 40 seconds, counted by this
process; then the API server itself is asked whether the node is really gone.

Source: kubernetes pkg/controller/podgc.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from wherry.api.core.node import NODES, Node
from wherry.api.core.pod import PODS, Pod, PodCondition
from wherry.apimachinery.meta import ObjectKey
from wherry.reconcile.actions import Action, Delete, LiveObject, PatchStatus, Requeue
from wherry.reconcile.controller import Controller, View
from wherry.reconcile.observed import Unchanged
from wherry.reconcile.pods import is_terminal, with_condition
from wherry.reconcile.sources import deletions_only, mapped, matched

NODE_QUARANTINE_S = 40.0
TERMINATED_PODS_MAX = 12_500
"""kube-controller-manager's --terminated-pod-gc-threshold."""

TERMINATED = ObjectKey("", "terminated-pods")
"""The one key under which all ended pods are counted."""

NODE_GONE = PodCondition(
    type="DisruptionTarget", status="True", reason="DeletionByPodGC", message="PodGC: node no longer exists"
)


def pod_gc_controller() -> Controller:
    """A fresh controller: it remembers since when it has missed a pod's node."""
    missing: Unchanged[ObjectKey] = Unchanged()

    def plan(key: ObjectKey, view: View) -> Sequence[Action]:
        if key == TERMINATED:
            return plan_terminated(list(view.lister(PODS).list()))
        pod = view.lister(PODS).get(*key)
        if pod is None or not pod.spec.node_name or view.lister(NODES).get("", pod.spec.node_name) is not None:
            missing.forget(key)
            return []
        missing_s = missing.for_s(key, pod.spec.node_name, view.monotonic_s)
        if missing_s < NODE_QUARANTINE_S:
            return [Requeue(NODE_QUARANTINE_S - missing_s, f"node {pod.spec.node_name} may come back")]
        return plan_orphaned(pod, view.now_s)

    return Controller(
        name="pod-garbage-collector",
        primary=PODS,
        sources=(mapped(PODS, _keys), matched(NODES, _pods_of, matters=deletions_only)),
        plan=plan,
    )


def plan_orphaned(pod: Pod, now_s: float) -> Sequence[Action]:
    """Remove a pod whose node is gone: mark it failed, so that its owner knows, then delete it at once."""
    meta, node = pod.metadata, pod.spec.node_name
    gone = (LiveObject(NODES, "", node),)
    why = f"its node {node} no longer exists"
    actions: list[Action] = []
    if not is_terminal(pod):
        conditions = with_condition(pod.status.conditions, NODE_GONE, now_s)
        failed = msgspec.structs.replace(pod.status, phase="Failed", conditions=conditions)
        actions.append(PatchStatus(PODS, meta.namespace, meta.name, pod.status, failed, why))
    actions.append(Delete(PODS, meta.namespace, meta.name, why, uid=meta.uid, grace_period_s=0, unless=gone))
    return actions


def plan_terminated(pods: Sequence[Pod], keep_max: int = TERMINATED_PODS_MAX) -> Sequence[Action]:
    """Remove the oldest ended pods beyond `keep_max`."""
    ended = [pod for pod in pods if is_terminal(pod) and not pod.metadata.is_being_deleted]
    excess = len(ended) - keep_max
    if excess <= 0:
        return []
    ended.sort(key=lambda pod: (pod.metadata.creation_timestamp, pod.metadata.name))
    why = f"more than {keep_max} ended pods are kept"
    return [
        Delete(PODS, pod.metadata.namespace, pod.metadata.name, why, uid=pod.metadata.uid, grace_period_s=0)
        for pod in ended[:excess]
    ]


def _keys(pod: Pod) -> list[ObjectKey]:
    return [pod.metadata.key, TERMINATED] if is_terminal(pod) else [pod.metadata.key]


def _pods_of(node: Node, view: View) -> list[ObjectKey]:
    name = node.metadata.name
    return [pod.metadata.key for pod in view.lister(PODS).list() if pod.spec.node_name == name]
