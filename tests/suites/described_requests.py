"""Requests drawn by schemathesis from the server's own descriptions (OpenAPI v3), sent within this process.

Some of them are as the description allows, some break it somewhere. Drawn objects are small and mostly refused at
once, so every other one is laid over a sound object of its kind: one field at a time is odd then, and is looked at.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import warnings
from collections.abc import Mapping
from functools import lru_cache
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
    from schemathesis import GenerationMode as GenerationMode
    from schemathesis.checks import content_type_conformance, not_a_server_error

from suites.api_harness import Api
from suites.judge import first_bytes
from wherry.apimachinery.document import Document
from wherry.apiserver.wire import mapping_in
from wherry.kit.http.types import Request, Response

Operation = schemathesis.APIOperation[Any, Any, Any, Any]

# Objects are drawn within the namespace and by the names that there are, or else nothing but 404 would come back.
KNOWN = {"namespace": ["default", "kube-system", "no-such"], "name": ["web", "default", "kubernetes", "x"]}
ANSWER_S = 5.0
# What says which object it is.
IDENTITY = frozenset(("apiVersion", "kind", "metadata"))
METHODS_WITHOUT_BODY = frozenset(("GET", "HEAD", "OPTIONS"))


class Asker:
    """Sends what schemathesis draws, and lets its checks look at the answers."""

    def __init__(self, api: Api, loop: asyncio.AbstractEventLoop, sound: Mapping[tuple[str, str], Document]) -> None:
        """`sound` are objects by apiVersion and kind, as somebody could create them."""
        self._api = api
        self._loop = loop
        self._sound = sound
        self._sent = 0
        self.statuses: dict[int, int] = {}

    def operations(self, document: str) -> list[Operation]:
        """All that a description describes, but proxies and streams: these speak for somebody else."""
        answer = self._loop.run_until_complete(self._api.ask("GET", document))
        return _described(answer.body)

    def ask_all(self, operation: Operation, *, examples: Mapping[GenerationMode, int], number: int) -> None:
        """Send so many requests of each mode."""
        for mode, count in examples.items():

            @seed(number)
            @settings(
                max_examples=count, deadline=None, database=None, phases=[Phase.generate],
                suppress_health_check=list(HealthCheck), print_blob=False,
            )  # fmt: skip
            @given(case=operation.as_strategy(generation_mode=mode))
            def send(case: schemathesis.Case[Any]) -> None:
                self._send(case)

            # Some operations have nothing that could be broken.
            with contextlib.suppress(Unsatisfiable):
                send()

    def _send(self, case: schemathesis.Case[Any]) -> None:
        self._sent += 1
        sound = self._sound.get(_kind_of(case.operation)) if self._sent % 2 == 0 else None
        method = case.method.upper()
        path = case.path
        for name, value in (case.path_parameters or {}).items():
            known = KNOWN.get(name)
            chosen = known[0 if sound else len(str(value)) % len(known)] if known else str(value)
            path = path.replace(f"{{{name}}}", quote(chosen, safe="", errors="replace"))
        headers = {name.lower(): str(value) for name, value in (case.headers or {}).items()}
        headers["content-type"] = case.media_type or "application/json"
        drawn: object = case.body
        if sound is not None and isinstance(drawn, dict) and method in ("POST", "PUT"):
            headers["content-type"] = "application/json"
            name_taken = {} if method == "POST" else {"name": KNOWN["name"][0]}
            metadata = {**mapping_in(sound, "metadata"), "name": f"x{self._sent}", **name_taken}
            odd = {name: value for name, value in drawn.items() if name not in IDENTITY}
            drawn = laid_over({**sound, "metadata": metadata}, odd)
        body = b"" if method in METHODS_WITHOUT_BODY else _bytes(drawn)
        query = urlencode(case.query or {}, doseq=True, errors="replace")
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


def laid_over(under: Document, over: Mapping[str, object]) -> Document:
    """An object with the fields of another over its own; of two lists of objects, the first ones are laid together."""
    merged = dict(under)
    for name, value in over.items():
        mine = merged.get(name)
        if isinstance(mine, dict) and isinstance(value, dict):
            merged[name] = laid_over(mine, value)
        elif isinstance(mine, list) and isinstance(value, list) and mine and value:
            first, other = mine[0], value[0]
            both = isinstance(first, dict) and isinstance(other, dict)
            merged[name] = [laid_over(first, other), *mine[1:]] if both else value
        else:
            merged[name] = value
    return merged


@lru_cache(maxsize=32)
def _described(document: bytes) -> list[Operation]:
    """The operations of a description; made once, since what is drawn from them is compiled once."""
    found: list[Operation] = []
    for result in schemathesis.openapi.from_dict(orjson.loads(document)).get_all_operations():
        operation: Operation = result.ok()  # type: ignore[union-attr]  # what is no schema raises here
        if "/proxy" not in operation.path and not operation.path.endswith(("/exec", "/attach", "/portforward")):
            found.append(operation)
    return found


def _kind_of(operation: Operation) -> tuple[str, str]:
    described = operation.definition.raw.get("x-kubernetes-group-version-kind", {})
    group, version, kind = (str(described.get(part, "")) for part in ("group", "version", "kind"))
    return f"{group}/{version}" if group else version, kind


def _bytes(body: object) -> bytes:
    if isinstance(body, bytes):
        return body
    try:
        return orjson.dumps(body)
    except TypeError:
        # Numbers of more than 64 bits, halves of surrogates: nothing for orjson, but somebody sends them.
        return json.dumps(body, default=str).encode(errors="surrogatepass")


def _seen(request: Request, response: Response, content: bytes) -> schemathesis.Response:
    prepared = requests.Request(request.method, f"http://127.0.0.1{request.path}").prepare()
    headers = {"content-type": [response.content_type]}
    return schemathesis.Response(response.status, headers, content, prepared, 0.01, verify=False)
