"""A part of an object that has a path of its own, because not everybody may change it and not in every way.

The body is the whole object; what it says about anything else than the part is ignored.
"""

from __future__ import annotations

from wherry.apimachinery.document import Document
from wherry.apiserver.environment import Environment
from wherry.apiserver.request import ApiRequest
from wherry.apiserver.subresources.status import handle_part
from wherry.apiserver.wire import mapping_in, metadata_of
from wherry.kit.http.types import Response


async def handle_own_part(environment: Environment, request: ApiRequest) -> Response:
    """GET, PUT and PATCH of a part that the kind declares; all answer with the whole object."""
    part = request.target.part(request.subresource)
    assert part is not None, request.subresource

    def take(document: Document, given: Document) -> Document:
        """The part, and the revision and the identity that its writer saw."""
        changed = part.take(document, given)
        metadata = dict(metadata_of(changed))
        metadata.pop("resourceVersion", None)
        seen = mapping_in(given, "metadata")
        metadata.update({name: seen[name] for name in ("resourceVersion", "uid") if seen.get(name)})
        return {**changed, "metadata": metadata}

    return await handle_part(environment, request, take, is_status=False)
