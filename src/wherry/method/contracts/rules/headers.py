"""The headers of an answer."""

from wherry.method.contracts.api import Header
from wherry.method.contracts.rule import Rule, added, both, gone

HEADERS = (
    Rule(
        "header-removed",
        "breaking",
        Header,
        gone(lambda old: old.required),
        "{operation} no longer sends the header {field}.",
    ),
    Rule(
        "optional-header-removed",
        "warning",
        Header,
        gone(lambda old: not old.required),
        "{operation} no longer speaks of the header {field}, which it sent at times.",
    ),
    Rule("header-added", "info", Header, added, "{operation} sends a new header {field}."),
    Rule(
        "header-became-optional",
        "breaking",
        Header,
        both(lambda old, new: old.required and not new.required),
        "{operation} may leave out the header {field}.",
    ),
    Rule(
        "header-became-certain",
        "info",
        Header,
        both(lambda old, new: new.required and not old.required),
        "{operation} always sends the header {field}.",
    ),
)
