"""The fields of what comes back. A field that was certain and goes is the plainest broken promise of all."""

from wherry.method.contracts.rule import Field, Rule, added, both, gone

RESPONSE_FIELDS = (
    Rule(
        "response-field-removed",
        "breaking",
        Field,
        gone(lambda old: old.required),
        "{operation} no longer answers with {field}.",
        side="response",
    ),
    Rule(
        "optional-response-field-removed",
        "warning",
        Field,
        gone(lambda old: not old.required),
        "{operation} no longer speaks of {field}, which it answered with at times.",
        side="response",
    ),
    Rule(
        "response-field-added", "info", Field, added, "{operation} answers with a new field {field}.", side="response"
    ),
    Rule(
        "response-field-became-optional",
        "breaking",
        Field,
        both(lambda old, new: old.required and not new.required),
        "{operation} may leave out {field}.",
        side="response",
    ),
    Rule(
        "response-field-became-certain",
        "info",
        Field,
        both(lambda old, new: new.required and not old.required),
        "{operation} always answers with {field}.",
        side="response",
    ),
)
