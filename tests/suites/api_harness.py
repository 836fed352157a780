"""An API server in memory, and a short way to ask it things."""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlencode

import orjson

from wherry.api.registry import RESOURCE_TYPES
from wherry.apimachinery.document import Document
from wherry.apiserver.app import ApiServer, ApiServerConfig, build_app
from wherry.apiserver.bootstrap import BootstrapConfig, bootstrap
from wherry.apiserver.environment import ConnectNode
from wherry.apiserver.request import UserInfo
from wherry.kit.clock import FakeClock
from wherry.kit.http.types import Peer, Request, Response, read_body
from wherry.store.memory import MemoryStore

ADMIN = Peer("kubernetes-admin", ("system:masters",))
JSON = "application/json"
MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
JSON_PATCH = "application/json-patch+json"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
PARTIAL = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io,application/json"
PARTIAL_LIST = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json"


@dataclass
class Answer:
    """A response, read."""

    status: int
    body: bytes
    headers: list[tuple[str, str]]
    content_type: str = JSON

    @property
    def json(self) -> Document:
        parsed: Document = orjson.loads(self.body)
        return parsed

    def at(self, path: str) -> object:
        """The value at a dotted path of the body; None where there is none."""
        value: object = self.json
        for step in path.split("."):
            if isinstance(value, list):
                value = value[int(step)]
            else:
                value = value.get(step) if isinstance(value, dict) else None
        return value

    @property
    def warnings(self) -> list[str]:
        return [value for name, value in self.headers if name == "Warning"]


class Api:
    """Asks an API server in this process, as the administrator unless told otherwise."""

    def __init__(self, server: ApiServer) -> None:
        self.server = server
        self.peer: Peer | None = ADMIN

    async def raw(
        self,
        method: str,
        path: str,
        body: object = b"",
        *,
        content_type: str = JSON,
        accept: str = "",
        headers: dict[str, str] | None = None,
        repeated: dict[str, list[str]] | None = None,
        **query: str,
    ) -> Response:
        path, _, inline = path.partition("?")
        sent = body if isinstance(body, bytes) else orjson.dumps(body)
        given = {"content-type": content_type, "accept": accept, **(headers or {})}
        text = "&".join(part for part in (inline, urlencode(query)) if part)
        given |= {name: ", ".join(values) for name, values in (repeated or {}).items()}
        return await self.server.app(Request(method, path, text, given, sent, self.peer, repeated=repeated))

    async def ask(self, method: str, path: str, body: object = b"", **options: str) -> Answer:
        response = await self.raw(method, path, body, **options)  # type: ignore[arg-type]  # all options are text
        return Answer(response.status, await read_body(response), response.headers, response.content_type)

    async def must(self, method: str, path: str, body: object = b"", **options: str) -> Document:
        answer = await self.ask(method, path, body, **options)
        assert answer.status in (200, 201), answer.body
        return answer.json


@lru_cache(maxsize=1)
def token_keys() -> tuple[bytes, bytes]:
    """A key pair for service-account tokens (made once: it takes a while)."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return private, public


async def make_api(
    clock: FakeClock | None = None,
    *,
    connect_node: ConnectNode | None = None,
    disabled: frozenset[str] = frozenset(),
) -> Api:
    """A bootstrapped server over a store with nothing else in it.

    What a start makes is made once and copied: for each server it is as if it had been started again.
    """
    if clock is not None:
        return await _bootstrapped(_build(MemoryStore(clock), clock, connect_node, disabled))
    if not _made:
        store = MemoryStore()
        await _bootstrapped(_build(store, FakeClock(), None, frozenset()))
        _made.append(store)
    server = _build(_made[0].copy(), FakeClock(), connect_node, disabled)
    server.ready.set()
    return Api(server)


_made: list[MemoryStore] = []


def _build(
    store: MemoryStore, clock: FakeClock, connect_node: ConnectNode | None, disabled: frozenset[str]
) -> ApiServer:
    private, public = token_keys()
    return build_app(
        ApiServerConfig(
            store=store,
            clock=clock,
            random=random.Random(7),
            resource_types=RESOURCE_TYPES,
            token_private_key_pem=private,
            token_public_key_pem=public,
            static_tokens={"secret-token": UserInfo("alice", ("system:authenticated",))},
            connect_node=connect_node,
            disabled_admission=disabled,
        )
    )


async def _bootstrapped(server: ApiServer) -> Api:
    await bootstrap(server.app, BootstrapConfig("10.96.0.0/16", "192.0.2.1", 6443, "192.0.2.53"))
    server.ready.set()
    api = Api(server)
    await api.must("POST", "/api/v1/namespaces/default/serviceaccounts", {"metadata": {"name": "default"}})
    return api


def pod(name: str = "web", **labels: str) -> Document:
    """A small pod."""
    return {"metadata": {"name": name, "labels": labels}, "spec": {"containers": [{"name": "app", "image": "app:1"}]}}
