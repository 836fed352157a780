"""Two teams with a service each in one cluster: orders, which is there, and web, which needs it."""

from __future__ import annotations

import copy
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from suites.custom_resources import serving
from wherry.apimachinery.document import Document
from wherry.client.client import Client
from wherry.client.transport import InProcess
from wherry.kit import pki
from wherry.kit.clock import FakeClock
from wherry.kit.http.tls import KeyPair
from wherry.kit.http.types import App, Request, Response
from wherry.method.contracts.acting import Actor, agree, entries, expose, propose
from wherry.method.contracts.api import read_api
from wherry.method.contracts.catalogue import Entry, ensure_catalogue
from wherry.method.contracts.needs import read_need
from wherry.method.contracts.reading import read_text
from wherry.method.contracts.sources import Provided
from wherry.method.contracts.state import State
from wherry.method.project import Environment, Project, ProjectFile, Service

RBAC = "/apis/rbac.authorization.k8s.io/v1"
PROMISE: Document = {
    "openapi": "3.1.0",
    "info": {"title": "Orders", "version": "1"},
    "paths": {
        "/orders/{id}": {
            "get": {
                "responses": {
                    "200": {
                        "description": "The order.",
                        "content": {
                            "application/json": {
                                "schema": {
                                    "type": "object",
                                    "required": ["id", "price"],
                                    "properties": {"id": {"type": "integer"}, "price": {"type": "number"}},
                                }
                            }
                        },
                    }
                }
            }
        }
    },
}
NEED = {
    "consumer": {"name": "web"},
    "provider": {"name": "orders"},
    "interactions": [
        {
            "description": "shows an order",
            "request": {"method": "GET", "path": "/orders/42"},
            "response": {
                "status": 200,
                "body": {"price": 5},
                "matchingRules": {"body": {"$.price": {"matchers": [{"match": "number"}]}}},
            },
        }
    ],
}


@dataclass
class Orders:
    """The running service: what it serves as its contract, and its orders."""

    document: Document = field(default_factory=lambda: copy.deepcopy(PROMISE))
    order: Document = field(default_factory=lambda: {"id": 42, "price": 9.5})

    async def app(self, request: Request) -> Response:
        found = {"/openapi.json": self.document, "/orders/42": self.order}.get(request.path)
        return Response(404) if found is None else Response(200, body=json.dumps(found).encode())


def proxied(server: App, orders: Orders) -> App:
    """The API server, whose service proxy leads to the service."""
    place = "/api/v1/namespaces/orders-dev/services/orders:8080/proxy"

    async def app(request: Request) -> Response:
        if not request.path.startswith(place):
            return await server(request)
        if request.peer is not None and request.peer.common_name == "ben":
            body = b'{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"Forbidden","code":403}'
            return Response(403, body=body)
        request.path = request.path.removeprefix(place)
        return await orders.app(request)

    return app


def project(name: str) -> Project:
    service = Service(port=8080, contract="api.yaml", served_at="/openapi.json")
    environments = {"dev": Environment(overlay="x")}
    return Project(
        Path("/none"), ProjectFile(name=name, environments=environments, team=f"{name}-team", service=service)
    )


def promise(document: Document) -> Provided:
    text = read_text(json.dumps(document), "orders.json")
    return Provided(text, read_api(text))


@dataclass
class World:
    orders: Orders
    app: App
    admin: Client
    ca: KeyPair
    clock: FakeClock

    async def pass_time(self) -> None:
        """A second goes by: objects say in seconds when they were made."""
        await self.clock.advance(1)

    def actor(self, user: str, namespace: str, *, has_key: bool = True) -> Actor:
        client = Client(InProcess(self.app, user=user, groups=("system:authenticated",)))
        identity = pki.issue(self.ca, user, client=True) if has_key else None
        return Actor(client, namespace, user, identity, (self.ca.cert_pem,))

    @property
    def ana(self) -> Actor:
        return self.actor("ana", "orders-dev")

    @property
    def ben(self) -> Actor:
        return self.actor("ben", "web-dev")

    async def contract(self, actor: Actor) -> tuple[Entry, State]:
        (found,) = await entries(actor, service="web")
        return found

    async def word(self) -> str:
        return (await self.contract(self.ana))[1].word

    async def both_agree(self) -> None:
        await agree(self.ana, project("orders"), (await self.contract(self.ana))[0])
        await agree(self.ben, project("web"), (await self.contract(self.ben))[0])

    async def begun(self, consumers: tuple[str, ...] = ("ben",)) -> None:
        """Exposed and proposed; `consumers` may sign for web's team."""
        await expose(self.ana, project("orders"), promise(self.orders.document), ("ana",))
        need = read_need(read_text(json.dumps(NEED), "orders.json"), consumer="web")
        await propose(self.ben, project("web"), need, consumers)


@asynccontextmanager
async def world() -> AsyncIterator[World]:
    clock = FakeClock(datetime.now(UTC).timestamp())
    async with serving(clock=clock) as api:
        orders = Orders()
        app = proxied(api.server.app, orders)
        admin = Client(InProcess(app, user="root", groups=("system:masters", "system:authenticated")))
        await ensure_catalogue(admin)
        for user, namespace in (("ana", "orders-dev"), ("ben", "web-dev")):
            await api.must("POST", "/api/v1/namespaces", {"metadata": {"name": namespace}})
            binding: Document = {
                "metadata": {"name": user},
                "roleRef": {
                    "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "wherry:contracts:edit",
                },
                "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user}],
            }  # fmt: skip
            await api.must("POST", f"{RBAC}/namespaces/{namespace}/rolebindings", binding)
        yield World(orders, app, admin, pki.create_ca("test"), clock)
