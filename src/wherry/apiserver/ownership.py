"""Keeps metadata.managedFields up: which program has written which field of an object.

The owners are worked out after the kind's defaults and before the strategy and the admission plugins: what
those add belongs to nobody. Whoever sends managedFields along with an object replaces them, if they can be
read; a single empty entry forgets them all, and nothing is tracked then until somebody applies.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import orjson

from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import invalid
from wherry.apimachinery.merge_type import MergeType, merge_type_for_kind
from wherry.apimachinery.patch.managed_fields import (
    UNOWNED_METADATA,
    CompareIn,
    Managers,
    Owned,
    Scope,
    all_but_status,
    created_by,
    have_other_times_only,
    only_status,
    parse_entries,
    read_entries,
    track,
    updater,
    whole_object,
    write_entries,
)
from wherry.apimachinery.patch.merge_patch import is_same_json
from wherry.apimachinery.patch.typed import Comparison, compare
from wherry.apimachinery.resource_type import AnyResourceType
from wherry.apiserver.options import MANAGER_BYTES_MAX, WriteOptions, manager_errors
from wherry.apiserver.request import ApiRequest
from wherry.apiserver.wire import collection_of, mapping_in, metadata_of

MANAGED_FIELDS = "managedFields"
FindKind = Callable[[str, str, str], AnyResourceType | None]
"""The served kind of this group, version and kind, if there is one."""

# The scheduler's decision is written by the server, and belongs to nobody.
# As much of a User-Agent as is read and remembered.
AGENT_CHARS_MAX = 512
UNTRACKED_SUBRESOURCES = frozenset({"binding"})
_NOT_COMPARED = frozenset({"resourceVersion", MANAGED_FIELDS})


def manager_of(request: ApiRequest, options: WriteOptions) -> str:
    """Who writes: the fieldManager that the client names, else the first part of its User-Agent."""
    return options.field_manager or _program(request.http.headers.get("user-agent", "")[:AGENT_CHARS_MAX])


@lru_cache(maxsize=256)
def _program(user_agent: str) -> str:
    name = "".join(filter(str.isprintable, user_agent.partition("/")[0]))
    return name.encode()[:MANAGER_BYTES_MAX].decode(errors="ignore")


def merge_type_of(resource: AnyResourceType) -> MergeType:
    """How objects of a kind are merged."""
    if resource.merge_type is not None:
        return resource.merge_type()
    return merge_type_for_kind(resource.group, resource.version, resource.kind)


def scope_of(resource: AnyResourceType, subresource: str) -> Scope:
    """What a request to an object or to its subresource can change."""
    if subresource == "status":
        return only_status
    # Other parts change what they may and nothing else, wherever it stands.
    return all_but_status if resource.has_status and subresource in ("", "scale") else whole_object


def own_created(request: ApiRequest, document: Document, options: WriteOptions, now: str) -> None:
    """Note, in place, that all of a new object belongs to who has made it."""
    resource = request.target
    by = updater(manager_of(request, options), resource.api_version)
    managers = created_by(by, merge_type_of(resource), document, now, has_status=resource.has_status)
    if managers:
        metadata_of(document)[MANAGED_FIELDS] = write_entries(managers)


def own_updated(
    request: ApiRequest,
    new: Document,
    old: Document,
    given: object,
    options: WriteOptions,
    now: str,
    find_kind: FindKind,
) -> None:
    """Note, in place, who owns what of `new` after an update.

    Args:
        given: the managedFields that the client has sent, if any.
    """
    resource, metadata = request.target, metadata_of(new)
    entries = mapping_in(old, "metadata").get(MANAGED_FIELDS)
    if request.subresource in UNTRACKED_SUBRESOURCES:
        put_entries(metadata, entries)
        return
    managers = read_entries(entries)
    if given and given != entries and not request.subresource:
        managers = _given_managers(resource, request.name, given, managers)
        entries = write_entries(managers)
    if not managers:
        put_entries(metadata, None)
        return
    before, after_it = _owned_parts(old), _owned_parts(new)
    comparison = compare(merge_type_of(resource), before, after_it)
    compare_in = comparer(resource, find_kind)

    def comparison_for(owned: Owned) -> Comparison | None:
        if owned.api_version == resource.api_version:
            return comparison
        return compare_in(owned.api_version, before, after_it)

    by = updater(manager_of(request, options), resource.api_version, request.subresource)
    scope = scope_of(resource, request.subresource)
    after = track(managers, comparison, by, resource.api_version, now, scope=scope, comparison_for=comparison_for)
    put_entries(metadata, entries if after is managers else write_entries(after))


def comparer(resource: AnyResourceType, find_kind: FindKind) -> CompareIn:
    """Compares objects as they look in other versions of their kind."""

    def compare_in(api_version: str, old: Document, new: Document) -> Comparison | None:
        group, _, version = api_version.rpartition("/")
        other = find_kind(group, version, resource.kind)
        if other is None or collection_of(other) != collection_of(resource):
            return None
        return compare(merge_type_of(other), _seen_as(resource, other, old), _seen_as(resource, other, new))

    return compare_in


def _seen_as(resource: AnyResourceType, other: AnyResourceType, document: Document) -> Document:
    """An object of one version as another version has it."""
    to_stored = resource.storage.to_stored if resource.storage is not None else None
    from_stored = other.storage.from_stored if other.storage is not None else None
    if to_stored is None and from_stored is None:
        return document
    seen: Document = orjson.loads(orjson.dumps(document))
    seen = to_stored(seen) if to_stored is not None else seen
    return from_stored(seen) if from_stored is not None else seen


def _given_managers(resource: AnyResourceType, name: str, given: object, managers: Managers) -> Managers:
    """The managers that a client has sent; those that there are if it has sent nothing that can be read."""
    if given == [{}]:
        return {}
    try:
        parsed = parse_entries(given if isinstance(given, list) else []) or managers
    except ValueError:
        return managers
    errors = [
        error
        for position, manager in enumerate(parsed)
        for error in manager_errors(f"metadata.{MANAGED_FIELDS}[{position}].manager", manager.name)
    ]
    if errors:
        raise invalid(resource.kind, resource.group, name, errors)
    return parsed


def put_entries(metadata: Document, entries: object) -> None:
    """Set the entries, in place; none are written as no field at all."""
    if entries:
        metadata[MANAGED_FIELDS] = entries
    else:
        metadata.pop(MANAGED_FIELDS, None)


def _owned_parts(document: Document) -> Document:
    """The object without the metadata that nobody can own, which need not be compared."""
    metadata = mapping_in(document, "metadata")
    return {**document, "metadata": {key: metadata[key] for key in metadata if key not in UNOWNED_METADATA}}


def is_unchanged(new: Document, old: Document) -> bool:
    """Whether an update comes to nothing: the objects differ at most in the order of fields and in owners' times."""
    metadata, old_metadata = mapping_in(new, "metadata"), mapping_in(old, "metadata")
    if len(new) != len(old) or any(new[key] != old.get(key) for key in new if key != "metadata"):
        return False
    names = (metadata.keys() | old_metadata.keys()) - _NOT_COMPARED
    if any(metadata.get(name) != old_metadata.get(name) for name in names):
        return False
    entries, old_entries = metadata.get(MANAGED_FIELDS) or [], old_metadata.get(MANAGED_FIELDS) or []
    if not isinstance(entries, list) or not isinstance(old_entries, list):
        return False
    # For Python, true is 1.
    same = is_same_json({**new, "metadata": None}, {**old, "metadata": None})
    return same and (entries == old_entries or have_other_times_only(entries, old_entries))
