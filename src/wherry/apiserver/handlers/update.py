"""PUT of an object: replace it, if it is still the one that the client has seen."""

from __future__ import annotations

from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import BadRequest
from wherry.apiserver.answers import object_answer
from wherry.apiserver.environment import Environment
from wherry.apiserver.options import write_options
from wherry.apiserver.request import ApiRequest
from wherry.apiserver.strictness import body_of
from wherry.apiserver.wire import metadata_of
from wherry.kit.http.types import Response


async def handle_update(environment: Environment, request: ApiRequest) -> Response:
    """Answer with the object as it was stored."""
    options = write_options(request, "UpdateOptions")
    document = body_of(request, options)
    check_name(request, document)

    def replace(_: Document) -> Document:
        # Each attempt changes its own copy of the top and of the metadata.
        return {**document, "metadata": dict(metadata_of(document))}

    item = await environment.objects.update(request, replace, options)
    return object_answer(environment, request, item)


def check_name(request: ApiRequest, document: Document) -> None:
    """The name in the body must be the one in the URL, where it is given. Raises BadRequest."""
    metadata = document.setdefault("metadata", {})
    if metadata is None:
        metadata = document["metadata"] = {}
    if not isinstance(metadata, dict):
        raise BadRequest("json: cannot unmarshal the metadata into Go struct field .metadata of type v1.ObjectMeta")
    name = metadata.get("name")
    if not name:
        metadata["name"] = request.name
    elif name != request.name:
        raise BadRequest(f"the name of the object ({name}) does not match the name on the URL ({request.name})")
