"""What is wrong with a field, and where: `spec.containers[0].image: Required value`.

The reasons and the wording are those of Kubernetes (apimachinery, util/validation/field), since
clients and people compare them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import orjson


@dataclass(frozen=True, slots=True)
class FieldError:
    """One complaint about one field.

    `reason` is the machine's word (FieldValueRequired ...), `field` the path, `message` the sentence
    without the path.
    """

    reason: str
    field: str
    message: str

    def __str__(self) -> str:
        """As kubectl prints it."""
        return f"{self.field}: {self.message}"


def child(path: str, name: str) -> str:
    """The path of field `name` below `path`."""
    return f"{path}.{name}" if path else name


def index(path: str, position: int) -> str:
    """The path of a list item."""
    return f"{path}[{position}]"


def key(path: str, name: str) -> str:
    """The path of a map entry."""
    return f"{path}[{name}]"


def required(field: str, detail: str = "") -> FieldError:
    """The field must be given."""
    return FieldError("FieldValueRequired", field, f"Required value: {detail}" if detail else "Required value")


def invalid(field: str, value: object, detail: str) -> FieldError:
    """The field has a value that cannot be used."""
    return FieldError("FieldValueInvalid", field, f"Invalid value: {show(value)}: {detail}")


def not_supported(field: str, value: object, allowed: Iterable[str]) -> FieldError:
    """The field has a value outside the allowed set."""
    names = ", ".join(f'"{name}"' for name in allowed)
    return FieldError("FieldValueNotSupported", field, f"Unsupported value: {show(value)}: supported values: {names}")


def duplicate(field: str, value: object) -> FieldError:
    """The value occurs twice where it must be unique."""
    return FieldError("FieldValueDuplicate", field, f"Duplicate value: {show(value)}")


def forbidden(field: str, detail: str) -> FieldError:
    """The field may not be set, or not be changed."""
    return FieldError("FieldValueForbidden", field, f"Forbidden: {detail}")


def not_found(field: str, value: object) -> FieldError:
    """The field names something that does not exist."""
    return FieldError("FieldValueNotFound", field, f"Not found: {show(value)}")


def too_long(field: str, limit_bytes: int) -> FieldError:
    """The value is larger than `limit_bytes`."""
    return FieldError("FieldValueTooLong", field, f"Too long: may not be more than {limit_bytes} bytes")


def too_many(field: str, count: int, limit: int) -> FieldError:
    """The list has more than `limit` items."""
    return FieldError("FieldValueTooMany", field, f"Too many: {count}: must have at most {limit} items")


def invalid_whole(field: str, detail: str) -> FieldError:
    """The field cannot be used as it is; its value is not shown, since it is large or made of parts."""
    return FieldError("FieldValueInvalid", field, f"Invalid value: {detail}")


def show(value: object) -> str:
    """A value as error messages print it: text in quotes, the rest as JSON."""
    return orjson.dumps(value).decode()
