"""The fields of what is sent. For required fields with a default see parameters.py."""

from wherry.method.contracts.rule import Field, Rule, both, new, removed

REQUEST_FIELDS = (
    Rule("request-field-removed", "warning", Field, removed, "{operation} no longer knows {field}.", side="request"),
    Rule(
        "required-request-field-added",
        "breaking",
        Field,
        new(lambda one: one.required and not one.schema.has_default),
        "{operation} now insists on a new field {field}.",
        side="request",
    ),
    Rule(
        "required-request-field-with-default-added",
        "warning",
        Field,
        new(lambda one: one.required and one.schema.has_default),
        "{operation} has a new required field {field}, with a default.",
        side="request",
    ),
    Rule(
        "optional-request-field-added",
        "info",
        Field,
        new(lambda one: not one.required),
        "{operation} takes a new field {field}.",
        side="request",
    ),
    Rule(
        "request-field-became-required",
        "breaking",
        Field,
        both(lambda old, one: one.required and not old.required and not one.schema.has_default),
        "{operation} now insists on {field}.",
        side="request",
    ),
    Rule(
        "request-field-with-default-became-required",
        "warning",
        Field,
        both(lambda old, one: one.required and not old.required and one.schema.has_default),
        "{operation} now calls {field} required, with a default.",
        side="request",
    ),
    Rule(
        "request-field-became-optional",
        "info",
        Field,
        both(lambda old, one: old.required and not one.required),
        "{operation} no longer insists on {field}.",
        side="request",
    ),
)
