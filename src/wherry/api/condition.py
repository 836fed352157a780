"""One sentence about an object that is true, false or not known: Ready, Available, Complete."""

from __future__ import annotations

import re
from collections.abc import Iterable

from wherry.api.object_meta import one_of
from wherry.apimachinery.field_errors import FieldError, child, duplicate, index, invalid, required, too_long
from wherry.apimachinery.names import qualified_name
from wherry.apimachinery.struct import Struct

STATUSES = ("False", "True", "Unknown")
REASON_LENGTH_MAX = 1024
MESSAGE_LENGTH_MAX = 32 * 1024

_REASON = "[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?"
_is_reason = re.compile(_REASON).fullmatch


class Condition(Struct):
    """What most kinds say about themselves; kinds that say more add their fields to it.

    `status` is "True", "False" or "Unknown"; `reason` is one word for programs, `message` a sentence for people.
    """

    last_transition_time: str = ""
    message: str = ""
    reason: str = ""
    status: str
    type: str


def validate_conditions(conditions: Iterable[Condition], path: str) -> list[FieldError]:
    """Conditions of the common form (metav1.Condition): complete, and each type once."""
    errors = []
    seen: set[str] = set()
    for position, condition in enumerate(conditions):
        place = index(path, position)
        if condition.type in seen:
            errors.append(duplicate(child(place, "type"), condition.type))
        seen.add(condition.type)
        errors += _validate_condition(condition, place)
    return errors


def _validate_condition(condition: Condition, path: str) -> list[FieldError]:
    errors = []
    if wrong := qualified_name(condition.type):
        errors.append(invalid(child(path, "type"), condition.type, wrong))
    errors += one_of(child(path, "status"), condition.status, STATUSES, may_be_absent=False)
    if not condition.last_transition_time:
        errors.append(required(child(path, "lastTransitionTime"), "must be set"))
    if not condition.reason:
        errors.append(required(child(path, "reason"), "must be set"))
    elif not _is_reason(condition.reason):
        detail = (
            "a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric "
            "characters or '_,:', and must end with an alphanumeric character or '_' (e.g. 'my_name', or 'MY_NAME', "
            f"or 'MyName', or 'ReasonA,ReasonB', or 'ReasonA:ReasonB', regex used for validation is '{_REASON}')"
        )
        errors.append(invalid(child(path, "reason"), condition.reason, detail))
    if len(condition.reason) > REASON_LENGTH_MAX:
        errors.append(too_long(child(path, "reason"), REASON_LENGTH_MAX))
    if len(condition.message) > MESSAGE_LENGTH_MAX:
        errors.append(too_long(child(path, "message"), MESSAGE_LENGTH_MAX))
    return errors
