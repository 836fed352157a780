"""Parameters in the path, the query and the headers of a request.

Required with a default: the document says both that it must be sent and what counts when it is not. Whoever leaves it
out will find the service kind and the document strict, so it is a warning.
"""

from wherry.method.contracts.api import Parameter
from wherry.method.contracts.rule import Rule, both, new, removed

PARAMETERS = (
    Rule("parameter-removed", "warning", Parameter, removed, "{operation} no longer knows the parameter {field}."),
    Rule(
        "required-parameter-added",
        "breaking",
        Parameter,
        new(lambda one: one.required and not one.schema.has_default),
        "{operation} now insists on a new parameter {field}.",
    ),
    Rule(
        "required-parameter-with-default-added",
        "warning",
        Parameter,
        new(lambda one: one.required and one.schema.has_default),
        "{operation} has a new required parameter {field}, with a default.",
    ),
    Rule(
        "optional-parameter-added",
        "info",
        Parameter,
        new(lambda one: not one.required),
        "{operation} takes a new parameter {field}.",
    ),
    Rule(
        "parameter-became-required",
        "breaking",
        Parameter,
        both(lambda old, one: one.required and not old.required and not one.schema.has_default),
        "{operation} now insists on the parameter {field}.",
    ),
    Rule(
        "parameter-with-default-became-required",
        "warning",
        Parameter,
        both(lambda old, one: one.required and not old.required and one.schema.has_default),
        "{operation} now calls the parameter {field} required, with a default.",
    ),
    Rule(
        "parameter-became-optional",
        "info",
        Parameter,
        both(lambda old, one: old.required and not one.required),
        "{operation} no longer insists on the parameter {field}.",
    ),
)
