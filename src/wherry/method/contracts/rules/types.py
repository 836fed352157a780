"""What kind of value something is: text, a number, a list. A change from one to the other is the worst of both."""

from wherry.method.contracts.rule import Rule, both
from wherry.method.contracts.schema import Shape

TYPES = (
    Rule(
        "request-type-narrowed",
        "breaking",
        Shape,
        both(lambda old, new: bool(old.types - new.types)),
        "{operation} no longer takes {field} as it took it: its type is another.",
        side="request",
    ),
    Rule(
        "request-type-widened",
        "info",
        Shape,
        both(lambda old, new: old.types < new.types),
        "{operation} takes {field} in more types.",
        side="request",
    ),
    Rule(
        "response-type-widened",
        "breaking",
        Shape,
        both(lambda old, new: bool(new.types - old.types)),
        "{operation} may answer with {field} in another type.",
        side="response",
    ),
    Rule(
        "response-type-narrowed",
        "info",
        Shape,
        both(lambda old, new: new.types < old.types),
        "{operation} answers with {field} in fewer types.",
        side="response",
    ),
)
