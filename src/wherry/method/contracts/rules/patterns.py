"""Patterns of text. Whether one pattern takes less than another cannot be told in general: a change is a warning."""

from wherry.method.contracts.rule import Rule, both
from wherry.method.contracts.schema import Shape


def _added(old: Shape, new: Shape) -> bool:
    return old.patterns < new.patterns


def _removed(old: Shape, new: Shape) -> bool:
    return new.patterns < old.patterns


def _changed(old: Shape, new: Shape) -> bool:
    return bool(old.patterns - new.patterns) and bool(new.patterns - old.patterns)


PATTERNS = (
    Rule(
        "request-pattern-added",
        "breaking",
        Shape,
        both(_added),
        "{operation} now takes only text of a certain pattern as {field}.",
        side="request",
    ),
    Rule(
        "request-pattern-changed",
        "warning",
        Shape,
        both(_changed),
        "{operation} takes text of another pattern as {field}.",
        side="request",
    ),
    Rule(
        "request-pattern-removed",
        "info",
        Shape,
        both(_removed),
        "{operation} takes text of any pattern as {field}.",
        side="request",
    ),
    Rule(
        "response-pattern-removed",
        "breaking",
        Shape,
        both(_removed),
        "{operation} no longer promises that {field} has a certain pattern.",
        side="response",
    ),
    Rule(
        "response-pattern-changed",
        "warning",
        Shape,
        both(_changed),
        "{operation} answers with text of another pattern in {field}.",
        side="response",
    ),
    Rule(
        "response-pattern-added",
        "info",
        Shape,
        both(_added),
        "{operation} promises that {field} has a certain pattern.",
        side="response",
    ),
)
