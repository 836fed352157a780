"""A StatefulSet's past: each template it ever had, as a ControllerRevision with a number."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec

from wherry.api.apps.controllerrevision import ControllerRevision
from wherry.api.apps.statefulset import STATEFUL_SETS, StatefulSet
from wherry.api.core.workload import pod_template
from wherry.api.documents import find_section
from wherry.apimachinery.document import Document
from wherry.controllers.pod_template import template_hash
from wherry.controllers.revisions import create_revision, plan_forgetting, renumber, revision_data, sort_revisions
from wherry.reconcile.actions import Action, Create, PatchStatus

HASH_LABEL = "controller.kubernetes.io/hash"


@dataclass(frozen=True, slots=True)
class Revisions:
    """The names of the two releases that matter, and how the older one's pods look.

    `current` is what all pods had before the update that is under way, `update` what they shall have.
    `actions` bring the history up to date; `is_blocked` says that they must be done before anything else.
    """

    current: str
    update: str
    current_template: Document
    actions: tuple[Action, ...] = ()
    is_blocked: bool = False


def compute_revisions(
    stateful_set: StatefulSet, revisions: Sequence[ControllerRevision], is_name_taken: Callable[[str], bool]
) -> Revisions:
    """Find the revision of the template in use, or decide to create or to renumber one."""
    data = revision_data(stateful_set.spec.template)
    ordered = sort_revisions(revisions)
    highest = ordered[-1].revision if ordered else 0
    equal = [one for one in ordered if one.data == data]
    if equal:
        found = equal[-1]
        update = found.metadata.name
        actions: tuple[Action, ...] = ()
        if found.revision != highest:
            actions = (renumber(found, highest + 1),)
    else:
        word = template_hash(stateful_set.spec.template, stateful_set.status.collision_count)
        update = f"{stateful_set.metadata.name}-{word}"
        if is_name_taken(update):
            return Revisions("", "", {}, (_count_collision(stateful_set, update),), is_blocked=True)
        actions = (_create(stateful_set, update, word, highest + 1),)
    current = next((one for one in ordered if one.metadata.name == stateful_set.status.current_revision), None)
    if current is None:
        return Revisions(update, update, stateful_set.spec.template, actions)
    template = find_section(current.data, "spec", "template") or stateful_set.spec.template
    cleaned = {name: value for name, value in template.items() if name != "$patch"}
    return Revisions(current.metadata.name, update, cleaned, actions)


def plan_truncate(
    stateful_set: StatefulSet, revisions: Sequence[ControllerRevision], in_use: frozenset[str]
) -> list[Action]:
    """Forget the oldest revisions beyond spec.revisionHistoryLimit; those that a pod has stay."""
    return plan_forgetting(revisions, stateful_set.spec.revision_history_limit, in_use)


def _count_collision(stateful_set: StatefulSet, name: str) -> PatchStatus:
    status = stateful_set.status
    counted = msgspec.structs.replace(status, collision_count=(status.collision_count or 0) + 1)
    meta = stateful_set.metadata
    why = f"{name} is the name of another revision: the next look tries another name"
    return PatchStatus(STATEFUL_SETS, meta.namespace, meta.name, status, counted, why)


def _create(stateful_set: StatefulSet, name: str, word: str, number: int) -> Create:
    meta = stateful_set.metadata
    labels = {**pod_template(stateful_set.spec.template).metadata.labels, HASH_LABEL: word}
    return create_revision(STATEFUL_SETS, meta, stateful_set.spec.template, name=name, labels=labels, number=number)
