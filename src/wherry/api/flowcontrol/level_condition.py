"""The status of flow schemas and of priority levels: conditions whose parts may all be absent."""

from __future__ import annotations

from wherry.apimachinery.field_errors import FieldError, child, duplicate, index, required
from wherry.apimachinery.struct import Struct


class LevelCondition(Struct):
    status: str = ""
    type: str = ""


class LevelStatus(Struct):
    conditions: tuple[LevelCondition, ...] = ()


def validate_level_status(status: LevelStatus) -> list[FieldError]:
    """Each condition has a type of its own."""
    errors = []
    seen: set[str] = set()
    for position, condition in enumerate(status.conditions):
        place = child(index("status.conditions", position), "type")
        if condition.type in seen:
            errors.append(duplicate(place, condition.type))
        seen.add(condition.type)
        if not condition.type:
            errors.append(required(place, "must not be empty"))
    return errors
