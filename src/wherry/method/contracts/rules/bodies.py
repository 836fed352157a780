"""Whether a request has a body."""

from wherry.method.contracts.api import Body
from wherry.method.contracts.rule import Rule, both, new, removed

BODIES = (
    Rule("body-removed", "warning", Body, removed, "{operation} no longer takes a body."),
    Rule(
        "required-body-added",
        "breaking",
        Body,
        new(lambda one: one.required),
        "{operation} now insists on a body.",
    ),
    Rule(
        "optional-body-added",
        "info",
        Body,
        new(lambda one: not one.required),
        "{operation} can take a body now.",
    ),
    Rule(
        "body-became-required",
        "breaking",
        Body,
        both(lambda old, one: one.required and not old.required),
        "{operation} no longer goes without a body.",
    ),
    Rule(
        "body-became-optional",
        "info",
        Body,
        both(lambda old, one: old.required and not one.required),
        "{operation} can go without a body now.",
    ),
)
