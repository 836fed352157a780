"""What may stand in a PersistentVolume, and what is for life.

Source: kubernetes pkg/apis/core/validation, ValidatePersistentVolumeSpec and ValidatePersistentVolumeUpdate.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

import msgspec

from wherry.api.core.affinity_validation import validate_node_selector_terms
from wherry.api.core.persistent_volume_parts import PersistentVolumeSpec, VolumeNodeAffinity
from wherry.api.core.remote_volume_validation import Found, remote_sources
from wherry.api.core.storage_terms import (
    VOLUME_MODES,
    validate_access_modes,
    validate_class_name,
    validate_storage_amount,
)
from wherry.api.core.volume_source_validation import needs, validate_driver_name, validate_secret_reference
from wherry.api.core.volume_sources import CSIPersistentVolumeSource, RemoteVolume
from wherry.api.core.volume_validation import validate_host_path
from wherry.api.documents import find, find_section
from wherry.api.object_meta import IMMUTABLE, one_of
from wherry.apimachinery.document import Document
from wherry.apimachinery.field_errors import FieldError, child, forbidden, invalid, key, not_supported, required

RECLAIM_POLICIES = ("Delete", "Recycle", "Retain")
SECRETS_OF_DRIVERS = (
    "controllerPublishSecretRef",
    "controllerExpandSecretRef",
    "nodePublishSecretRef",
    "nodeExpandSecretRef",
)
# Where the volume is; the names on the wire.
SOURCES = ("csi", "hostPath", "local", *(field.encode_name for field in msgspec.structs.fields(RemoteVolume)))
FOR_LIFE = "spec.persistentvolumesource is immutable after creation"


def validate_volume_spec(spec: PersistentVolumeSpec) -> list[FieldError]:
    """All that is wrong with a volume."""
    errors = validate_access_modes(spec.access_modes, "spec.accessModes")
    errors += _validate_capacity(spec)
    policy = spec.persistent_volume_reclaim_policy
    errors += one_of("spec.persistentVolumeReclaimPolicy", policy, RECLAIM_POLICIES)
    if spec.node_affinity is not None:
        errors += _validate_affinity(spec.node_affinity, "spec.nodeAffinity")
    errors += _validate_source(spec)
    if spec.host_path is not None and posixpath.normpath(spec.host_path.path) == "/" and policy == "Recycle":
        detail = "may not be 'recycle' for a hostPath mount of '/'"
        errors.append(forbidden("spec.persistentVolumeReclaimPolicy", detail))
    errors += validate_class_name(spec.storage_class_name, "spec.storageClassName")
    errors += one_of("spec.volumeMode", spec.volume_mode, VOLUME_MODES)
    return errors + _validate_attributes_class(spec)


def validate_volume_update(new: Document, old: Document) -> list[FieldError]:
    """Where a volume is stays as it is, and so does how it is used."""
    now, was = (dict(find_section(document, "spec") or {}) for document in (new, old))
    errors = []
    if _sources_of(now, was) != _sources_of(was, was):
        errors.append(forbidden("spec.persistentvolumesource", FOR_LIFE))
    # Upstream leaves out where these two are.
    if now.get("volumeMode") != was.get("volumeMode"):
        errors.append(invalid("volumeMode", now.get("volumeMode"), IMMUTABLE))
    if was.get("nodeAffinity") and now.get("nodeAffinity") != was.get("nodeAffinity"):
        errors.append(invalid("nodeAffinity", now.get("nodeAffinity"), IMMUTABLE))
    if was.get("volumeAttributesClassName") is not None and now.get("volumeAttributesClassName") is None:
        errors.append(forbidden("spec.volumeAttributesClassName", "update from non-nil value to nil is forbidden"))
    return errors


def _sources_of(spec: Document, was: Document) -> Document:
    found = {name: spec[name] for name in SOURCES if spec.get(name) is not None}
    csi = found.get("csi")
    if isinstance(csi, dict) and not find(was, "csi", "controllerExpandSecretRef"):
        # A volume that could not grow may learn to.
        found["csi"] = {name: value for name, value in csi.items() if name != "controllerExpandSecretRef"}
    return found


def _validate_capacity(spec: PersistentVolumeSpec) -> list[FieldError]:
    capacity = spec.capacity
    errors = [] if capacity else [required("spec.capacity")]
    if list(capacity) != ["storage"]:
        errors.append(not_supported("spec.capacity", capacity, ("storage",)))
    for name, amount in capacity.items():
        errors += validate_storage_amount(amount, key("spec.capacity", name))
    return errors


def _validate_affinity(affinity: VolumeNodeAffinity, path: str) -> list[FieldError]:
    place = child(path, "required")
    if affinity.required is None:
        return [required(place, "must specify required node constraints")]
    return validate_node_selector_terms(affinity.required.node_selector_terms, child(place, "nodeSelectorTerms"))


def _validate_source(spec: PersistentVolumeSpec) -> list[FieldError]:
    """Exactly one source, and that one right."""
    given = [*_own_sources(spec), *remote_sources(spec, "spec"), *_late_sources(spec)]
    if not given:
        return [required("spec", "must specify a volume type")]
    errors = list(given[0][1])
    return errors + [forbidden(child("spec", name), "may not specify more than 1 volume type") for name, _ in given[1:]]


def _own_sources(spec: PersistentVolumeSpec) -> Iterator[Found]:
    if spec.host_path is not None:
        yield "hostPath", validate_host_path(spec.host_path, "spec.hostPath")


def _late_sources(spec: PersistentVolumeSpec) -> Iterator[Found]:
    if spec.local is not None:
        errors = needs("spec.local", ("path", spec.local.path))
        if ".." in spec.local.path.split("/"):
            errors.append(invalid("spec.local.path", spec.local.path, "must not contain '..'"))
        if spec.node_affinity is None or spec.node_affinity.required is None:
            errors.append(required("spec.nodeAffinity", "Local volume requires node affinity"))
        yield "local", errors
    if spec.csi is not None:
        yield "csi", _validate_csi(spec.csi, "spec.csi")


def _validate_csi(source: CSIPersistentVolumeSource, path: str) -> list[FieldError]:
    errors = validate_driver_name(source.driver, child(path, "driver"))
    errors += needs(path, ("volumeHandle", source.volume_handle))
    for name, ref in zip(
        SECRETS_OF_DRIVERS,
        (
            source.controller_publish_secret_ref,
            source.controller_expand_secret_ref,
            source.node_publish_secret_ref,
            source.node_expand_secret_ref,
        ),
        strict=True,
    ):
        errors += validate_secret_reference(ref, child(path, name))
    return errors


def _validate_attributes_class(spec: PersistentVolumeSpec) -> list[FieldError]:
    name, place = spec.volume_attributes_class_name, "spec.volumeAttributesClassName"
    if name is None:
        return []
    errors = validate_class_name(name, place) if name else [required(place, "an empty string is disallowed")]
    if spec.csi is None:
        errors.append(required("spec.csi", "has to be specified when using volumeAttributesClassName"))
    return errors
