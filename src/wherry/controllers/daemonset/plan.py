"""Decides which nodes need a pod of a DaemonSet, which pods are too many, and what an update does next.

Source: kubernetes pkg/controller/daemon/daemon_controller.go (podsShouldBeOnNode, updateDaemonSetStatus).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from wherry.api.apps.controllerrevision import ControllerRevision
from wherry.api.apps.daemonset import DAEMON_SETS, DaemonSet, DaemonSetStatus, template_generation_of
from wherry.api.core.node import Node
from wherry.api.core.pod import PODS, Pod
from wherry.api.core.workload import pod_template
from wherry.apimachinery.timestamps import parse_time
from wherry.controllers.daemonset.placement import (
    GENERATION_LABEL,
    HASH_LABEL,
    Placement,
    node_of,
    pods_by_node,
)
from wherry.controllers.daemonset.rolling import compute_limits, plan_rolling
from wherry.controllers.pod_template import template_hash
from wherry.controllers.revisions import create_revision, plan_forgetting, renumber, revision_data, sort_revisions
from wherry.reconcile.actions import Action, Create, Delete, Emit, EventNote, PatchStatus, Requeue
from wherry.reconcile.pods import is_ready, seconds_until_available

BURST = 250
"""At most so many pods are created or deleted in one go, as upstream."""
FAILED_PAUSE_S = 5.0
"""A pod that fails at once is not replaced more often than this."""

CREATED = EventNote("SuccessfulCreate", "Created pod: {name}")
DELETED = EventNote("SuccessfulDelete", "Deleted pod: {name}")
CREATE_FAILED = EventNote("FailedCreate", "Error creating: {error}", "Warning")
DELETE_FAILED = EventNote("FailedDelete", "Error deleting: {error}", "Warning")


@dataclass(frozen=True, slots=True)
class Facts:
    """What a DaemonSet's plan rests on; the pods and revisions are its own."""

    daemon_set: DaemonSet
    pods: Sequence[Pod]
    nodes: Sequence[Node]
    revisions: Sequence[ControllerRevision]
    now_s: float


def plan_daemon_set(facts: Facts) -> list[Action]:
    """The next step, and the status as it is now."""
    if facts.daemon_set.metadata.is_being_deleted:
        return []
    return _Look(facts).plan()


class _Look:
    """One look at all nodes."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._set = facts.daemon_set
        self._placement = Placement(facts.daemon_set)
        self._by_node = pods_by_node(facts.pods)
        self._judged = {node.metadata.name: self._placement.judge(node) for node in facts.nodes}
        self._wanted = {name: self._by_node.get(name, []) for name, (shall, _) in self._judged.items() if shall}
        self._limits = compute_limits(self._set, len(self._wanted))
        self._requeues: list[Requeue] = []
        self._history, self._revision, self._hash = self._find_revision()

    def plan(self) -> list[Action]:
        """First what is missing or too many; when nothing is, the next step of an update."""
        create_on, delete, events = self._settle()
        strategy = self._set.spec.update_strategy
        if not create_on and not delete and (strategy is None or strategy.type != "OnDelete"):
            step = plan_rolling(self._wanted, self._limits, self._is_updated, self._is_available)
            create_on, delete = list(step.create_on), [(pod, "a newer template takes its place") for pod in step.delete]
        actions: list[Action] = [*self._history, *events]
        actions += [self._create(name) for name in create_on[:BURST]]
        actions += [self._delete(pod, why) for pod, why in delete[:BURST]]
        actions += self._report()
        actions += plan_forgetting(self._facts.revisions, self._set.spec.revision_history_limit, self._in_use())
        return [*actions, *self._requeues]

    def _find_revision(self) -> tuple[list[Action], str, str]:
        """What brings the history up to date, and the name and the hash of the template in use."""
        template, meta = self._set.spec.template, self._set.metadata
        ordered = sort_revisions(self._facts.revisions)
        highest = ordered[-1].revision if ordered else 0
        data = revision_data(template)
        found = next((one for one in reversed(ordered) if one.data == data), None)
        if found is not None:
            word = found.metadata.labels.get(HASH_LABEL, "")
            history: list[Action] = [] if found.revision == highest else [renumber(found, highest + 1)]
            return history, found.metadata.name, word
        taken = {one.metadata.name for one in ordered}
        collisions = 0
        while (name := f"{meta.name}-{template_hash(template, collisions)}") in taken:
            collisions += 1
        word = template_hash(template, collisions)
        labels = {**pod_template(template).metadata.labels, HASH_LABEL: word}
        create = create_revision(DAEMON_SETS, meta, template, name=name, labels=labels, number=highest + 1)
        return [create], name, word

    def _in_use(self) -> frozenset[str]:
        """Revisions that a pod has, or that all shall have."""
        hashes = {pod.metadata.labels.get(HASH_LABEL) for pod in self._facts.pods}
        used = {one.metadata.name for one in self._facts.revisions if one.metadata.labels.get(HASH_LABEL) in hashes}
        return frozenset(used | {self._revision})

    def _settle(self) -> tuple[list[str], list[tuple[Pod, str]], list[Action]]:
        """Nodes that lack their pod, pods that are in the wrong place or ended, and what to say about those."""
        create_on: list[str] = []
        delete: list[tuple[Pod, str]] = []
        events: list[Action] = []
        for name, (shall, may_stay) in sorted(self._judged.items()):
            pods = self._by_node.get(name, [])
            if shall and not pods:
                create_on.append(name)
            elif may_stay:
                running, ended = self._sort_out(pods, events)
                delete += ended
                delete += [(pod, f"node {name} has one already") for pod in self._too_many(running)]
            else:
                why = f"node {name} shall not run it"
                delete += [(pod, why) for pod in pods if not pod.metadata.is_being_deleted]
        for name, pods in self._by_node.items():
            if name not in self._judged:
                # Bound pods on a node that is gone are the pod garbage collector's.
                delete += [(pod, "its node is gone") for pod in pods if self._waits_in_vain(pod)]
        return create_on, delete, events

    def _sort_out(self, pods: Iterable[Pod], events: list[Action]) -> tuple[list[Pod], list[tuple[Pod, str]]]:
        running: list[Pod] = []
        ended: list[tuple[Pod, str]] = []
        for pod in pods:
            if pod.metadata.is_being_deleted:
                continue
            if pod.status.phase not in ("Failed", "Succeeded"):
                running.append(pod)
                continue
            if pod.status.phase == "Failed":
                wait_s = parse_time(pod.metadata.creation_timestamp) + FAILED_PAUSE_S - self._facts.now_s
                if wait_s > 0:
                    self._requeues.append(Requeue(wait_s, "a failed pod is replaced after a pause"))
                    continue
            events.append(_ended_event(pod))
            ended.append((pod, f"it has ended: {pod.status.phase}"))
        return running, ended

    def _too_many(self, running: Sequence[Pod]) -> list[Pod]:
        """All but the oldest; during a surge all but the oldest old and new one, the old one until the new can work."""
        if not self._limits.surge or len(running) <= 1:
            return list(running[1:])
        new = [pod for pod in running if self._is_updated(pod)]
        old = [pod for pod in running if not self._is_updated(pod)]
        extra = new[1:] + old[1:]
        if new and old and (not is_ready(old[0]) or self._is_available(new[0])):
            extra.append(old[0])
        return extra

    def _waits_in_vain(self, pod: Pod) -> bool:
        return not pod.spec.node_name and bool(node_of(pod)) and not pod.metadata.is_being_deleted

    def _is_updated(self, pod: Pod) -> bool:
        labels, generation = pod.metadata.labels, str(template_generation_of(self._set.metadata))
        return labels.get(HASH_LABEL) == self._hash or labels.get(GENERATION_LABEL) == generation

    def _is_available(self, pod: Pod) -> bool:
        wait_s = seconds_until_available(pod, self._set.spec.min_ready_seconds or 0, self._facts.now_s)
        if wait_s:
            self._requeues.append(Requeue(wait_s, "a ready pod becomes available"))
        return wait_s == 0

    def _create(self, node_name: str) -> Create:
        why = f"node {node_name} has no pod of it"
        document = self._placement.build(node_name, self._hash)
        namespace = self._set.metadata.namespace
        return Create(PODS, namespace, document, why, event=CREATED, failed_event=CREATE_FAILED)

    def _delete(self, pod: Pod, why: str) -> Delete:
        meta = pod.metadata
        return Delete(PODS, meta.namespace, meta.name, why, uid=meta.uid, event=DELETED, failed_event=DELETE_FAILED)

    def _report(self) -> list[Action]:
        meta, old, wanted = self._set.metadata, self._set.status, self._wanted
        first = [pods[0] for pods in wanted.values() if pods]
        available = sum(self._is_available(pod) for pod in first if is_ready(pod))
        misscheduled = sum(bool(self._by_node.get(name)) for name in self._judged if name not in wanted)
        status = DaemonSetStatus(
            collision_count=old.collision_count,
            conditions=old.conditions,
            current_number_scheduled=len(first),
            desired_number_scheduled=len(wanted),
            number_available=available or None,
            number_misscheduled=misscheduled,
            number_ready=sum(is_ready(pod) for pod in first),
            number_unavailable=len(wanted) - available or None,
            observed_generation=meta.generation or None,
            updated_number_scheduled=sum(self._is_updated(pod) for pod in first) or None,
        )
        why = f"{status.number_ready} of {len(wanted)} nodes have a ready pod"
        return [] if status == old else [PatchStatus(DAEMON_SETS, meta.namespace, meta.name, old, status, why)]


def _ended_event(pod: Pod) -> Emit:
    meta, node = pod.metadata, pod.spec.node_name
    if pod.status.phase == "Failed":
        message = f"Found failed daemon pod {meta.namespace}/{meta.name} on node {node}, will try to kill it"
        return Emit(EventNote("FailedDaemonPod", message, "Warning"), message)
    message = f"Found succeeded daemon pod {meta.namespace}/{meta.name} on node {node}, will try to delete it"
    return Emit(EventNote("SucceededDaemonPod", message), message)
