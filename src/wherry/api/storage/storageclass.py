"""A kind of storage that can be asked for."""

from __future__ import annotations

from msgspec import field

from wherry.api.documents import put_absent
from wherry.api.field_formats import fitting, unique
from wherry.api.object_meta import IMMUTABLE, one_of
from wherry.api.storage.parameters import validate_parameters, validate_provisioner
from wherry.apimachinery.document import Document
from wherry.apimachinery.field_errors import FieldError, child, duplicate, forbidden, index, invalid, required
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.names import qualified_name
from wherry.apimachinery.resource_type import AGE_COLUMN, NAME_COLUMN, Column, resource_type
from wherry.apimachinery.struct import Struct
from wherry.apimachinery.timestamps import age_since


class TopologySelectorLabelRequirement(Struct):
    key: str = ""
    values: tuple[str, ...] = ()


class TopologySelectorTerm(Struct):
    match_label_expressions: tuple[TopologySelectorLabelRequirement, ...] = ()


class StorageClass(Struct):
    """A kind of storage that can be asked for."""

    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    provisioner: str = ""
    parameters: dict[str, str] = field(default_factory=dict)
    reclaim_policy: str = ""
    mount_options: tuple[str, ...] = ()
    allow_volume_expansion: bool | None = None
    allowed_topologies: tuple[TopologySelectorTerm, ...] = ()
    volume_binding_mode: str = ""


DEFAULT_ANNOTATION = "storageclass.kubernetes.io/is-default-class"


def _default(new: Document) -> None:
    put_absent(new, reclaimPolicy="Delete", volumeBindingMode="Immediate")


def _validate(new: StorageClass, old: StorageClass | None) -> list[FieldError]:
    errors = validate_provisioner("provisioner", new.provisioner)
    errors += validate_parameters("parameters", new.parameters, may_be_empty=True)
    errors += one_of("reclaimPolicy", new.reclaim_policy, ("Delete", "Retain"))
    errors += one_of("volumeBindingMode", new.volume_binding_mode, ("Immediate", "WaitForFirstConsumer"))
    errors += _validate_topologies(new.allowed_topologies, "allowedTopologies")
    if old is None:
        return errors
    for name, now, was in (
        ("parameters", new.parameters, old.parameters),
        ("provisioner", new.provisioner, old.provisioner),
        ("reclaimPolicy", new.reclaim_policy, old.reclaim_policy),
    ):
        if now != was:
            errors.append(forbidden(name, f"updates to {name} are forbidden."))
    if new.volume_binding_mode != old.volume_binding_mode:
        errors.append(invalid("volumeBindingMode", new.volume_binding_mode, IMMUTABLE))
    return errors


def _validate_topologies(terms: tuple[TopologySelectorTerm, ...], path: str) -> list[FieldError]:
    errors = []
    seen: list[dict[str, frozenset[str]]] = []
    for position, term in enumerate(terms):
        place = child(index(path, position), "matchLabelExpressions")
        for number, requirement in enumerate(term.match_label_expressions):
            errors += _validate_requirement(requirement, index(place, number))
        keys = [requirement.key for requirement in term.match_label_expressions]
        for number, name in enumerate(keys):
            if name in keys[:number]:
                errors.append(duplicate(child(index(place, number), "key"), name))
        meant = {one.key: frozenset(one.values) for one in term.match_label_expressions}
        if meant in seen:
            errors.append(duplicate(place, ""))
        seen.append(meant)
    return errors


def _validate_requirement(requirement: TopologySelectorLabelRequirement, path: str) -> list[FieldError]:
    errors = fitting(child(path, "key"), requirement.key, qualified_name)
    if not requirement.values:
        errors.append(required(child(path, "values")))
    return errors + unique(child(path, "values"), requirement.values)


def _row(storage_class: StorageClass, now_s: float) -> tuple[object, ...]:
    meta = storage_class.metadata
    is_default = meta.annotations.get(DEFAULT_ANNOTATION) == "true"
    return (
        f"{meta.name} (default)" if is_default else meta.name,
        storage_class.provisioner,
        storage_class.reclaim_policy,
        storage_class.volume_binding_mode,
        bool(storage_class.allow_volume_expansion),
        age_since(meta.creation_timestamp, now_s),
    )


STORAGE_CLASSES = resource_type(
    StorageClass,
    kind="StorageClass",
    plural="storageclasses",
    group="storage.k8s.io",
    namespaced=False,
    short_names=("sc",),
    default=_default,
    validate=_validate,
    columns=(
        NAME_COLUMN,
        Column("Provisioner"),
        Column("ReclaimPolicy"),
        Column("VolumeBindingMode"),
        Column("AllowVolumeExpansion", "boolean"),
        AGE_COLUMN,
    ),
    row=_row,
    delete_returns_object=True,
)
