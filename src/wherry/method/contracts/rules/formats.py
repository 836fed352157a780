"""Formats: date-time, uuid, int32."""

from wherry.method.contracts.rule import Rule, both
from wherry.method.contracts.schema import Shape

FORMATS = (
    Rule(
        "request-format-demanded",
        "breaking",
        Shape,
        both(lambda old, new: bool(new.formats - old.formats)),
        "{operation} takes {field} only in another format than before.",
        side="request",
    ),
    Rule(
        "request-format-dropped",
        "info",
        Shape,
        both(lambda old, new: new.formats < old.formats),
        "{operation} takes {field} in any format.",
        side="request",
    ),
    Rule(
        "response-format-dropped",
        "breaking",
        Shape,
        both(lambda old, new: bool(old.formats - new.formats)),
        "{operation} no longer promises {field} in the format that it had.",
        side="response",
    ),
    Rule(
        "response-format-promised",
        "info",
        Shape,
        both(lambda old, new: old.formats < new.formats),
        "{operation} promises {field} in a format.",
        side="response",
    ),
)
