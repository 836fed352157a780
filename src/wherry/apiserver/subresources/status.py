"""What the cluster reports about an object, written apart from what people wish.

A status update changes the status and the annotations, nothing else, so that a controller never
overwrites a wish that it has not seen yet.
"""

from __future__ import annotations

from wherry.apimachinery.document import Document
from wherry.apiserver.answers import object_answer
from wherry.apiserver.environment import Environment
from wherry.apiserver.handlers.get import handle_get
from wherry.apiserver.handlers.patch import patch_from
from wherry.apiserver.handlers.update import check_name
from wherry.apiserver.options import write_options
from wherry.apiserver.request import ApiRequest
from wherry.apiserver.strictness import body_of
from wherry.apiserver.wire import mapping_in, metadata_of
from wherry.kit.http.types import Response


async def handle_status(environment: Environment, request: ApiRequest) -> Response:
    """GET, PUT and PATCH of the status; all answer with the whole object."""
    if request.verb == "get":
        return await handle_get(environment, request)
    if request.verb == "update":
        options = write_options(request, "UpdateOptions")
        body = body_of(request, options)
        check_name(request, body)

        def change(document: Document) -> Document:
            return _with_status_of(document, body)

    else:
        options = write_options(request, "PatchOptions")
        patch = patch_from(request, request.target)

        def change(document: Document) -> Document:
            return _with_status_of(document, patch(document))

    item = await environment.objects.update(request, change, options, is_status=True)
    return object_answer(environment, request, item)


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
