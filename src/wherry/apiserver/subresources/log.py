"""What a container has written, from the node where it runs."""

from __future__ import annotations

import base64
from collections.abc import AsyncGenerator
from contextlib import aclosing
from urllib.parse import urlencode

from wherry.apimachinery import field_errors
from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import BadRequest, invalid
from wherry.apimachinery.field_errors import FieldError
from wherry.apiserver.environment import Environment
from wherry.apiserver.request import ApiRequest
from wherry.apiserver.subresources.node_streams import ask_node, choose_container, container_status, find_pod, node_of
from wherry.apiserver.wire import mapping_in, text_in
from wherry.kit.http.types import Response, Upgrade, WebSocket, read_body
from wherry.kit.http.websocket import offered_subprotocols

BASE64_PROTOCOL = "base64.binary.k8s.io"
PROTOCOLS = ("binary.k8s.io", BASE64_PROTOCOL)
PASSED_OPTIONS = ("follow", "previous", "timestamps", "sinceSeconds", "sinceTime", "tailLines", "limitBytes")


async def handle_log(environment: Environment, request: ApiRequest) -> Response:
    """Answer with plain text, or its pieces on a WebSocket; with follow=true as long as the container writes."""
    _check_options(request)
    pod = await find_pod(environment, request)
    container = choose_container(pod, request.query.get("container", ""))
    node = node_of(pod)
    _refuse_unstarted(pod, container, previous=request.is_set("previous"))
    query = urlencode([(name, request.query[name]) for name in PASSED_OPTIONS if name in request.query])
    path = ("containerLogs", request.namespace, request.name, container)
    response = await ask_node(environment, request, node, path, query)
    if request.http.headers.get("upgrade", "").lower() == "websocket" and response.status == 200:
        return _as_messages(request, response)
    return response


def _as_messages(request: ApiRequest, response: Response) -> Response:
    """The log on a WebSocket: what is read at once is one message, bytes or, for browsers, base64."""
    offered = offered_subprotocols(request.http.headers)
    protocol = next((name for name in PROTOCOLS if name in offered), "")
    if offered and not protocol:
        raise BadRequest(f"none of the offered WebSocket subprotocols is supported; known: {', '.join(PROTOCOLS)}")
    is_text = protocol == BASE64_PROTOCOL

    async def send(socket: WebSocket) -> None:
        body = response.body
        if isinstance(body, AsyncGenerator):
            async with aclosing(body):
                async for part in body:
                    await socket.send(base64.b64encode(part) if is_text else part)
        else:
            whole = await read_body(response)
            await socket.send(base64.b64encode(whole) if is_text else whole)

    return Response(101, upgrade=Upgrade(protocol, send, sends_text=is_text))


def _check_options(request: ApiRequest) -> None:
    errors: list[FieldError] = []
    for name, least in (("tailLines", 0), ("limitBytes", 1), ("sinceSeconds", 1)):
        if request.query.get(name) and request.whole_number(name, least) < least:
            detail = f"must be greater than or equal to {least}" if not least else "must be greater than 0"
            errors.append(field_errors.invalid(name, request.whole_number(name, 0), detail))
    if request.query.get("sinceSeconds") and request.query.get("sinceTime"):
        errors.append(field_errors.forbidden("", "at most one of `sinceTime` or `sinceSeconds` may be specified"))
    if errors:
        raise invalid("PodLogOptions", "", "", errors)


def _refuse_unstarted(pod: Document, container: str, *, previous: bool) -> None:
    """Say why there is no log yet, where the pod's status already tells."""
    name = text_in(mapping_in(pod, "metadata"), "name")
    status = container_status(pod, container)
    has_ended_before = "terminated" in mapping_in(status, "lastState")
    if previous and status and not has_ended_before:
        raise BadRequest(f'previous terminated container "{container}" in pod "{name}" not found')
    waiting = mapping_in(mapping_in(status, "state"), "waiting")
    if waiting and not has_ended_before and not status.get("restartCount"):
        reason = text_in(waiting, "reason")
        verb = "trying and failing to pull image" if reason in ("ErrImagePull", "ImagePullBackOff") else ""
        state = f"is waiting to start: {verb}" if verb else f"is waiting to start: {reason}"
        raise BadRequest(f'container "{container}" in pod "{name}" {state}')
    if not status:
        raise BadRequest(f'container "{container}" in pod "{name}" is waiting to start: ContainerCreating')
