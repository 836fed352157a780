"""The media types in which requests are taken and answers given."""

from wherry.method.contracts.rule import Rule, added, removed
from wherry.method.contracts.schema import Schema

MEDIA_TYPES = (
    Rule(
        "request-media-type-removed",
        "breaking",
        Schema,
        removed,
        "{operation} no longer takes {field}.",
        side="request",
    ),
    Rule("request-media-type-added", "info", Schema, added, "{operation} takes {field} too.", side="request"),
    Rule(
        "response-media-type-removed",
        "breaking",
        Schema,
        removed,
        "{operation} no longer answers in {field}.",
        side="response",
    ),
    Rule("response-media-type-added", "info", Schema, added, "{operation} can answer in {field}.", side="response"),
)
