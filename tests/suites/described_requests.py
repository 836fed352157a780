"""Requests drawn by schemathesis from the server's own descriptions (OpenAPI v3), sent within this process.

Half of them are as the description allows, half break it somewhere.
"""

from __future__ import annotations

import asyncio
import contextlib
import warnings
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode

import orjson
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable

with warnings.catch_warnings():
    # What the libraries behind it say about each other.
    warnings.simplefilter("ignore")
    import requests
    import schemathesis
    from schemathesis import GenerationMode
    from schemathesis.checks import content_type_conformance, not_a_server_error

from suites.api_harness import Api
from suites.judge import first_bytes
from wherry.kit.http.types import Request, Response

Operation = schemathesis.APIOperation[Any, Any, Any, Any]

# Objects are drawn within the namespace and by the names that there are, or else nothing but 404 would come back.
KNOWN = {"namespace": ["default", "kube-system", "no-such"], "name": ["web", "default", "kubernetes", "x"]}
ANSWER_S = 5.0
METHODS_WITHOUT_BODY = frozenset(("GET", "HEAD", "OPTIONS"))


class Asker:
    """Sends what schemathesis draws, and lets its checks look at the answers."""

    def __init__(self, api: Api, loop: asyncio.AbstractEventLoop) -> None:
        self._api = api
        self._loop = loop
        self.statuses: dict[int, int] = {}

    def operations(self, document: str) -> Iterator[Operation]:
        """All that a description describes, but proxies and streams: these speak for somebody else."""
        answer = self._loop.run_until_complete(self._api.ask("GET", document))
        schema = schemathesis.openapi.from_dict(answer.json)
        for found in schema.get_all_operations():
            operation: Operation = found.ok()  # type: ignore[union-attr]  # what is no schema raises here
            if "/proxy" not in operation.path and not operation.path.endswith(("/exec", "/attach", "/portforward")):
                yield operation

    def ask_all(self, operation: Operation, *, examples: int, number: int) -> None:
        """Send so many requests of each mode."""
        for mode in GenerationMode:

            @seed(number)
            @settings(
                max_examples=examples, deadline=None, database=None, phases=[Phase.generate],
                suppress_health_check=list(HealthCheck), print_blob=False,
            )  # fmt: skip
            @given(case=operation.as_strategy(generation_mode=mode))
            def send(case: schemathesis.Case[Any]) -> None:
                self._send(case)

            # Some operations have nothing that could be broken.
            with contextlib.suppress(Unsatisfiable):
                send()

    def _send(self, case: schemathesis.Case[Any]) -> None:
        drawn = case.path_parameters or {}
        path = case.path
        for name, value in drawn.items():
            known = KNOWN.get(name)
            chosen = known[len(str(value)) % len(known)] if known else str(value)
            path = path.replace(f"{{{name}}}", quote(chosen, safe="", errors="replace"))
        method = case.method.upper()
        headers = {name.lower(): str(value) for name, value in (case.headers or {}).items()}
        headers["content-type"] = case.media_type or "application/json"
        query = urlencode(case.query or {}, doseq=True, errors="replace")
        body = b"" if method in METHODS_WITHOUT_BODY else _bytes(case.body)
        request = Request(method, path, query, headers, body, self._api.peer)
        response, content = self._loop.run_until_complete(asyncio.wait_for(self._answer(request), ANSWER_S))
        self.statuses[response.status] = self.statuses.get(response.status, 0) + 1
        where = f"{method} {path}?{query[:300]} {headers} {body[:500]!r} -> {response.status} {content[:300]!r}"
        assert 200 <= response.status < 500 or response.status in (503, 504), where
        if response.status >= 400 and content.startswith(b"{"):
            said = orjson.loads(content)
            assert said["kind"] == "Status", where
            assert said["code"] == response.status, where
            assert said["reason"], where
        if response.status < 400:
            # Of errors descriptions say nothing.
            checks = [not_a_server_error, content_type_conformance]
            case.validate_response(_seen(request, response, content), checks=checks)

    async def _answer(self, request: Request) -> tuple[Response, bytes]:
        response = await self._api.server.app(request)
        return response, await first_bytes(response)


def _bytes(body: object) -> bytes:
    if isinstance(body, bytes):
        return body
    try:
        return orjson.dumps(body)
    except TypeError:
        return b""


def _seen(request: Request, response: Response, content: bytes) -> schemathesis.Response:
    prepared = requests.Request(request.method, f"http://127.0.0.1{request.path}").prepare()
    headers = {"content-type": [response.content_type]}
    return schemathesis.Response(response.status, headers, content, prepared, 0.01, verify=False)
