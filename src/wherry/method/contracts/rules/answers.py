"""The statuses with which an operation answers. What an answer holds is the business of other rules."""

from wherry.method.contracts.api import Operation
from wherry.method.contracts.rule import Rule, both


def _successes(operation: Operation) -> set[str]:
    return {status for status in operation.answers if status[0] in "23"}


def _failures(operation: Operation) -> set[str]:
    return operation.answers.keys() - _successes(operation)


ANSWERS = (
    Rule(
        "success-status-removed",
        "breaking",
        Operation,
        both(lambda old, new: bool(_successes(old) - _successes(new))),
        "{operation} no longer answers with a status that meant success.",
    ),
    Rule(
        "success-status-added",
        "info",
        Operation,
        both(lambda old, new: _successes(old) < _successes(new)),
        "{operation} can answer with another status that means success.",
    ),
    Rule(
        "failure-status-removed",
        "info",
        Operation,
        both(lambda old, new: bool(_failures(old) - _failures(new))),
        "{operation} no longer speaks of a status that meant failure.",
    ),
    Rule(
        "failure-status-added",
        "info",
        Operation,
        both(lambda old, new: _failures(old) < _failures(new)),
        "{operation} speaks of another status that means failure.",
    ),
)
