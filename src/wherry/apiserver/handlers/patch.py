"""PATCH of an object: JSON patch, merge patch, strategic merge patch, or a configuration to apply.

A patch is applied to the newest state; when somebody else writes in between it is applied again,
unless it names the resourceVersion that it was made for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import orjson

from wherry.apimachinery import field_errors
from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import BadRequest, StatusError, UnsupportedMediaType, invalid
from wherry.apimachinery.field_errors import FieldError
from wherry.apimachinery.patch.json_patch import apply_json_patch
from wherry.apimachinery.patch.merge_patch import apply_merge_patch
from wherry.apimachinery.patch.strategic_merge import apply_strategic_merge_patch, go_text
from wherry.apimachinery.resource_type import AnyResourceType
from wherry.apimachinery.schema import schema_for_kind
from wherry.apiserver.answers import object_answer
from wherry.apiserver.environment import Environment
from wherry.apiserver.handlers.apply import content_type_of, handle_apply, is_apply
from wherry.apiserver.handlers.update import check_name
from wherry.apiserver.negotiation import duplicate_keys, parse_json
from wherry.apiserver.options import PatchBody, WriteOptions, write_options
from wherry.apiserver.request import ApiRequest
from wherry.kit.http.types import Response

JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"
STRATEGIC_MERGE_PATCH = "application/strategic-merge-patch+json"
NOT_AN_OBJECT = (
    "couldn't get version/kind; json parse error: json: cannot unmarshal array into Go value of type "
    r'struct { APIVersion string "json:\"apiVersion,omitempty\""; Kind string "json:\"kind,omitempty\"" }'
)
# Only Go types say how their lists are merged.
NO_STRATEGY = (
    "the body of the request was in an unknown format - accepted media types include: "
    "application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml"
)

Patch = Callable[[Document], Document]

_OPERATION_FIELDS = frozenset(("op", "path", "from", "value"))


async def handle_patch(environment: Environment, request: ApiRequest) -> Response:
    """Answer with the object as it was stored."""
    if is_apply(request):
        return await handle_apply(environment, request)
    patch, options = patch_from(request, request.target)

    def change(document: Document) -> Document:
        patched = patch(document)
        check_name(request, patched)
        return patched

    item = await environment.objects.update(request, change, options)
    return object_answer(environment, request, item)


def patch_from(request: ApiRequest, resource: AnyResourceType) -> tuple[Patch, WriteOptions]:
    """The patch in a request's body, as a function that makes a new document, and how to write that.

    Args:
        resource: the kind of the document that will be patched; a strategic patch follows the schema of a built-in
            kind, and there is none for others.
    """
    options = write_options(request, "PatchOptions")
    content_type = content_type_of(request)
    if content_type not in (JSON_PATCH, MERGE_PATCH, STRATEGIC_MERGE_PATCH):
        raise UnsupportedMediaType("415: Unsupported Media Type")
    if content_type == STRATEGIC_MERGE_PATCH and resource.is_custom:
        raise UnsupportedMediaType(NO_STRATEGY)
    body = _parse(request.http.body)
    complaints: list[str] = []
    if options.field_validation != "Ignore":
        complaints = duplicate_keys(request.http.body, body)
    if content_type == JSON_PATCH:
        if options.field_validation != "Ignore":
            complaints = [f"json patch {complaint}" for complaint in [*complaints, *_unknown_fields(body)]]
        options = replace(options, patch=PatchBody(_json_text, tuple(complaints)))
        return lambda document: apply_json_patch(document, body), options
    if not isinstance(body, dict):
        raise _not_an_object(request.http.body)
    if content_type == MERGE_PATCH:
        options = replace(options, patch=PatchBody(_json_text, tuple(complaints)))
        return lambda document: apply_merge_patch(document, body), options
    schema = schema_for_kind(resource.group, resource.version, resource.kind)
    options = replace(options, patch=PatchBody(lambda _: go_text(body), tuple(complaints)))
    return lambda document: apply_strategic_merge_patch(document, body, schema), options


def _unknown_fields(operations: object) -> Iterator[str]:
    """A complaint for each field of an operation that has no meaning."""
    for position, operation in enumerate(operations if isinstance(operations, list) else ()):
        for name in operation if isinstance(operation, dict) else ():
            if name not in _OPERATION_FIELDS:
                yield f'unknown field "[{position}].{name}"'


def _json_text(document: Document) -> str:
    return orjson.dumps(document).decode()


def _not_an_object(body: bytes) -> StatusError:
    shown = field_errors.show(body.decode(errors="replace"))
    error = FieldError("FieldValueInvalid", "patch", f"Invalid value: {shown}: {NOT_AN_OBJECT}")
    return invalid("", "", "", [error])


def _parse(body: bytes) -> object:
    try:
        return parse_json(body)
    except ValueError as error:
        raise BadRequest(f"error decoding patch: {error}") from error
