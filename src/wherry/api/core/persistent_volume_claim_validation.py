"""What a claim must say, and how it may grow.

Source: kubernetes pkg/apis/core/validation, ValidatePersistentVolumeClaimSpec and ValidatePersistentVolumeClaimUpdate.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from wherry.api.core.persistent_volume_claim_parts import (
    PersistentVolumeClaimSpec,
    PersistentVolumeClaimStatus,
    TypedObjectReference,
)
from wherry.api.core.resource_names import is_native
from wherry.api.core.storage_terms import (
    CLASS_ANNOTATION,
    VOLUME_MODES,
    validate_access_modes,
    validate_class_name,
    validate_storage_amount,
)
from wherry.api.documents import find, find_section, text
from wherry.api.field_formats import fitting
from wherry.api.label_selector import validate_label_selector
from wherry.api.object_meta import IMMUTABLE, one_of
from wherry.apimachinery.document import Document
from wherry.apimachinery.field_errors import FieldError, child, forbidden, invalid, key, not_supported, required
from wherry.apimachinery.names import dns1123_label, dns1123_subdomain, qualified_name
from wherry.apimachinery.quantity import QuantityError, QuantityText, parse_quantity

NEEDS_MODE = "at least 1 access mode is required"
ONLY_CLAIMS = "must be 'PersistentVolumeClaim' when referencing the default apiGroup"
FROZEN = "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims"
RESIZE_STATUSES = (
    "ControllerResizeInProgress",
    "ControllerResizeInfeasible",
    "NodeResizeInProgress",
    "NodeResizeInfeasible",
    "NodeResizePending",
)
CLASS, ATTRIBUTES = "storageClassName", "volumeAttributesClassName"


def validate_claim_spec(spec: PersistentVolumeClaimSpec, path: str) -> list[FieldError]:
    """What a claim must say, also in a StatefulSet's template."""
    errors = validate_access_modes(spec.access_modes, child(path, "accessModes"), NEEDS_MODE)
    if spec.selector is not None:
        errors += validate_label_selector(spec.selector, child(path, "selector"))
    requests = spec.resources.requests if spec.resources else {}
    place = key(child(path, "resources"), "storage")
    errors += validate_storage_amount(requests["storage"], place) if "storage" in requests else [required(place)]
    errors += validate_class_name(spec.storage_class_name, child(path, CLASS))
    errors += one_of(child(path, "volumeMode"), spec.volume_mode, VOLUME_MODES)
    errors += _validate_sources(spec, path)
    return errors + validate_class_name(spec.volume_attributes_class_name, child(path, ATTRIBUTES))


def _validate_sources(spec: PersistentVolumeClaimSpec, path: str) -> list[FieldError]:
    source, ref, place = spec.data_source, spec.data_source_ref, child(path, "dataSource")
    errors = _validate_source(source, place) if source is not None else []
    if ref is None:
        return errors
    errors += _validate_source(ref, child(path, "dataSourceRef"))
    if ref.namespace:
        errors += fitting(child(path, "dataSourceRef.namespace"), ref.namespace, dns1123_label)
    if source is None:
        return errors
    # The field is the value, as upstream has it.
    if ref.namespace:
        errors.append(invalid(path, place, "may not be specified when dataSourceRef.namespace is specified"))
    elif (source.api_group, source.kind, source.name) != (ref.api_group, ref.kind, ref.name):
        errors.append(invalid(path, place, "must match dataSourceRef"))
    return errors


def _validate_source(source: TypedObjectReference, path: str) -> list[FieldError]:
    errors = [
        required(child(path, name)) for name, value in (("name", source.name), ("kind", source.kind)) if not value
    ]
    if source.api_group:
        errors += fitting(child(path, "apiGroup"), source.api_group, dns1123_subdomain)
    elif source.kind != "PersistentVolumeClaim":
        errors.append(invalid(path, source.kind, ONLY_CLAIMS))
    return errors


def validate_claim_status(status: PersistentVolumeClaimStatus) -> list[FieldError]:
    """What a controller may say of a claim."""
    errors = _validate_amounts(status.capacity, "status.capacity")
    path = "status.allocatedResourceStatus"
    for name, word in status.allocated_resource_statuses.items():
        errors += _validate_resource(name, path)
        if word not in RESIZE_STATUSES:
            errors.append(not_supported(path, name, RESIZE_STATUSES))
    path = "status.allocatedResources"
    for name, amount in status.allocated_resources.items():
        errors += _validate_resource(name, path) or _validate_amounts({name: amount}, path)
    return errors


def _validate_resource(name: str, path: str) -> list[FieldError]:
    if wrong := qualified_name(name):
        return [invalid(path, name, wrong)]
    return [not_supported(path, name, ("storage",))] if is_native(name) and name != "storage" else []


def _validate_amounts(amounts: Mapping[str, QuantityText], path: str) -> list[FieldError]:
    errors = []
    for name, amount in amounts.items():
        place = key(path, name)
        try:
            if parse_quantity(amount) < 0:
                errors.append(invalid(place, str(amount), "must be a valid resource quantity"))
        except QuantityError as err:
            errors.append(invalid(place, amount, str(err)))
    return errors


def validate_claim_update(new: Document, old: Document) -> list[FieldError]:
    """A claim is for life, but it may be bound, given a class, and grow."""
    now, was = (dict(find_section(document, "spec") or {}) for document in (new, old))
    errors = _validate_class(new, old)
    _overlook(now, was, is_bound=text(new, "status", "phase") == "Bound")
    if now != was:
        errors.append(forbidden("spec", FROZEN))
    wanted, had, has = (_storage(each) for each in _sizes(new, old))
    if wanted < had and wanted <= has:
        errors.append(forbidden("spec.resources.requests.storage", "field can not be less than status.capacity"))
    mode = find(new, "spec", "volumeMode")
    if mode != find(old, "spec", "volumeMode"):
        errors.append(invalid("volumeMode", mode, IMMUTABLE))
    return errors + _validate_attributes(find(new, "spec", ATTRIBUTES), find(old, "spec", ATTRIBUTES))


def _validate_class(new: Document, old: Document) -> list[FieldError]:
    """The class that an annotation says stays, unless it moves into the field."""
    before, now = (find(document, "metadata", "annotations", CLASS_ANNOTATION) for document in (old, new))
    moves = before is not None and find(old, "spec", CLASS) is None and find(new, "spec", CLASS) == before
    if (before or "") == (now or "") or (moves and now is None):
        return []
    return [invalid(f"metadata.annotations.{CLASS_ANNOTATION}", now or "", IMMUTABLE)]


def _overlook(now: Document, was: Document, *, is_bound: bool) -> None:
    """Leave out of both what may differ."""
    allowed = []
    if not was.get("volumeName"):
        # The binder fills it in, once.
        allowed.append("volumeName")
    if was.get(CLASS) is None:
        allowed.append(CLASS)
    if is_bound and now.get(ATTRIBUTES) is not None:
        allowed.append(ATTRIBUTES)
    for spec in (now, was):
        for name in allowed:
            spec.pop(name, None)
        if is_bound and isinstance(find(spec, "resources", "requests"), dict):
            resources, requests = (
                dict(find_section(spec, "resources") or {}),
                find_section(spec, "resources", "requests"),
            )
            resources["requests"] = {name: value for name, value in (requests or {}).items() if name != "storage"}
            spec["resources"] = resources


def _sizes(new: Document, old: Document) -> tuple[object, object, object]:
    path = ("spec", "resources", "requests", "storage")
    return find(new, *path), find(old, *path), find(old, "status", "capacity", "storage")


def _storage(amount: object) -> Fraction:
    try:
        return parse_quantity(amount) if isinstance(amount, str | int | float) else Fraction(0)
    except QuantityError:
        return Fraction(0)


def _validate_attributes(now: object, before: object) -> list[FieldError]:
    place = f"spec.{ATTRIBUTES}"
    if before is None or now == before:
        return []
    if now is None:
        return [forbidden(place, "update from non-nil value to nil is forbidden")]
    return [] if now else [forbidden(place, "update from non-nil value to an empty string is forbidden")]
