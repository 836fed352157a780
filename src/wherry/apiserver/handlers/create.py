"""POST to a collection: a new object."""

from __future__ import annotations

from wherry.apimachinery.errors import BadRequest
from wherry.apiserver.answers import object_answer
from wherry.apiserver.environment import Environment
from wherry.apiserver.options import write_options
from wherry.apiserver.request import ApiRequest
from wherry.apiserver.strictness import body_of
from wherry.kit.http.types import Response


async def handle_create(environment: Environment, request: ApiRequest) -> Response:
    """Answer 201 with the object as it was stored."""
    options = write_options(request, "CreateOptions")
    document = body_of(request, options)
    if not document:
        raise BadRequest("the body of the request holds no object")
    item = await environment.objects.create(request, document, options)
    return object_answer(environment, request, item, 201)
