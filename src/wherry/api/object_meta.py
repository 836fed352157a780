"""What may stand in an object's metadata, for all kinds alike.

Source: kubernetes apimachinery, api/validation/objectmeta.go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from wherry.apimachinery.field_errors import (
    FieldError,
    child,
    forbidden,
    index,
    invalid,
    not_supported,
    required,
    too_long,
)
from wherry.apimachinery.meta import ObjectMeta, OwnerReference
from wherry.apimachinery.names import dns1123_label, dns1123_subdomain, label_value, qualified_name

ANNOTATIONS_BYTES_MAX = 256 * 1024
IMMUTABLE = "field is immutable"
NOT_NEGATIVE = "must be greater than or equal to 0"

STANDARD_FINALIZERS = ("kubernetes", "orphan", "foregroundDeletion")


def validate_object_meta(
    meta: ObjectMeta,
    old: ObjectMeta | None = None,
    *,
    namespaced: bool,
    name_rule: Callable[[str], str] | None = None,
    path: str = "metadata",
) -> list[FieldError]:
    """All that is wrong with an object's metadata; `old` is what it was before an update.

    Args:
        name_rule: what is wrong with a name, or ""; default: an RFC 1123 subdomain.
    """
    errors = _validate_name(meta, name_rule or dns1123_subdomain, path)
    errors += _validate_namespace(meta.namespace, namespaced=namespaced, path=child(path, "namespace"))
    errors += validate_labels(meta.labels, child(path, "labels"))
    errors += validate_annotations(meta.annotations, child(path, "annotations"))
    errors += _validate_owners(meta.owner_references, child(path, "ownerReferences"))
    errors += _validate_finalizers(meta.finalizers, child(path, "finalizers"))
    return errors + validate_meta_update(meta, old, path) if old is not None else errors


def validate_meta_update(new: ObjectMeta, old: ObjectMeta, path: str = "metadata") -> list[FieldError]:
    """What an update may not change."""
    errors = []
    if new.generation < old.generation:
        errors.append(invalid(child(path, "generation"), new.generation, "must not be decremented"))
    for name, was, now in (
        ("name", old.name, new.name),
        ("namespace", old.namespace, new.namespace),
        ("uid", old.uid, new.uid),
        ("creationTimestamp", old.creation_timestamp, new.creation_timestamp),
    ):
        if was != now:
            errors.append(invalid(child(path, name), now, IMMUTABLE))
    added = [name for name in new.finalizers if name not in old.finalizers]
    if old.is_being_deleted and added:
        shown = ", ".join(f'"{name}"' for name in added)
        detail = (
            f"no new finalizers can be added if the object is being deleted, found new finalizers []string{{{shown}}}"
        )
        errors.append(forbidden(child(path, "finalizers"), detail))
    return errors


def validate_labels(labels: dict[str, str], path: str) -> list[FieldError]:
    """Keys are qualified names, values are short words."""
    errors = []
    for name, value in labels.items():
        if wrong := qualified_name(name):
            errors.append(invalid(path, name, wrong))
        if wrong := label_value(value):
            errors.append(invalid(path, value, wrong))
    return errors


def validate_annotations(annotations: dict[str, str], path: str) -> list[FieldError]:
    """Keys are qualified names (capitals allowed), and all together stay below 256 KiB."""
    # Upstream checks the key in lower case: capitals have always been allowed in its prefix.
    errors = [invalid(path, name, wrong) for name in annotations if (wrong := qualified_name(name.lower()))]
    size_bytes = sum(len(name.encode()) + len(value.encode()) for name, value in annotations.items())
    if size_bytes > ANNOTATIONS_BYTES_MAX:
        errors.append(too_long(path, ANNOTATIONS_BYTES_MAX))
    return errors


def not_negative(path: str, value: int | None) -> list[FieldError]:
    """A count or a number of seconds below zero."""
    return [invalid(path, value, NOT_NEGATIVE)] if value is not None and value < 0 else []


def one_of(path: str, value: str, allowed: Iterable[str], *, may_be_absent: bool = True) -> list[FieldError]:
    """A word outside a closed set."""
    if not value:
        return [] if may_be_absent else [required(path)]
    words = tuple(allowed)
    return [] if value in words else [not_supported(path, value, words)]


def _validate_name(meta: ObjectMeta, name_rule: Callable[[str], str], path: str) -> list[FieldError]:
    errors = []
    # A generated name may end in "-", since a suffix follows.
    prefix = meta.generate_name[:-1] + "a" if meta.generate_name.endswith("-") else meta.generate_name
    if prefix and (wrong := name_rule(prefix)):
        errors.append(invalid(child(path, "generateName"), meta.generate_name, wrong))
    if not meta.name:
        errors.append(required(child(path, "name"), "name or generateName is required"))
    elif wrong := name_rule(meta.name):
        errors.append(invalid(child(path, "name"), meta.name, wrong))
    return errors


def _validate_namespace(namespace: str, *, namespaced: bool, path: str) -> list[FieldError]:
    if not namespaced:
        return [forbidden(path, "not allowed on this type")] if namespace else []
    if not namespace:
        return [required(path)]
    wrong = dns1123_label(namespace)
    return [invalid(path, namespace, wrong)] if wrong else []


def _validate_owners(owners: tuple[OwnerReference, ...], path: str) -> list[FieldError]:
    errors = []
    controller = ""
    for position, owner in enumerate(owners):
        place = index(path, position)
        for name, value in (
            ("apiVersion", owner.api_version),
            ("kind", owner.kind),
            ("name", owner.name),
            ("uid", owner.uid),
        ):
            if not value:
                errors.append(invalid(child(place, name), value, "must not be empty"))
        if owner.api_version == "v1" and owner.kind == "Event":
            errors.append(invalid(place, owner.name, "/v1, Kind=Event is disallowed from being an owner"))
        if owner.controller:
            if controller:
                detail = (
                    "Only one reference can have Controller set to true. "
                    f'Found "true" in references for {controller} and {owner.name}'
                )
                errors.append(invalid(path, owner.name, detail))
            controller = controller or owner.name
    return errors


def _validate_finalizers(finalizers: tuple[str, ...], path: str) -> list[FieldError]:
    return [error for name in finalizers for error in validate_finalizer(name, path)]


def validate_finalizer(name: str, path: str) -> list[FieldError]:
    """One of Kubernetes' own finalizers, or one that says whose it is."""
    if wrong := qualified_name(name):
        return [invalid(path, name, wrong)]
    if "/" in name or name in STANDARD_FINALIZERS:
        return []
    return [invalid(path, name, "name is neither a standard finalizer name nor is it fully qualified")]
