"""How much one pod, container or claim of a namespace may ask for, and what it gets when it does not say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction

from msgspec import field

from wherry.api.core.resource_names import may_overcommit, validate_container_resource_name, validate_resource_name
from wherry.api.documents import put_absent, put_canonical_quantities, section, sections
from wherry.apimachinery.document import Document
from wherry.apimachinery.field_errors import FieldError, child, duplicate, forbidden, index, invalid, key, required
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.names import qualified_name
from wherry.apimachinery.quantity import QuantityError, QuantityText, parse_quantity
from wherry.apimachinery.resource_type import NAME_COLUMN, Column, resource_type
from wherry.apimachinery.struct import Struct


class LimitRangeItem(Struct):
    default: dict[str, QuantityText] = field(default_factory=dict)
    default_request: dict[str, QuantityText] = field(default_factory=dict)
    max: dict[str, QuantityText] = field(default_factory=dict)
    max_limit_request_ratio: dict[str, QuantityText] = field(default_factory=dict)
    min: dict[str, QuantityText] = field(default_factory=dict)
    type: str = ""


class LimitRangeSpec(Struct):
    limits: tuple[LimitRangeItem, ...] = ()


class LimitRange(Struct):
    """How much one pod, container or claim of a namespace may ask for, and what it gets when it does not say."""

    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    spec: LimitRangeSpec = field(default_factory=LimitRangeSpec)


TYPES = ("Pod", "Container", "PersistentVolumeClaim")
AMOUNTS = ("max", "min", "default", "defaultRequest", "maxLimitRequestRatio")


def _default(new: Document) -> None:
    # One that limits nothing is allowed, and then says so.
    put_absent(section(new, "spec"), limits=[])
    for item in sections(new, "spec", "limits"):
        for name in AMOUNTS:
            put_canonical_quantities(item.get(name))
        if item.get("type") != "Container":
            continue
        limits, requests = section(item, "default"), section(item, "defaultRequest")
        for source, target in ((item.get("max"), limits), (limits, requests), (item.get("min"), requests)):
            for name, amount in source.items() if isinstance(source, dict) else ():
                target.setdefault(name, amount)
        for name in ("default", "defaultRequest"):
            if not item[name]:
                del item[name]


def _validate(new: LimitRange, old: LimitRange | None) -> list[FieldError]:
    errors: list[FieldError] = []
    taken: set[str] = set()
    for position, item in enumerate(new.spec.limits):
        path = index("spec.limits", position)
        errors += _validate_type(item.type, child(path, "type"))
        if item.type in taken:
            errors.append(duplicate(child(path, "type"), item.type))
        taken.add(item.type)
        errors += _validate_item(item, path)
    return errors


def _validate_type(name: str, path: str) -> list[FieldError]:
    errors = [invalid(path, name, wrong)] if (wrong := qualified_name(name)) else []
    if "/" not in name and name not in TYPES:
        errors.append(invalid(path, name, "must be a standard limit type or fully qualified"))
    return errors


def _validate_item(item: LimitRangeItem, path: str) -> list[FieldError]:
    is_pod = item.type == "Pod"
    errors = _validate_names(item.type, item.max, child(path, "max"))
    errors += _validate_names(item.type, item.min, child(path, "min"))
    for name, amounts in (("default", item.default), ("defaultRequest", item.default_request)):
        if not is_pod:
            errors += _validate_names(item.type, amounts, child(path, name))
        elif amounts:
            errors.append(forbidden(child(path, name), "may not be specified when `type` is 'Pod'"))
    if item.type == "PersistentVolumeClaim" and "storage" not in item.min and "storage" not in item.max:
        detail = "either minimum or maximum storage value is required, but neither was provided"
        errors.append(required(child(path, "limits"), detail))
    errors += _validate_names(item.type, item.max_limit_request_ratio, child(path, "maxLimitRequestRatio"))
    ratios = item.max_limit_request_ratio
    limits: Mapping[str, QuantityText] = {} if is_pod else item.default
    requests: Mapping[str, QuantityText] = {} if is_pod else item.default_request
    for name in sorted({*item.max, *item.min, *limits, *requests, *ratios}):
        given = {
            "min": item.min.get(name),
            "max": item.max.get(name),
            "default request": requests.get(name),
            "default": limits.get(name),
            "ratio": ratios.get(name),
        }
        errors += _validate_order(name, given, path)
    return errors


def _validate_names(kind: str, names: Iterable[str], path: str) -> list[FieldError]:
    rule = validate_container_resource_name if kind in ("Pod", "Container") else validate_resource_name
    return [error for name in names for error in rule(name, key(path, name))]


# Which amount may not be above which: the field that is wrong, the lower and the higher amount, what the
# higher is called in the sentence, and which of them is shown.
ORDER = (
    ("min", "min", "max", "max", "min"),
    ("defaultRequest", "min", "default request", "default request", "default request"),
    ("defaultRequest", "default request", "max", "max", "default request"),
    ("defaultRequest", "default request", "default", "default limit", "default request"),
    ("default", "min", "default", "default", "min"),
    ("default", "default", "max", "max", "max"),
)


def _validate_order(name: str, given: Mapping[str, QuantityText | None], path: str) -> list[FieldError]:
    """Whether the amounts of one resource fit together."""
    try:
        exact = {word: parse_quantity(amount) for word, amount in given.items() if amount is not None}
    except QuantityError as err:
        return [invalid(key(child(path, "max"), name), "", str(err))]
    errors = []
    for place, low, high, called, shown in ORDER:
        if low in exact and high in exact and exact[low] > exact[high]:
            detail = f"{low} value {given[low]} is greater than {called} value {given[high]}"
            errors.append(invalid(key(child(path, place), name), given[shown], detail))
    errors += _validate_ratio(name, given, exact, path)
    request, limit = given["default request"], given["default"]
    if not may_overcommit(name) and request is not None and limit is not None and request != limit:
        detail = f"default value {limit} must equal to defaultRequest value {request} in {name}"
        errors.append(invalid(key(child(path, "defaultRequest"), name), request, detail))
    return errors


def _validate_ratio(
    name: str, given: Mapping[str, QuantityText | None], exact: Mapping[str, Fraction], path: str
) -> list[FieldError]:
    if "ratio" not in exact:
        return []
    place, ratio = key(child(path, "maxLimitRequestRatio"), name), exact["ratio"]
    errors = [invalid(place, given["ratio"], f"ratio {given['ratio']} is less than 1")] if ratio < 1 else []
    if exact.get("min") and "max" in exact:
        reached = exact["max"] / exact["min"]
        if ratio > reached:
            detail = f"ratio {given['ratio']} is greater than max/min = {float(reached):f}"
            errors.append(invalid(place, given["ratio"], detail))
    return errors


def _row(limit_range: LimitRange, now_s: float) -> tuple[object, ...]:
    return limit_range.metadata.name, limit_range.metadata.creation_timestamp


LIMIT_RANGES = resource_type(
    LimitRange,
    kind="LimitRange",
    plural="limitranges",
    short_names=("limits",),
    default=_default,
    validate=_validate,
    columns=(NAME_COLUMN, Column("Created At", description="When it was created.")),
    row=_row,
)
