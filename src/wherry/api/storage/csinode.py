"""Which CSI drivers run on a node, and what they call it."""

from __future__ import annotations

import msgspec
from msgspec import field

from wherry.api.field_formats import fitting, unchanged
from wherry.api.object_meta import not_negative
from wherry.api.storage.parameters import validate_driver_name
from wherry.apimachinery.document import Document
from wherry.apimachinery.field_errors import FieldError, child, duplicate, index, invalid, required
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.names import qualified_name
from wherry.apimachinery.resource_type import AGE_COLUMN, NAME_COLUMN, Column, resource_type
from wherry.apimachinery.struct import Struct
from wherry.apimachinery.timestamps import age_since

NODE_ID_LENGTH_MAX = 256


class VolumeNodeResources(Struct):
    count: int | None = None


class CsiNodeDriver(Struct):
    allocatable: VolumeNodeResources | None = None
    name: str = ""
    node_id: str = field(default="", name="nodeID")
    topology_keys: tuple[str, ...] = ()


class CsiNodeSpec(Struct):
    drivers: tuple[CsiNodeDriver, ...] = ()


class CsiNode(Struct):
    """Which CSI drivers run on a node, and what they call it."""

    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    spec: CsiNodeSpec = field(default_factory=CsiNodeSpec)


def _default(new: Document) -> None:
    spec = new.get("spec")
    if isinstance(spec, dict):
        spec.setdefault("drivers", [])


def _validate(new: CsiNode, old: CsiNode | None) -> list[FieldError]:
    errors = []
    names: set[str] = set()
    for position, driver in enumerate(new.spec.drivers):
        path = index("spec.drivers", position)
        errors += _validate_driver(driver, path)
        if driver.name in names:
            errors.append(duplicate(child(path, "name"), driver.name))
        names.add(driver.name)
    return errors + _validate_kept(new, old) if old is not None else errors


def _validate_driver(driver: CsiNodeDriver, path: str) -> list[FieldError]:
    errors = validate_driver_name(child(path, "name"), driver.name)
    place = child(path, "nodeID")
    if not driver.node_id:
        errors.append(required(place))
    if len(driver.node_id) > NODE_ID_LENGTH_MAX:
        errors.append(invalid(place, driver.node_id, f"must be {NODE_ID_LENGTH_MAX} characters or less"))
    if driver.allocatable is not None:
        errors += not_negative(child(path, "allocatable.count"), driver.allocatable.count)
    seen: set[str] = set()
    for name in driver.topology_keys:
        if not name:
            errors.append(required(path))
        if name in seen:
            errors.append(duplicate(path, name))
        seen.add(name)
        errors += fitting(path, name, qualified_name)
    return errors


def _validate_kept(new: CsiNode, old: CsiNode) -> list[FieldError]:
    """A driver that stays may only change how many volumes it takes."""
    known = {driver.name: msgspec.structs.replace(driver, allocatable=None) for driver in old.spec.drivers}
    errors: list[FieldError] = []
    for driver in new.spec.drivers:
        if driver.name in known:
            errors += unchanged("spec.drivers", msgspec.structs.replace(driver, allocatable=None), known[driver.name])
    return errors


def _row(node: CsiNode, now_s: float) -> tuple[object, ...]:
    meta = node.metadata
    return meta.name, len(node.spec.drivers), age_since(meta.creation_timestamp, now_s)


CSI_NODES = resource_type(
    CsiNode,
    kind="CSINode",
    plural="csinodes",
    group="storage.k8s.io",
    namespaced=False,
    default=_default,
    validate=_validate,
    columns=(NAME_COLUMN, Column("Drivers", "integer", "How many CSI drivers run on the node."), AGE_COLUMN),
    row=_row,
    delete_returns_object=True,
    acted_on_by="nobody",
)
