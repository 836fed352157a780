"""Wires the DaemonSet's plan to the caches."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from wherry.api.apps.controllerrevision import CONTROLLER_REVISIONS
from wherry.api.apps.daemonset import DAEMON_SETS
from wherry.api.core.node import NODES, Node
from wherry.api.core.pod import PODS, Pod
from wherry.apimachinery.labels import selector_from
from wherry.apimachinery.meta import ObjectKey, ObjectMeta
from wherry.controllers.daemonset.plan import Facts, plan_daemon_set
from wherry.reconcile.actions import Action
from wherry.reconcile.claims import claim
from wherry.reconcile.controller import Controller, View
from wherry.reconcile.sources import for_kind, matched, owned_by


def plan(key: ObjectKey, view: View) -> Sequence[Action]:
    """Look at one DaemonSet."""
    daemon_set = view.lister(DAEMON_SETS).get(*key)
    if daemon_set is None:
        return ()
    meta = daemon_set.metadata
    pods, claims = claim(view.lister(PODS), PODS, DAEMON_SETS, meta, selector_from(daemon_set.spec.selector))

    def is_own(other: ObjectMeta) -> bool:
        return other.controller is not None and other.controller.uid == meta.uid

    facts = Facts(
        daemon_set=daemon_set,
        pods=pods,
        nodes=list(view.lister(NODES).list()),
        revisions=[one for one in view.lister(CONTROLLER_REVISIONS).owned_by(meta.uid) if is_own(one.metadata)],
        now_s=view.now_s,
    )
    return [*claims, *plan_daemon_set(facts)]


def _every_set(node: Node, view: View) -> list[ObjectKey]:
    """A node concerns them all."""
    return [daemon_set.metadata.key for daemon_set in view.lister(DAEMON_SETS).list()]


def _adopters(pod: Pod, view: View) -> list[ObjectKey]:
    """The DaemonSets that would adopt this pod, if nobody controls it."""
    if pod.metadata.controller is not None:
        return []
    return [
        daemon_set.metadata.key
        for daemon_set in view.lister(DAEMON_SETS).list(pod.metadata.namespace)
        if selector_from(daemon_set.spec.selector).matches(pod.metadata.labels)
    ]


def _moves_pods(old: msgspec.Struct | None, new: msgspec.Struct | None) -> bool:
    """Whether it is more than a heartbeat: only labels and taints decide where pods run."""
    if not isinstance(old, Node) or not isinstance(new, Node):
        return True
    return old.metadata.labels != new.metadata.labels or old.spec != new.spec


DAEMON_SET_CONTROLLER = Controller(
    name="daemonset-controller",
    primary=DAEMON_SETS,
    sources=(
        for_kind(DAEMON_SETS),
        owned_by(PODS, DAEMON_SETS),
        matched(PODS, _adopters),
        owned_by(CONTROLLER_REVISIONS, DAEMON_SETS),
        matched(NODES, _every_set, matters=_moves_pods),
    ),
    plan=plan,
)
