"""A polite deletion of a pod: the one that disruption budgets will be able to refuse."""

from __future__ import annotations

from wherry.apimachinery.errors import BadRequest
from wherry.apiserver.answers import document_answer
from wherry.apiserver.environment import Environment
from wherry.apiserver.negotiation import decode_options
from wherry.apiserver.options import delete_options
from wherry.apiserver.request import ApiRequest
from wherry.apiserver.wire import mapping_in, text_in
from wherry.kit.http.types import Response


async def handle_eviction(environment: Environment, request: ApiRequest) -> Response:
    """Answer 201 with a Status; the pod ends with its grace period."""
    body = decode_options(request.http, "Eviction")
    name = text_in(mapping_in(body, "metadata"), "name")
    if name and name != request.name:
        raise BadRequest(f"name in URL does not match name in Eviction object: {request.name} != {name}")
    options = delete_options(request, mapping_in(body, "deleteOptions"))
    await environment.admission.admit_order(request, "CREATE", body, options)
    await environment.objects.delete(request, options)
    return document_answer(
        {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}, 201
    )
