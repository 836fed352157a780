"""DELETE of a collection: every object that the selectors choose.

The options are those of a deletion, for each object alike: preconditions too, as upstream, so that one that does not
hold ends the whole with its conflict. Objects are deleted side by side, so that they share the store's commits.
"""

from __future__ import annotations

from itertools import islice

from wherry.apimachinery.errors import NotFound, StatusError
from wherry.apiserver.answers import list_answer
from wherry.apiserver.environment import Environment
from wherry.apiserver.handlers.list import collect
from wherry.apiserver.list_options import list_options
from wherry.apiserver.negotiation import decode_options
from wherry.apiserver.options import DeleteOptions, delete_options
from wherry.apiserver.request import ApiRequest
from wherry.apiserver.selection import selection_from
from wherry.apiserver.wire import name_in, namespace_in
from wherry.kit.http.types import Response
from wherry.kit.tasks import TaskScope
from wherry.store.interface import KeyValue, StoreBroken

# A commit of so many removals is some 5 ms; others have their turn between two.
SIDE_BY_SIDE_MAX = 100


async def handle_delete_collection(environment: Environment, request: ApiRequest) -> Response:
    """Answer with the list of what was chosen; what goes away by itself meanwhile does not matter."""
    options = delete_options(request, decode_options(request.http) if request.http.body else None)
    page = await collect(environment, selection_from(request), list_options(request))
    waiting = iter(page.items)
    while batch := list(islice(waiting, SIDE_BY_SIDE_MAX)):
        async with TaskScope("deletecollection") as scope:
            deletions = [scope.start("delete", _delete(environment, request, item, options)) for item in batch]
            await scope.join()
        for deletion in deletions:
            refusal = deletion.result()
            if refusal is not None:
                raise refusal
    return await list_answer(environment, request, page.items, page.revision)


async def _delete(
    environment: Environment, request: ApiRequest, item: KeyValue, options: DeleteOptions
) -> StatusError | StoreBroken | None:
    """Delete one; returns what stands in the way, so that the others are not cut off half way."""
    one = ApiRequest(
        http=request.http,
        verb="delete",
        resource=request.target,
        namespace=namespace_in(request.target, item.key),
        name=name_in(item.key),
        user=request.user,
        acted=request.acted,
        warnings=request.warnings,
    )
    try:
        await environment.objects.delete(one, options)
    except NotFound:
        return None
    except (StatusError, StoreBroken) as refusal:
        return refusal
    return None
