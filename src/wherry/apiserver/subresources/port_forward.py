"""Connects a client to ports inside a pod."""

from __future__ import annotations

from urllib.parse import urlencode

from wherry.apiserver.environment import Environment
from wherry.apiserver.request import ApiRequest
from wherry.apiserver.subresources.node_streams import admit_connect, ask_node, find_pod, node_of, require_upgrade
from wherry.kit.http.types import Response


async def handle_port_forward(environment: Environment, request: ApiRequest) -> Response:
    """Answer with the node's WebSocket."""
    pod = await find_pod(environment, request)
    node = node_of(pod)
    require_upgrade(request)
    await admit_connect(environment, request, "PodPortForwardOptions")
    ports = [pair for pair in request.http.query_items() if pair[0] == "ports"]
    return await ask_node(
        environment, request, node, ("portForward", request.namespace, request.name), urlencode(ports)
    )
