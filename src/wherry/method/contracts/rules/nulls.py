"""Whether a value may be null."""

from wherry.method.contracts.rule import Rule, both
from wherry.method.contracts.schema import Schema

NULLS = (
    Rule(
        "request-null-forbidden",
        "breaking",
        Schema,
        both(lambda old, new: old.nullable and not new.nullable),
        "{operation} no longer takes {field} empty (null).",
        side="request",
    ),
    Rule(
        "request-null-allowed",
        "info",
        Schema,
        both(lambda old, new: new.nullable and not old.nullable),
        "{operation} takes {field} empty (null) too.",
        side="request",
    ),
    Rule(
        "response-null-allowed",
        "breaking",
        Schema,
        both(lambda old, new: new.nullable and not old.nullable),
        "{operation} may answer with {field} empty (null).",
        side="response",
    ),
    Rule(
        "response-null-forbidden",
        "info",
        Schema,
        both(lambda old, new: old.nullable and not new.nullable),
        "{operation} never answers with {field} empty (null) any more.",
        side="response",
    ),
)
