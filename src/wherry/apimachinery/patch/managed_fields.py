"""Who owns which field: metadata.managedFields, kept up with every write.

An entry belongs to a manager (a program's name), the way it writes (Apply, or Update for everything else),
the version it speaks and the subresource it writes to. Who changes a field owns it, and the others lose it;
who takes a field away takes it from everybody.

    before  kubectl Update {.data.a, .data.b}
    curl changes .data.a, adds .data.c and removes .data.b
    after   curl Update {.data.a, .data.c}       (.data stays with nobody: the map was there before)

An object without any entry, whose owners somebody has reset, is not tracked until somebody applies.

Source: kubernetes apimachinery, pkg/util/managedfields.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from wherry.apimachinery.document import Document
from wherry.apimachinery.merge_type import MergeType
from wherry.apimachinery.patch.field_set import (
    HERE,
    LEAF,
    FieldSet,
    difference,
    holds,
    in_order,
    parse_fields,
    union,
    without,
)
from wherry.apimachinery.patch.typed import Comparison, compare

APPLY, UPDATE = "Apply", "Update"
# So many managers that update are told apart; the oldest are then put into one entry.
UPDATERS_MAX = 10
ANCIENT_CHANGES = "ancient-changes"
BEFORE_FIRST_APPLY = "before-first-apply"

# The object's identity and what only the server writes belong to nobody.
UNOWNED_METADATA = frozenset(
    (
        "name", "namespace", "creationTimestamp", "selfLink", "uid", "clusterName", "generation", "managedFields",
        "resourceVersion",
    )
)  # fmt: skip
_UNOWNED: FieldSet = {
    "f:apiVersion": LEAF,
    "f:kind": LEAF,
    "f:metadata": {f"f:{name}": LEAF for name in UNOWNED_METADATA},
}
_STATUS: FieldSet = {"f:status": LEAF}
_IDENTITY = frozenset(("apiVersion", "kind"))


class Manager(NamedTuple):
    """Who owns fields. `api_version` is "" for appliers, who stay the same when they move to another version."""

    name: str
    operation: str
    api_version: str = ""
    subresource: str = ""


class Owned(NamedTuple):
    """What a manager owns: `fields` of the object in `api_version`, last changed at `time` ("" if unknown)."""

    api_version: str
    fields: FieldSet
    time: str = ""


Managers = dict[Manager, Owned]
Scope = Callable[[FieldSet], FieldSet]
"""Leaves of a set what a request can change, and somebody can own."""

CompareIn = Callable[[str, Document, Document], Comparison | None]
"""Compares two objects as they look in another apiVersion; None if there is no such version any more."""

ComparisonFor = Callable[["Owned"], Comparison | None]
"""The comparison in the version in which a manager owns fields; None if that version is gone, and the manager, too."""


def updater(name: str, api_version: str, subresource: str = "") -> Manager:
    """Somebody who creates, updates or patches."""
    return Manager(name, UPDATE, api_version, subresource)


def applier(name: str, subresource: str = "") -> Manager:
    """Somebody who applies."""
    return Manager(name, APPLY, "", subresource)


def read_entries(entries: object) -> Managers:
    """The managers of a stored object."""
    managers: Managers = {}
    if isinstance(entries, list):
        for entry in entries:
            operation, version = entry["operation"], entry["apiVersion"]
            key = Manager(
                entry.get("manager", ""),
                operation,
                "" if operation == APPLY else version,
                entry.get("subresource", ""),
            )
            managers[key] = Owned(version, entry.get("fieldsV1", LEAF), entry.get("time", ""))
    return managers


def parse_entries(entries: list[object]) -> Managers:
    """The managers that a client has sent.

    Raises:
        ValueError: what is wrong with them; such entries count as not sent.
    """
    checked: list[Document] = []
    for position, entry in enumerate(entries):
        if not isinstance(entry, dict) or entry.get("operation") not in (APPLY, UPDATE):
            raise ValueError("operation must be `Apply` or `Update`")
        if not entry.get("apiVersion"):
            raise ValueError("apiVersion must not be empty")
        fields_type = entry.get("fieldsType")
        if not fields_type:
            raise ValueError(f"missing fieldsType in managed fields entry {position}")
        if fields_type != "FieldsV1":
            raise ValueError(f'invalid fieldsType "{fields_type}" in managed fields entry {position}')
        checked.append({**entry, "fieldsV1": parse_fields(entry.get("fieldsV1") or {})})
    return read_entries(checked)


def write_entries(managers: Managers) -> list[Document]:
    """The entries as they are stored: appliers first, then by time."""
    return [_entry(key, managers[key]) for key in sorted(managers, key=lambda key: _order(key, managers[key]))]


def _order(key: Manager, owned: Owned) -> tuple[str, ...]:
    return key.operation, owned.time, key.name, owned.api_version, key.subresource


def _entry(key: Manager, owned: Owned) -> Document:
    entry: Document = {"manager": key.name} if key.name else {}
    entry["operation"], entry["apiVersion"] = key.operation, owned.api_version
    if owned.time:
        entry["time"] = owned.time
    entry["fieldsType"] = "FieldsV1"
    entry["fieldsV1"] = owned.fields
    if key.subresource:
        entry["subresource"] = key.subresource
    return entry


def whole_object(fields: FieldSet) -> FieldSet:
    """The fields without those that nobody can own."""
    metadata = fields.get("f:metadata")
    if metadata is None and "f:kind" not in fields and "f:apiVersion" not in fields:
        return fields
    rest = difference(fields, _UNOWNED)
    # Metadata as such is there in every object.
    metadata = {step: below for step, below in rest.get("f:metadata", LEAF).items() if step != HERE}
    if metadata:
        return {**rest, "f:metadata": metadata}
    return {step: below for step, below in rest.items() if step != "f:metadata"}


def all_but_status(fields: FieldSet) -> FieldSet:
    """What an object's own URL can change, where its status is written apart."""
    return without(whole_object(fields), _STATUS)


def only_status(fields: FieldSet) -> FieldSet:
    """What the subresource `status` can change: the status and the annotations."""
    scoped: FieldSet = {}
    if "f:metadata" in fields and "f:annotations" in fields["f:metadata"]:
        scoped["f:metadata"] = {"f:annotations": fields["f:metadata"]["f:annotations"]}
    if "f:status" in fields:
        scoped["f:status"] = fields["f:status"]
    return scoped


def created_by(by: Manager, kind: MergeType, document: Document, now: str, *, has_status: bool) -> Managers:
    """Who owns a new object: whoever has made it, all that anybody can own of it.

    The same as `track` from nothing, without looking at what nobody owns.

    Args:
        has_status: its status is written apart, and belongs to nobody yet.
    """
    metadata = document.get("metadata")
    named = metadata if isinstance(metadata, dict) else {}
    ownable = {name: value for name, value in document.items() if name not in _IDENTITY}
    ownable["metadata"] = {name: value for name, value in named.items() if name not in UNOWNED_METADATA}
    if has_status:
        ownable.pop("status", None)
    fields = compare(kind, {}, ownable).changed
    if "f:metadata" in fields and holds(fields["f:metadata"]):
        # Metadata as such is there in every object.
        fields = whole_object(fields)
    return {by: Owned(by.api_version, fields, now)} if fields else {}


def track(
    managers: Managers,
    comparison: Comparison,
    by: Manager,
    api_version: str,
    now: str,
    *,
    scope: Scope = whole_object,
    comparison_for: ComparisonFor | None = None,
) -> Managers:
    """The managers after an update by `by`; the same mapping if nothing has changed for anybody.

    Args:
        scope: leaves of a set what the request can change.
        comparison_for: without it all versions count as alike.
    """
    if comparison.is_same:
        return managers
    changed = scope(comparison.changed)
    after = take_from_others(managers, by, comparison_for or (lambda _: comparison))
    mine = managers.get(by)
    fields = union(difference(mine.fields, comparison.removed), changed) if mine else changed
    if changed:
        is_ordered = mine is None or fields is mine.fields
        after[by] = Owned(api_version, fields if is_ordered else in_order(fields), now)
    elif mine and fields:
        after[by] = Owned(api_version, fields, mine.time)
    else:
        after.pop(by, None)
    return _with_few_updaters(after)


def take_from_others(managers: Managers, by: Manager, comparison_for: ComparisonFor) -> Managers:
    """The managers, of whom all but `by` have lost what has been changed or removed."""
    after: Managers = {}
    lost: tuple[Comparison | None, FieldSet] = None, LEAF
    for key, owned in managers.items():
        if key == by:
            after[key] = owned
            continue
        comparison = comparison_for(owned)
        if comparison is None:
            continue
        # Nearly always the same comparison for all of them.
        if lost[0] is not comparison:
            lost = comparison, union(comparison.changed, comparison.removed)
        rest = difference(owned.fields, lost[1])
        if rest is owned.fields:
            after[key] = owned
        elif rest:
            after[key] = owned._replace(fields=rest)
    return after


def _with_few_updaters(managers: Managers) -> Managers:
    """The managers with the oldest updaters, where there are too many, put into one entry per version."""
    if len(managers) <= UPDATERS_MAX:
        return managers
    updaters = sorted((key for key in managers if key.operation == UPDATE), key=lambda key: (managers[key].time, key))
    surplus = len(updaters) - UPDATERS_MAX
    if surplus <= 0:
        return managers
    kept = dict(managers)
    first_of: dict[str, Manager] = {}
    for key in updaters:
        if surplus == 0:
            break
        owned = managers[key]
        bucket = updater(ANCIENT_CHANGES, owned.api_version)
        first = first_of.setdefault(owned.api_version, key)
        if first == key:
            continue
        merged = kept.pop(bucket) if bucket in kept else kept.pop(first)
        kept.pop(key, None)
        kept[bucket] = Owned(owned.api_version, in_order(union(owned.fields, merged.fields)), owned.time)
        surplus -= 1
    return kept


def have_other_times_only(new: list[Document], old: Iterable[object]) -> bool:
    """Whether two lists of entries differ in nothing but their times."""
    before = list(old)
    if len(before) != len(new):
        return False
    # A time may have changed the order, too.
    return all(any(_is_alike(entry, other) for other in before) for entry in new)


def _is_alike(entry: Document, other: object) -> bool:
    if not isinstance(other, dict):
        return False
    names = (entry.keys() | other.keys()) - {"time"}
    return all(entry.get(name) == other.get(name) for name in names)
