"""What the kinds that make pods share: reading their template, and their columns in `kubectl get -o wide`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import msgspec

from wherry.api.core.pod_spec import PodTemplate
from wherry.api.documents import section
from wherry.api.object_meta import not_negative
from wherry.apimachinery.document import Document
from wherry.apimachinery.field_errors import FieldError, invalid
from wherry.apimachinery.labels import LabelSelector, format_selector
from wherry.apimachinery.resource_type import Column

CONTAINER_COLUMNS = (
    Column("Containers", description="Names of each container in the template.", priority=1),
    Column("Images", description="Images referenced by each container in the template.", priority=1),
)
WHOLE_PERCENT = 100
SELECTOR_COLUMN = Column("Selector", description="Which pods belong to it.", priority=1)


class ReplicaStatus(Protocol):
    """How many pods there are, and how many of them are how far."""

    @property
    def replicas(self) -> int:
        """All of them."""

    @property
    def fully_labeled_replicas(self) -> int | None:
        """Those with all labels of the template."""

    @property
    def ready_replicas(self) -> int | None:
        """Those that are ready."""

    @property
    def available_replicas(self) -> int | None:
        """Those that have been ready for long enough."""

    @property
    def observed_generation(self) -> int | None:
        """Which generation of the wish was counted for."""


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


def labels_cell(labels: Mapping[str, str]) -> str:
    """Labels as text."""
    return ",".join(f"{name}={labels[name]}" for name in sorted(labels)) or "<none>"


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
    if _digits_of(value):
        return []
    detail = "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%', or '93%', "
    return [invalid(path, value, detail + "regex used for validation is '[0-9]+%')")]


def validate_at_most_all(path: str, share: int | str | None) -> list[FieldError]:
    """No share of more than everything."""
    # Compared as text first: Python reads no number of thousands of digits.
    digits = _digits_of(share).lstrip("0") if isinstance(share, str) else ""
    if len(digits) > len(str(WHOLE_PERCENT)) or (digits and int(digits) > WHOLE_PERCENT):
        return [invalid(path, share, "must not be greater than 100%")]
    return []


def _digits_of(share: str) -> str:
    """The number of a percentage, or ""."""
    digits = share.removesuffix("%")
    return digits if share.endswith("%") and digits.isascii() and digits.isdigit() else ""


def share_is_nothing(share: int | str | None) -> bool:
    """Whether a count or a share is zero: 0, 0%, or not given."""
    return share in (0, None) or (isinstance(share, str) and share.rstrip("%").strip("0") == "")


def validate_replica_status(status: ReplicaStatus) -> list[FieldError]:
    """Counts that are no less than zero, and no part that is larger than the whole."""
    labeled, ready, available = status.fully_labeled_replicas, status.ready_replicas, status.available_replicas
    errors = not_negative("status.replicas", status.replicas)
    errors += not_negative("status.fullyLabeledReplicas", labeled)
    errors += not_negative("status.readyReplicas", ready)
    errors += not_negative("status.availableReplicas", available)
    errors += not_negative("status.observedGeneration", status.observed_generation)
    for name, count in (("fullyLabeledReplicas", labeled), ("readyReplicas", ready), ("availableReplicas", available)):
        if (count or 0) > status.replicas:
            errors.append(invalid(f"status.{name}", count, "cannot be greater than status.replicas"))
    if (available or 0) > (ready or 0):
        errors.append(invalid("status.availableReplicas", available, "cannot be greater than readyReplicas"))
    return errors
