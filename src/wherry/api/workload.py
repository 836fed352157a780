"""What the kinds that make pods share: reading their template, and their columns in `kubectl get -o wide`."""

from __future__ import annotations

import msgspec

from wherry.api.core.pod_spec import PodTemplate
from wherry.api.documents import section
from wherry.apimachinery.document import Document
from wherry.apimachinery.field_errors import FieldError, invalid
from wherry.apimachinery.labels import LabelSelector, format_selector
from wherry.apimachinery.resource_type import Column

CONTAINER_COLUMNS = (
    Column("Containers", description="Names of each container in the template.", priority=1),
    Column("Images", description="Images referenced by each container in the template.", priority=1),
)
SELECTOR_COLUMN = Column("Selector", description="Which pods belong to it.", priority=1)


def pod_template(template: Document) -> PodTemplate:
    """The typed view of a template."""
    return msgspec.convert(template, PodTemplate)


def container_cells(template: Document) -> tuple[str, str]:
    """Names and images of the template's containers."""
    containers = pod_template(template).spec.containers
    return ",".join(one.name for one in containers), ",".join(one.image for one in containers)


def selector_cell(selector: LabelSelector | None) -> str:
    """A selector as text."""
    return format_selector(selector) if selector else "<none>"


def clear_status(new: Document, old: Document | None) -> None:
    """A new workload has no pods yet; clients rely on `replicas` being there."""
    if old is None:
        new["status"] = {"replicas": 0}


def put_spec_defaults(new: Document, **values: object) -> Document:
    """Fill in fields of the spec, and return it."""
    spec = section(new, "spec")
    for name, value in values.items():
        if spec.get(name) in (None, ""):
            spec[name] = value
    return spec


def validate_percentage(path: str, value: int | str | None) -> list[FieldError]:
    """A count, or a share such as "25%"."""
    if value is None:
        return []
    if isinstance(value, int):
        return [invalid(path, value, "must be greater than or equal to 0")] if value < 0 else []
    if value.endswith("%") and value[:-1].isdigit():
        return []
    detail = "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%', or '93%', "
    return [invalid(path, value, detail + "regex used for validation is '[0-9]+%')")]
