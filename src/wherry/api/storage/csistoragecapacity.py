"""How much room a CSI driver has for one class of storage in one part of the cluster."""

from __future__ import annotations

from msgspec import field

from wherry.api.documents import canonical
from wherry.api.field_formats import fitting, unchanged
from wherry.api.label_selector import validate_label_selector
from wherry.api.object_meta import NOT_NEGATIVE
from wherry.apimachinery.document import Document
from wherry.apimachinery.field_errors import FieldError, invalid
from wherry.apimachinery.labels import LabelSelector
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.names import dns1123_subdomain
from wherry.apimachinery.quantity import QuantityText, parse_quantity
from wherry.apimachinery.resource_type import NAME_COLUMN, Column, resource_type
from wherry.apimachinery.struct import Struct


class CsiStorageCapacity(Struct):
    """How much room a CSI driver has for one class of storage in one part of the cluster."""

    capacity: QuantityText | None = None
    maximum_volume_size: QuantityText | None = None
    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    node_topology: LabelSelector | None = None
    storage_class_name: str = ""


def _default(new: Document) -> None:
    for name in ("capacity", "maximumVolumeSize"):
        if name in new:
            new[name] = canonical(new[name])


def _validate(new: CsiStorageCapacity, old: CsiStorageCapacity | None) -> list[FieldError]:
    errors = []
    if new.node_topology is not None:
        errors += validate_label_selector(new.node_topology, "nodeTopology")
    errors += fitting("storageClassName", new.storage_class_name, dns1123_subdomain)
    for name, amount in (("capacity", new.capacity), ("maximumVolumeSize", new.maximum_volume_size)):
        if amount is not None and parse_quantity(amount) < 0:
            errors.append(invalid(name, amount, NOT_NEGATIVE))
    if old is not None:
        errors += unchanged("nodeTopology", new.node_topology, old.node_topology)
        errors += unchanged("storageClassName", new.storage_class_name, old.storage_class_name)
    return errors


def _row(capacity: CsiStorageCapacity, now_s: float) -> tuple[object, ...]:
    amount = "<unset>" if capacity.capacity is None else str(capacity.capacity)
    return capacity.metadata.name, capacity.storage_class_name, amount


CSI_STORAGE_CAPACITIES = resource_type(
    CsiStorageCapacity,
    kind="CSIStorageCapacity",
    plural="csistoragecapacities",
    group="storage.k8s.io",
    default=_default,
    validate=_validate,
    columns=(
        NAME_COLUMN,
        Column("StorageClassName", description="The class of storage that there is room for."),
        Column("Capacity", description="How much room there is."),
    ),
    row=_row,
    acted_on_by="nobody",
)
