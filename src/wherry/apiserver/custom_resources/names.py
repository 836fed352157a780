"""Which names of a definition are accepted, and the conditions that follow.

All definitions of a group share one space of resource names (plural, singular, short) and one of kinds. Who has a
name keeps it; whoever comes later waits, and gets it when it is given up. Pure.

Source: kubernetes apiextensions-apiserver, pkg/controller/{status,establish,apiapproval,finalizer}.
"""

from __future__ import annotations

from collections.abc import Iterable

from wherry.api.apiextensions.api_approval import approval_state, is_protected
from wherry.api.apiextensions.customresourcedefinition import (
    CustomResourceDefinition,
    CustomResourceDefinitionNames,
    CustomResourceDefinitionStatus,
    condition_of,
)
from wherry.api.condition import Condition
from wherry.apimachinery.timestamps import format_time

NO_NAMES = CustomResourceDefinitionNames()
APPROVAL_REASONS = {
    "Approved": "ApprovedAnnotation",
    "Bypassed": "UnapprovedAnnotation",
    "Missing": "MissingAnnotation",
    "Invalid": "InvalidAnnotation",
}
DELETION_BEGINS = "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon"


def plan_status(
    definition: CustomResourceDefinition, others: Iterable[CustomResourceDefinition], now_s: float
) -> CustomResourceDefinitionStatus:
    """The status that a definition should have.

    Args:
        others: all other definitions; those of other groups do not matter.
        now_s: when conditions that change have changed.
    """
    accepted, names = _accept(definition, _taken(definition, others))
    conditions = [names]
    established = condition_of(definition, "Established")
    if established is None or established.status != "True":
        established = Condition(
            type="Established", status="False", reason="NotAccepted", message="not all names are accepted"
        )
        if names.status == "True":
            said = "the initial names have been accepted"
            established = Condition(type="Established", status="True", reason="InitialNamesAccepted", message=said)
    conditions.append(established)
    if is_protected(definition.spec.group):
        state, message = approval_state(definition.metadata.annotations)
        conditions.append(
            Condition(
                type="KubernetesAPIApprovalPolicyConformant",
                status="True" if state == "Approved" else "False",
                reason=APPROVAL_REASONS[state],
                message=message,
            )
        )
    if definition.metadata.is_being_deleted and condition_of(definition, "Terminating") is None:
        conditions.append(
            Condition(type="Terminating", status="True", reason="InstanceDeletionPending", message=DELETION_BEGINS)
        )
    status = definition.status
    return CustomResourceDefinitionStatus(
        accepted_names=accepted,
        conditions=_merged(status.conditions, conditions, format_time(now_s)),
        stored_versions=status.stored_versions,
    )


def _merged(old: tuple[Condition, ...], new: list[Condition], now: str) -> tuple[Condition, ...]:
    """The old conditions with the new ones in place; a time changes only with the status."""
    by_type = {each.type: each for each in old}
    for each in new:
        was = by_type.get(each.type)
        changed = was is None or was.status != each.status
        by_type[each.type] = Condition(
            type=each.type,
            status=each.status,
            reason=each.reason,
            message=each.message,
            last_transition_time=now if changed or was is None else was.last_transition_time,
        )
    return tuple(by_type.values())


def _taken(
    definition: CustomResourceDefinition, others: Iterable[CustomResourceDefinition]
) -> tuple[set[str], set[str]]:
    """The names of resources and of kinds that others in the group have been given."""
    resources: set[str] = set()
    kinds: set[str] = set()
    for other in others:
        if other.spec.group == definition.spec.group and other.metadata.name != definition.metadata.name:
            names = other.status.accepted_names or NO_NAMES
            resources |= {names.plural, names.singular, *names.short_names}
            kinds |= {names.kind, names.list_kind}
    return resources, kinds


def _accept(
    definition: CustomResourceDefinition, taken: tuple[set[str], set[str]]
) -> tuple[CustomResourceDefinitionNames, Condition]:
    wanted, given = definition.spec.names, definition.status.accepted_names or NO_NAMES
    resources, kinds = taken
    conflicts: list[tuple[str, str]] = []

    def accept(asked: str, has: str, others: set[str], reason: str) -> str:
        if asked == has or asked not in others:
            return asked
        conflicts.append((reason, f'"{asked}" is already in use'))
        return has

    plural = accept(wanted.plural, given.plural, resources, "PluralConflict")
    singular = accept(wanted.singular, given.singular, resources, "SingularConflict")
    short_names = wanted.short_names
    clashes = [name for name in short_names if name not in given.short_names and name in resources]
    if clashes:
        said = [f'"{name}" is already in use' for name in clashes]
        conflicts.append(("ShortNamesConflict", said[0] if len(said) == 1 else f"[{', '.join(said)}]"))
        short_names = given.short_names
    kind = accept(wanted.kind, given.kind, kinds, "KindConflict")
    list_kind = accept(wanted.list_kind, given.list_kind, kinds, "ListKindConflict")
    accepted = CustomResourceDefinitionNames(
        plural=plural,
        singular=singular,
        short_names=short_names,
        kind=kind,
        list_kind=list_kind,
        categories=wanted.categories,
    )
    if conflicts:
        # As upstream: the last conflict found is the one that is told.
        reason, message = conflicts[-1]
        return accepted, Condition(type="NamesAccepted", status="False", reason=reason, message=message)
    said_all = "no conflicts found"
    return accepted, Condition(type="NamesAccepted", status="True", reason="NoConflicts", message=said_all)
