"""Listed values (enum).

A new value in an answer widens the promise, yet many consumers are written for it: a warning. Who does need the list as
it was shows it in its need, and then the fit says who breaks.
"""

from wherry.method.contracts.rule import Rule, both
from wherry.method.contracts.schema import Shape


def _less(old: Shape, new: Shape) -> bool:
    return old.enum is not None and new.enum is not None and bool(set(old.enum) - set(new.enum))


def _only_more(old: Shape, new: Shape) -> bool:
    return old.enum is not None and new.enum is not None and set(old.enum) < set(new.enum)


def _more(old: Shape, new: Shape) -> bool:
    return old.enum is not None and new.enum is not None and bool(set(new.enum) - set(old.enum))


def _only_less(old: Shape, new: Shape) -> bool:
    return old.enum is not None and new.enum is not None and set(new.enum) < set(old.enum)


def _listed(old: Shape, new: Shape) -> bool:
    return old.enum is None and new.enum is not None


def _unlisted(old: Shape, new: Shape) -> bool:
    return old.enum is not None and new.enum is None


VALUES = (
    Rule(
        "request-value-removed",
        "breaking",
        Shape,
        both(_less),
        "{operation} no longer takes one of the values of {field}.",
        side="request",
    ),
    Rule(
        "request-value-added",
        "info",
        Shape,
        both(_only_more),
        "{operation} takes a new value of {field}.",
        side="request",
    ),
    Rule(
        "request-values-listed",
        "breaking",
        Shape,
        both(_listed),
        "{operation} now takes listed values of {field} only.",
        side="request",
    ),
    Rule(
        "request-values-unlisted",
        "info",
        Shape,
        both(_unlisted),
        "{operation} takes any value of {field}, not the listed ones only.",
        side="request",
    ),
    Rule(
        "response-value-added",
        "warning",
        Shape,
        both(_more),
        "{operation} may answer with a new value of {field}.",
        side="response",
    ),
    Rule(
        "response-value-removed",
        "info",
        Shape,
        both(_only_less),
        "{operation} no longer answers with one of the values of {field}.",
        side="response",
    ),
    Rule(
        "response-values-unlisted",
        "breaking",
        Shape,
        both(_unlisted),
        "{operation} may answer with any value of {field}, not the listed ones only.",
        side="response",
    ),
    Rule(
        "response-values-listed",
        "info",
        Shape,
        both(_listed),
        "{operation} now answers with listed values of {field} only.",
        side="response",
    ),
)
