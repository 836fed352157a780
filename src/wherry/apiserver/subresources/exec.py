"""Runs a command in a container, with its input and output over a WebSocket."""

from __future__ import annotations

from urllib.parse import urlencode

from wherry.apimachinery.errors import BadRequest
from wherry.apiserver.environment import Environment
from wherry.apiserver.request import ApiRequest
from wherry.apiserver.subresources.node_streams import (
    admit_connect,
    ask_node,
    choose_container,
    find_pod,
    node_of,
    require_upgrade,
)
from wherry.apiserver.wire import mapping_in, text_in
from wherry.kit.http.types import Response

PASSED_OPTIONS = ("command", "stdin", "stdout", "stderr", "tty")
STREAM_OPTIONS = {"exec": "PodExecOptions", "attach": "PodAttachOptions"}
COMPLETED_PHASES = ("Succeeded", "Failed")


async def handle_exec(environment: Environment, request: ApiRequest) -> Response:
    """Answer with the node's WebSocket."""
    pairs = request.http.query_items()
    if not any(name == "command" for name, _ in pairs):
        raise BadRequest("you must specify at least one command for the container")
    return await stream_to_container(
        environment, request, "exec", [pair for pair in pairs if pair[0] in PASSED_OPTIONS]
    )


async def stream_to_container(
    environment: Environment, request: ApiRequest, what: str, options: list[tuple[str, str]]
) -> Response:
    """Join the client's WebSocket and a container; `what` is exec or attach."""
    if not any(name in ("stdin", "stdout", "stderr") and value in ("1", "true") for name, value in options):
        raise BadRequest("you must specify at least one of stdin, stdout, stderr")
    pod = await find_pod(environment, request)
    container = choose_container(pod, request.query.get("container", ""))
    phase = text_in(mapping_in(pod, "status"), "phase")
    if phase in COMPLETED_PHASES:
        raise BadRequest(f"cannot exec into a container in a completed pod; current phase is {phase}")
    node = node_of(pod)
    require_upgrade(request)
    await admit_connect(environment, request, STREAM_OPTIONS[what])
    path = (what, request.namespace, request.name, container)
    return await ask_node(environment, request, node, path, urlencode(options))
