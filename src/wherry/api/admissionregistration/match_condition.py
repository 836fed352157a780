"""A condition, written as an expression, under which a webhook or a policy is asked."""

from __future__ import annotations

from wherry.api.expressions import ADMISSION, validate_expression
from wherry.api.field_formats import named
from wherry.apimachinery.field_errors import FieldError, child, duplicate, index, required, too_many
from wherry.apimachinery.names import qualified_name
from wherry.apimachinery.struct import Struct

CONDITIONS_MAX = 64
# In webhooks there are no parameters, and nowhere does a condition see a policy's variables.
IN_WEBHOOKS = ADMISSION - {"params", "variables"}


class MatchCondition(Struct):
    expression: str = ""
    name: str = ""


def validate_match_conditions(
    conditions: tuple[MatchCondition, ...], path: str, *, variables: frozenset[str] = IN_WEBHOOKS
) -> list[FieldError]:
    """Each must compile to a boolean and have a name of its own."""
    errors = [too_many(path, len(conditions), CONDITIONS_MAX)] if len(conditions) > CONDITIONS_MAX else []
    seen: set[str] = set()
    for position, condition in enumerate(conditions):
        place = index(path, position)
        expression = condition.expression.strip()
        if not expression:
            errors.append(required(child(place, "expression")))
        else:
            errors += validate_expression(child(place, "expression"), expression, "bool", variables=variables)
        errors += named(child(place, "name"), condition.name, qualified_name)
        if condition.name in seen:
            errors.append(duplicate(child(place, "name"), condition.name))
        if condition.name:
            seen.add(condition.name)
    return errors
