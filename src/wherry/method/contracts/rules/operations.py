"""Operations that come and go, and what it takes to use them."""

from wherry.method.contracts.api import Operation
from wherry.method.contracts.rule import Rule, added, both, gone

OPERATIONS = (
    Rule("operation-removed", "breaking", Operation, gone(lambda old: not old.deprecated), "{operation} is gone."),
    Rule(
        "operation-retired",
        "warning",
        Operation,
        gone(lambda old: old.deprecated),
        "{operation} is gone, as was announced by calling it deprecated.",
    ),
    Rule("operation-added", "info", Operation, added, "{operation} is new."),
    Rule(
        "operation-deprecated",
        "info",
        Operation,
        both(lambda old, new: new.deprecated and not old.deprecated),
        "{operation} is now called deprecated.",
    ),
    Rule(
        "credentials-demanded",
        "breaking",
        Operation,
        both(lambda old, new: bool(new.security) and not old.security),
        "{operation} now asks who you are.",
    ),
    Rule(
        "credentials-refused",
        "breaking",
        Operation,
        both(lambda old, new: bool(new.security) and bool(old.security - new.security)),
        "{operation} no longer takes one of the credentials that it took.",
    ),
    Rule(
        "credentials-optional",
        "info",
        Operation,
        both(lambda old, new: bool(old.security) and not new.security),
        "{operation} no longer asks who you are.",
    ),
)
