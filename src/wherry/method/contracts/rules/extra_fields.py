"""Fields that the contract does not name (additionalProperties)."""

from wherry.method.contracts.rule import Rule, both
from wherry.method.contracts.schema import Shape


def _closed(old: Shape, new: Shape) -> bool:
    return old.open and not new.open


def _opened(old: Shape, new: Shape) -> bool:
    return new.open and not old.open


EXTRA_FIELDS = (
    Rule(
        "request-extra-fields-forbidden",
        "breaking",
        Shape,
        both(_closed),
        "{operation} no longer takes fields in {field} that the contract does not name.",
        side="request",
    ),
    Rule(
        "request-extra-fields-allowed",
        "info",
        Shape,
        both(_opened),
        "{operation} takes fields in {field} that the contract does not name.",
        side="request",
    ),
    Rule(
        "response-extra-fields-allowed",
        "warning",
        Shape,
        both(_opened),
        "{operation} may answer with fields in {field} that the contract does not name.",
        side="response",
    ),
    Rule(
        "response-extra-fields-forbidden",
        "info",
        Shape,
        both(_closed),
        "{operation} answers with no fields in {field} but those that the contract names.",
        side="response",
    ),
)
