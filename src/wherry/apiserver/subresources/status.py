"""What the cluster reports about an object, written apart from what people wish.

A status update changes the status and the annotations, nothing else, so that a controller never
overwrites a wish that it has not seen yet.
"""

from __future__ import annotations

from collections.abc import Callable

from wherry.apimachinery.document import Document
from wherry.apiserver.answers import object_answer
from wherry.apiserver.environment import Environment
from wherry.apiserver.handlers.apply import applied, configuration_from, is_apply
from wherry.apiserver.handlers.get import handle_get
from wherry.apiserver.handlers.patch import patch_from
from wherry.apiserver.handlers.update import check_name
from wherry.apiserver.options import write_options
from wherry.apiserver.ownership import MANAGED_FIELDS
from wherry.apiserver.request import ApiRequest
from wherry.apiserver.strictness import body_of
from wherry.apiserver.wire import mapping_in, metadata_of
from wherry.kit.http.types import Response

Take = Callable[[Document, Document], Document]
"""The object as it is and as somebody has sent it -> the object with what counts of the latter."""


async def handle_status(environment: Environment, request: ApiRequest) -> Response:
    """GET, PUT and PATCH of the status; all answer with the whole object."""
    return await handle_part(environment, request, _with_status_of)


async def handle_part(environment: Environment, request: ApiRequest, take: Take, *, is_status: bool = True) -> Response:
    """GET, PUT and PATCH of a part of an object, of which `take` says what counts."""
    if request.verb == "get":
        return await handle_get(environment, request)
    if request.verb == "update":
        options = write_options(request, "UpdateOptions")
        body = body_of(request, options)
        check_name(request, body)

        def change(document: Document) -> Document:
            return take(document, body)

    elif is_apply(request):
        configuration = configuration_from(request, request.target.api_version, request.target.kind)
        options = configuration.options

        def change(document: Document) -> Document:
            merged = applied(environment, request, configuration, document)
            check_name(request, merged)
            changed = take(document, merged)
            for name in ("annotations", MANAGED_FIELDS) if is_status else (MANAGED_FIELDS,):
                _carry(name, metadata_of(merged), metadata_of(changed))
            return changed

    else:
        patch, options = patch_from(request, request.target)

        def change(document: Document) -> Document:
            return take(document, patch(document))

    item = await environment.objects.update(request, change, options, is_status=is_status)
    return object_answer(environment, request, item)


def _carry(name: str, given: Document, metadata: Document) -> None:
    """Take a field over, in place, its absence included."""
    if name in given:
        metadata[name] = given[name]
    else:
        metadata.pop(name, None)


def _with_status_of(document: Document, other: Document) -> Document:
    """`document` with the status, the annotations and the seen revision of `other`."""
    metadata, given = dict(metadata_of(document)), mapping_in(other, "metadata")
    metadata.pop("resourceVersion", None)
    if "resourceVersion" in given:
        metadata["resourceVersion"] = given["resourceVersion"]
    for name in ("annotations", "uid"):
        if name in given:
            metadata[name] = given[name]
    changed = {**document, "metadata": metadata}
    changed.pop("status", None)
    if "status" in other:
        changed["status"] = other["status"]
    return changed
