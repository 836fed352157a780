"""GET of one object: the stored bytes with the kind and the revision spliced in."""

from __future__ import annotations

from wherry.apiserver.answers import object_answer
from wherry.apiserver.environment import Environment
from wherry.apiserver.request import ApiRequest
from wherry.kit.http.types import Response


async def handle_get(environment: Environment, request: ApiRequest) -> Response:
    """Answer with the newest state."""
    item = await environment.objects.get(request.target, request.namespace, request.name)
    return object_answer(environment, request, item)
