"""Joins the input and output of a container's own process."""

from __future__ import annotations

from wherry.apiserver.environment import Environment
from wherry.apiserver.request import ApiRequest
from wherry.apiserver.subresources.exec import stream_to_container
from wherry.kit.http.types import Response

PASSED_OPTIONS = ("stdin", "stdout", "stderr", "tty")


async def handle_attach(environment: Environment, request: ApiRequest) -> Response:
    """Answer with the node's WebSocket."""
    options = [pair for pair in request.http.query_items() if pair[0] in PASSED_OPTIONS]
    return await stream_to_container(environment, request, "attach", options)
