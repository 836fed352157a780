"""DELETE of a collection: every object that the selectors choose."""

from __future__ import annotations

from dataclasses import replace

from wherry.apimachinery.errors import NotFound
from wherry.apiserver.answers import list_answer
from wherry.apiserver.environment import Environment
from wherry.apiserver.handlers.list import collect
from wherry.apiserver.negotiation import decode_options
from wherry.apiserver.options import delete_options
from wherry.apiserver.request import ApiRequest
from wherry.apiserver.selection import selection_from
from wherry.apiserver.wire import name_in, namespace_in
from wherry.kit.http.types import Response


async def handle_delete_collection(environment: Environment, request: ApiRequest) -> Response:
    """Answer with the list of what was chosen; what goes away by itself meanwhile does not matter."""
    resource = request.target
    options = delete_options(request, decode_options(request.http) if request.http.body else None)
    # Preconditions name one object; a collection has many.
    options = replace(options, uid="", resource_version="")
    limit = max(0, request.whole_number("limit", 0))
    page = await collect(environment.store, request, selection_from(request), limit)
    for item in page.items:
        one = ApiRequest(
            http=request.http,
            verb="delete",
            resource=resource,
            namespace=namespace_in(resource, item.key),
            name=name_in(item.key),
            user=request.user,
            warnings=request.warnings,
        )
        try:
            await environment.objects.delete(one, options)
        except NotFound:
            continue
    return list_answer(environment, request, page.items, page.revision)
