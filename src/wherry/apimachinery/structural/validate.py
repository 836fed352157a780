"""What is wrong with the values of an object, in the words of Kubernetes' OpenAPI validator.

`validate` walks the object along its nodes. With an `old` object it is lenient about what has not changed:
whatever was stored once under an older schema may stay until somebody touches it. An unchanged part is
recognised by its place, and in a list by its keys where the schema names them.

Source: kubernetes kube-openapi, pkg/validation/{validate,errors}; apiextensions-apiserver,
pkg/apiserver/validation/{validation,ratcheting}.go.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

from wherry.apimachinery import field_errors
from wherry.apimachinery.field_errors import FieldError
from wherry.apimachinery.formats import has_format
from wherry.apimachinery.patterns import matches
from wherry.apimachinery.structural.node import Node

NO_PATH = "<nil>"
"""Where Kubernetes puts the errors of oneOf and its like: it knows the place and forgets it."""


class _Absent:
    """There was no such value; null is one."""


ABSENT: Final = _Absent()


def validate(node: Node, value: object, path: str = "", old: object = ABSENT) -> list[FieldError]:
    """All that is wrong with a value.

    Args:
        path: where it stands, as in messages; "" for a whole object.
        old: what stood there before; ABSENT when nothing did.
    """
    errors = _errors(node, value, path, old)
    # Errors of something unchanged are forgiven.
    return [] if errors and old is not ABSENT and same(old, value) else errors


def same(one: object, other: object) -> bool:
    """Whether two JSON values are equal; true is not 1, and 1 is 1.0."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(item, other[name]) for name, item in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other


def type_of(value: object) -> str:
    """The JSON type of a value, as messages name it."""
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case str():
            return "string"
        case int():
            return "integer"
        case float():
            return "number"
        case list():
            return "array"
        case _:
            return "object"


def item_key(node: Node, item: object) -> tuple[object, ...] | None:
    """What tells an item of a map-like list apart: the values of its keys, defaults included."""
    if not isinstance(item, dict) or node.items is None:
        return None
    properties = node.items.properties
    return tuple(
        item[name] if name in item else properties[name].fresh_default()
        if name in properties and properties[name].has_default else None
        for name in node.list_keys
    )  # fmt: skip


def _errors(node: Node, value: object, path: str, old: object) -> list[FieldError]:
    errors = _type_errors(node, value, path)
    if value is None:
        return errors
    if node.all_of or node.any_of or node.one_of or node.not_ is not None:
        errors += _logic_errors(node, value, path)
    if node.constraints:
        errors += _constraint_errors(node.constraints, value, path)
    if type(value) is dict:
        errors += _field_errors(node, value, path, old)
    elif type(value) is list and node.items is not None:
        errors += _item_errors(node, node.items, value, path, old)
    return errors


def _type_errors(node: Node, value: object, path: str) -> list[FieldError]:
    wanted = "integer,string" if node.is_int_or_string else node.type
    if not wanted:
        return []
    if value is None:
        return [] if node.nullable else [_wrong_type(path, wanted, "null", "null")]
    found = type_of(value)
    if found == wanted or (node.is_int_or_string and found in ("integer", "string")):
        return []
    if wanted == "number" and found == "integer":
        return []
    if isinstance(value, float) and "integer" in wanted and value.is_integer():
        return []
    return [_wrong_type(path, wanted, found, found)]


def _wrong_type(path: str, wanted: str, shown: object, said: str) -> FieldError:
    message = f"Invalid value: {field_errors.show(shown)}: {path} in body must be of type {wanted}: {_quoted(said)}"
    return FieldError("FieldValueTypeInvalid", path or NO_PATH, message)


def _quoted(text: str) -> str:
    return field_errors.show(text)


def _field_errors(node: Node, value: dict[str, object], path: str, old: object) -> list[FieldError]:
    errors = [field_errors.required(_child(path, name)) for name in node.required if name not in value]
    before: Mapping[str, object] = old if isinstance(old, dict) else {}
    properties, additional = node.properties, node.additional
    for name, item in value.items():
        below = properties.get(name) or additional
        if below is not None:
            errors += validate(below, item, _child(path, name), before.get(name, ABSENT))
    return errors


def _child(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _item_errors(node: Node, items: Node, value: list[object], path: str, old: object) -> list[FieldError]:
    errors: list[FieldError] = []
    before: dict[str, object] = {}
    if node.list_type == "map" and isinstance(old, list):
        before = {repr(item_key(node, item)): item for item in old}
    for position, item in enumerate(value):
        was = before.get(repr(item_key(node, item)), ABSENT) if before else ABSENT
        errors += validate(items, item, f"{path}[{position}]", was)
    return errors


def _logic_errors(node: Node, value: object, path: str) -> list[FieldError]:
    errors: list[FieldError] = []
    if node.any_of:
        errors += _any_of_errors(node.any_of, value, path)
    if node.one_of:
        errors += _one_of_errors(node.one_of, value, path)
    if node.all_of:
        failures = [found for each in node.all_of if (found := _errors(each, value, path, ABSENT))]
        errors += [error for found in failures for error in found]
        if failures:
            none = ". None validated" if len(failures) == len(node.all_of) else ""
            errors.append(_judgement(path, f"must validate all the schemas (allOf){none}"))
    if node.not_ is not None and not _errors(node.not_, value, path, ABSENT):
        errors.append(_judgement(path, "must not validate the schema (not)"))
    return errors


def _any_of_errors(schemas: tuple[Node, ...], value: object, path: str) -> list[FieldError]:
    best: list[FieldError] = []
    for each in schemas:
        found = _errors(each, value, path, ABSENT)
        if not found:
            return []
        best = found if not best or len(found) < len(best) else best
    return [_judgement(path, "must validate at least one schema (anyOf)"), *best]


def _one_of_errors(schemas: tuple[Node, ...], value: object, path: str) -> list[FieldError]:
    valid = 0
    best: list[FieldError] = []
    for each in schemas:
        found = _errors(each, value, path, ABSENT)
        valid += not found
        best = found if found and (not best or len(found) < len(best)) else best
    if valid == 1:
        return []
    said = "must validate one and only one schema (oneOf). Found "
    if not valid:
        return [_judgement(path, f"{said}none valid"), *best]
    return [_judgement(path, f"{said}{valid} valid alternatives")]


def _judgement(path: str, said: str) -> FieldError:
    return field_errors.invalid(NO_PATH, "", f'"{path}" {said}')


def _constraint_errors(constraints: Mapping[str, object], value: object, path: str) -> list[FieldError]:
    errors: list[FieldError] = []
    match value:
        case str():
            errors = _text_errors(constraints, value, path)
        case bool():
            pass
        case int() | float():
            errors = _number_errors(constraints, value, path)
        case list():
            errors = _size_errors(constraints, value, path, ("minItems", "maxItems"), "items")
        case dict():
            errors = _size_errors(constraints, value, path, ("minProperties", "maxProperties"), "properties")
        case _:
            pass
    allowed = constraints.get("enum")
    if isinstance(allowed, list) and not any(same(value, each) for each in allowed):
        shown = [each if isinstance(each, str) else field_errors.show(each) for each in allowed]
        errors.append(field_errors.not_supported(path or NO_PATH, value, shown))
    return errors


def _text_errors(constraints: Mapping[str, object], value: str, path: str) -> list[FieldError]:
    errors: list[FieldError] = []
    most, least, pattern, form = (constraints.get(name) for name in ("maxLength", "minLength", "pattern", "format"))
    if isinstance(most, int) and len(value) > most:
        errors.append(field_errors.too_long(path, most))
    if isinstance(least, int) and len(value) < least:
        errors.append(_said(path, value, f"should be at least {least} chars long"))
    if isinstance(pattern, str) and not matches(pattern, value):
        errors.append(_said(path, value, f"should match '{pattern}'"))
    if isinstance(form, str) and not has_format(form, value):
        errors.append(_wrong_type(path, form, value, value))
    return errors


def _number_errors(constraints: Mapping[str, object], value: float, path: str) -> list[FieldError]:
    errors: list[FieldError] = []
    least, most, step = (constraints.get(name) for name in ("minimum", "maximum", "multipleOf"))
    if isinstance(most, int | float):
        if constraints.get("exclusiveMaximum") is True:
            if value >= most:
                errors.append(_said(path, value, f"should be less than {_number(most)}"))
        elif value > most:
            errors.append(_said(path, value, f"should be less than or equal to {_number(most)}"))
    if isinstance(least, int | float):
        if constraints.get("exclusiveMinimum") is True:
            if value <= least:
                errors.append(_said(path, value, f"should be greater than {_number(least)}"))
        elif value < least:
            errors.append(_said(path, value, f"should be greater than or equal to {_number(least)}"))
    if isinstance(step, int | float) and step > 0 and not _is_multiple(value, step):
        errors.append(_said(path, value, f"should be a multiple of {_number(step)}"))
    form = constraints.get("format")
    if isinstance(form, str) and form in _RANGES and not _RANGES[form][0] <= value <= _RANGES[form][1]:
        kind = "integer" if form.startswith("int") else "number"
        said = f"Checked value must be of type {kind} with format {form} in {path}"
        errors.append(field_errors.invalid(NO_PATH, "", said))
    return errors


_RANGES: dict[str, tuple[float, float]] = {
    "int32": (-(2**31), 2**31 - 1),
    "int64": (-(2**63), 2**63 - 1),
    "float": (-3.4028234663852886e38, 3.4028234663852886e38),
}
# Division leaves crumbs.
_CRUMB = 1e-9


def _is_multiple(value: float, step: float) -> bool:
    if isinstance(value, int) and isinstance(step, int):
        return value % step == 0
    quotient = value / step
    return math.isfinite(quotient) and abs(quotient - round(quotient)) < _CRUMB


def _size_errors(
    constraints: Mapping[str, object],
    value: list[object] | dict[str, object],
    path: str,
    names: tuple[str, str],
    what: str,
) -> list[FieldError]:
    errors: list[FieldError] = []
    least, most = (constraints.get(name) for name in names)
    if isinstance(least, int) and len(value) < least:
        errors.append(_said(path, value, f"should have at least {least} {what}"))
    if isinstance(most, int) and len(value) > most:
        errors.append(too_many(path, len(value), most))
    return errors


def too_many(path: str, found: int, most: int) -> FieldError:
    """More items than there may be."""
    noun = "item" if most == 1 else "items"
    return FieldError("FieldValueTooMany", path or NO_PATH, f"Too many: {found}: must have at most {most} {noun}")


def _said(path: str, value: object, what: str) -> FieldError:
    return field_errors.invalid(path or NO_PATH, value, f"{path} in body {what}")


def _number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() and abs(value) < 2**53 else repr(value)
