"""DELETE of an object: gone at once, or marked while finalizers and grace periods run."""

from __future__ import annotations

from wherry.apimachinery.document import Document
from wherry.apiserver.answers import document_answer, object_answer, success_status
from wherry.apiserver.environment import Environment
from wherry.apiserver.negotiation import decode_options
from wherry.apiserver.options import delete_options
from wherry.apiserver.request import ApiRequest
from wherry.apiserver.wire import document_from_item
from wherry.kit.http.types import Response


async def handle_delete(environment: Environment, request: ApiRequest) -> Response:
    """Answer with the object, or with a Status for kinds whose deletion says no more."""
    body: Document | None = decode_options(request.http) if request.http.body else None
    options = delete_options(request, body)
    item, is_gone = await environment.objects.delete(request, options)
    if is_gone and not request.target.delete_returns_object:
        return document_answer(success_status(request.target, document_from_item(request.target, item)))
    return object_answer(environment, request, item, 202 if options.is_accepted_later and not is_gone else 200)
