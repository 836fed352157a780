"""Forms side by side (oneOf, anyOf): how many there are."""

from wherry.method.contracts.rule import Rule, both
from wherry.method.contracts.schema import Schema


def _fewer(old: Schema, new: Schema) -> bool:
    return len(new.shapes) < len(old.shapes)


def _more(old: Schema, new: Schema) -> bool:
    return len(new.shapes) > len(old.shapes)


FORMS = (
    Rule(
        "request-form-removed",
        "breaking",
        Schema,
        both(_fewer),
        "{operation} no longer takes one of the forms of {field}.",
        side="request",
    ),
    Rule("request-form-added", "info", Schema, both(_more), "{operation} takes {field} in a new form.", side="request"),
    Rule(
        "response-form-added",
        "breaking",
        Schema,
        both(_more),
        "{operation} may answer with {field} in a new form.",
        side="response",
    ),
    Rule(
        "response-form-removed",
        "info",
        Schema,
        both(_fewer),
        "{operation} no longer answers with one of the forms of {field}.",
        side="response",
    ),
)
