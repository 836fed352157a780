"""Server-side apply: somebody says which fields they want, and owns exactly those.

    merge      the configuration over the object
    prune      what the applier owned and no longer names goes, unless somebody else owns it, too
    conflicts  a change of somebody else's field is refused, or taken from them by force

Source: sigs.k8s.io/structured-merge-diff, merge; kubernetes apimachinery, pkg/util/managedfields.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import Conflict
from wherry.apimachinery.merge_type import MergeType
from wherry.apimachinery.patch.configuration import owned_by
from wherry.apimachinery.patch.field_set import (
    LEAF,
    FieldSet,
    Path,
    difference,
    in_order,
    intersection,
    paths,
    text_of,
    union,
)
from wherry.apimachinery.patch.managed_fields import (
    BEFORE_FIRST_APPLY,
    UPDATE,
    CompareIn,
    ComparisonFor,
    Manager,
    Managers,
    Owned,
    Scope,
    take_from_others,
    track,
    updater,
    whole_object,
)
from wherry.apimachinery.patch.merging import collapse, merge, take_out, with_structs
from wherry.apimachinery.patch.typed import Comparison, compare


class FieldConflict(NamedTuple):
    """A field that belongs to somebody else; `manager.api_version` is what they wrote it in."""

    manager: Manager
    path: Path


class ApplyConflict(Exception):
    """Somebody else owns what the applier wants to have otherwise."""

    def __init__(self, conflicts: Sequence[FieldConflict]) -> None:
        """One conflict per field."""
        super().__init__(f"{len(conflicts)} conflicts")
        self.conflicts = tuple(conflicts)


@dataclass(frozen=True, slots=True)
class Application:
    """What is applied by whom.

    `scope` leaves of a set what this request can change (not the status, for an object itself); `now` becomes the
    time of the applier's entry. With `force` conflicts are won. Without `compare_in` all versions count as alike.
    """

    kind: MergeType
    config: Document
    by: Manager
    api_version: str
    now: str
    force: bool = False
    scope: Scope = whole_object
    compare_in: CompareIn | None = None


class Applied(NamedTuple):
    """The object and its managers afterwards."""

    document: Document
    managers: Managers


def apply_configuration(application: Application, live: Document, managers: Managers) -> Applied:
    """Apply to an object ({} for one that does not exist yet). Changes nothing that it is given.

    Raises:
        TypedError: the configuration does not fit the type.
        ApplyConflict: it changes fields of others, and may not.
    """
    kind, by = application.kind, application.by
    wanted = application.scope(owned_by(kind, application.config))
    if not managers and live:
        first = updater(BEFORE_FIRST_APPLY, application.api_version, by.subresource)
        managers = track(
            {}, compare(kind, {}, live), first, first.api_version, application.now, scope=application.scope
        )
    managers = {key: owned._replace(fields=collapse(kind, owned.fields)) for key, owned in managers.items()}
    last = managers.get(by)
    before = last.fields if last is not None else LEAF
    claimed = {**managers, by: Owned(application.api_version, wanted)}
    merged = merge(kind, live, application.config)
    assert isinstance(merged, dict)
    if difference(before, wanted):
        merged = _prune(kind, merged, before, claimed)
    found = compare(kind, live, merged)
    comparison = Comparison(application.scope(found.changed), application.scope(found.removed))

    def comparison_for(owned: Owned) -> Comparison | None:
        if application.compare_in is None or owned.api_version == application.api_version:
            return comparison
        other = application.compare_in(owned.api_version, live, merged)
        return other and Comparison(application.scope(other.changed), application.scope(other.removed))

    if not application.force:
        _refuse_conflicts(claimed, by, comparison_for)
    after = take_from_others(claimed, by, comparison_for)
    if not wanted:
        after.pop(by, None)
    elif last is not None and wanted == before and comparison.is_same:
        after[by] = last._replace(api_version=application.api_version)
    else:
        after[by] = Owned(application.api_version, in_order(wanted), application.now)
    return Applied(merged, after)


def _prune(kind: MergeType, merged: Document, before: FieldSet, claimed: Managers) -> Document:
    """The object without what the applier no longer names and nobody else owns."""
    owned: FieldSet = LEAF
    for claim in claimed.values():
        owned = union(owned, claim.fields)
    gone = difference(with_structs(kind, before), with_structs(kind, owned))
    rest = take_out(kind, merged, gone) if gone else merged
    return rest if isinstance(rest, dict) else {}


def _refuse_conflicts(managers: Managers, by: Manager, comparison_for: ComparisonFor) -> None:
    found: list[FieldConflict] = []
    for key in sorted(managers):
        comparison = comparison_for(managers[key]) if key != by else None
        if comparison is not None and (theirs := intersection(managers[key].fields, comparison.changed)):
            shown = key._replace(api_version=managers[key].api_version)
            found.extend(FieldConflict(shown, path) for path in paths(theirs))
    if found:
        raise ApplyConflict(found)


def conflict_error(conflicts: Sequence[FieldConflict], *, api_version: str = "", path: str = "") -> Conflict:
    """The answer to an ApplyConflict, with one cause per field.

    Args:
        api_version: what the others' fields are shown in, where that is not what they wrote.
        path: how the client knows the field, where that is not its place in the object.
    """
    shown = [(_manager_text(conflict.manager, api_version), path or text_of(conflict.path)) for conflict in conflicts]
    causes: list[Document] = [
        {"reason": "FieldManagerConflict", "message": f"conflict with {manager}", "field": place}
        for manager, place in shown
    ]
    if len(shown) == 1:
        manager, place = shown[0]
        return Conflict(f"Apply failed with 1 conflict: conflict with {manager}: {place}", causes=causes)
    lines: list[str] = []
    for manager in dict.fromkeys(manager for manager, _ in shown):
        lines.append(f"conflicts with {manager}:")
        lines.extend(f"- {place}" for other, place in shown if other == manager)
    return Conflict(f"Apply failed with {len(shown)} conflicts: " + "\n".join(lines), causes=causes)


def _manager_text(manager: Manager, api_version: str) -> str:
    text = f'"{manager.name}"'
    if manager.subresource:
        text += f' with subresource "{manager.subresource}"'
    if manager.operation == UPDATE:
        text += f" using {api_version or manager.api_version}"
    return text
