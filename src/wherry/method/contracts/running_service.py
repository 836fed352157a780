"""A running service, reached through the API server: what it answers, what it serves as its contract, what runs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from wherry.api.core.pod import PODS
from wherry.api.core.service import SERVICES
from wherry.apimachinery.errors import StatusError, error_from_status
from wherry.client.client import Client
from wherry.kit.http.types import read_body
from wherry.method.contracts.api import digest_of
from wherry.method.contracts.reading import BrokenDocument, read_text

# A contract's document is read whole; a service that sends more than this at that path serves something else.
ANSWER_BYTES_MAX = 16 * 1024 * 1024

# Other refusals (a sign-in that is missing, a server in trouble) say nothing about what is there.
NOT_SERVED = frozenset({404, 405, 410})


@dataclass(frozen=True, slots=True)
class Answered:
    """What came back. `value` is the body as JSON, or as text where it is none; `content` its bytes."""

    status: int
    media: str
    headers: Mapping[str, str]
    value: object
    content: bytes = b""


@dataclass(frozen=True, slots=True)
class RunningService:
    """One Service and one port of it."""

    client: Client
    namespace: str
    name: str
    port: int

    async def ask(
        self, method: str, path: str, query: str = "", *, headers: dict[str, str] | None = None, body: bytes = b""
    ) -> Answered:
        """Send a request through the API server's proxy.

        Raises Forbidden, NotFound where there is no such Service, or ServiceUnavailable if nobody is behind it.
        """
        place = f"/api/v1/namespaces/{self.namespace}/services/{self.name}:{self.port}/proxy{path}"
        response = await self.client.send(method, place, query, headers=headers, body=body)
        content = await read_body(response)
        media = response.content_type.partition(";")[0].strip().lower()
        if response.status in (403, 404, 503) and media == "application/json" and b'"kind":"Status"' in content[:64]:
            # The API server's own word: we may not, or nobody is there. It is no answer of the service.
            refused = error_from_status(content, response.status)
            if response.status != 404 or (refused.kind, refused.name) == (SERVICES.plural, self.name):
                raise refused
        found = {name.lower(): value for name, value in response.headers}
        return Answered(response.status, media, found, _value(content, media), content)

    async def ask_json(self, method: str, path: str, query: str, body: object) -> Answered:
        """Send a value as JSON; None: without a body. Raises as `ask` does."""
        content = json.dumps(body).encode() if body is not None else b""
        headers = {"content-type": "application/json"} if content else {}
        return await self.ask(method, path, query, headers=headers, body=content)

    async def served_digest(self, path: str) -> str | None:
        """The digest of the contract that it serves; "" when it was asked and serves none, None when nobody knows."""
        try:
            answer = await self.ask("GET", path)
        except (ConnectionError, TimeoutError, StatusError):
            return None
        if answer.status in NOT_SERVED:
            return ""
        if answer.status != 200:
            return None
        if isinstance(answer.value, str):
            try:
                return digest_of(read_text(answer.value, path).data)
            except BrokenDocument:
                return ""
        return digest_of(answer.value) if isinstance(answer.value, dict) else ""

    async def release(self) -> str:
        """Which images run behind it, as one digest; "" when nothing runs, or nobody says."""
        try:
            service = await self.client.get(SERVICES, self.name, self.namespace)
            selector = ",".join(f"{name}={value}" for name, value in sorted(service.spec.selector.items()))
            if not selector:
                return ""
            pods = await self.client.list(PODS, self.namespace, label_selector=selector)
        except StatusError:
            return ""
        images = sorted({one.image_id for pod in pods.items for one in pod.status.container_statuses if one.image_id})
        return "sha256:" + hashlib.sha256("\n".join(images).encode()).hexdigest() if images else ""


def _value(content: bytes, media: str) -> object:
    text = content[:ANSWER_BYTES_MAX].decode("utf-8", "replace")
    if not media.endswith("json"):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text
