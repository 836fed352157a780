"""What a running service serves as its contract: a digest, none, or nobody could be asked."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

import pytest

from suites.fake_api import FakeApi
from wherry.api.method.api import APIS, Api
from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import Forbidden, NotFound, ServiceUnavailable, StatusError
from wherry.client.client import Client
from wherry.client.transport import InProcess
from wherry.kit.http.types import Request, Response
from wherry.method.contracts.acting import Actor, look
from wherry.method.contracts.api import digest_of
from wherry.method.contracts.catalogue import last_look
from wherry.method.contracts.running_service import RunningService

PROMISE: Document = {"openapi": "3.1.0", "info": {"title": "Orders", "version": "1"}, "paths": {}}
DIGEST = digest_of(PROMISE)
SPACE = "orders-dev"
JSON = [("content-type", "application/json")]
CONTRACT = Response(200, headers=JSON, body=json.dumps(PROMISE).encode())


def word_of_the_server(error: StatusError) -> Response:
    return Response(error.code, headers=JSON, body=error.to_bytes())


NOBODY = word_of_the_server(ServiceUnavailable("no endpoints available"))


@dataclass
class Shop:
    """A cluster with a promise in it, and a service that answers as the test says."""

    answer: Response = field(default_factory=lambda: CONTRACT)
    api: FakeApi = field(default_factory=FakeApi)

    def __post_init__(self) -> None:
        spec: Document = {"service": "orders", "digest": DIGEST, "servedAt": "/openapi.json"}
        self.api.put(APIS, {"metadata": {"name": "orders", "namespace": SPACE}, "spec": spec}, SPACE)

    async def __call__(self, request: Request) -> Response:
        return self.answer if "/proxy/" in request.path else await self.api(request)

    @property
    def client(self) -> Client:
        return Client(InProcess(self, user="ana"))

    async def looked_at(self, answer: Response) -> tuple[str | None, Api]:
        """What somebody sees who looks while it answers so, and the promise with what is noted then."""
        self.answer = answer
        served = await look(Actor(self.client, SPACE, "ana"), await self.client.get(APIS, "orders", SPACE))
        return served, await self.client.get(APIS, "orders", SPACE)


@pytest.mark.parametrize(
    ("answer", "served"),
    [
        (CONTRACT, DIGEST),
        (Response(404, body=b"no such page"), ""),
        (Response(200, headers=[("content-type", "text/html")], body=b"<html>: [welcome"), ""),
        (Response(500, body=b"out of order"), None),
        (Response(401, body=b"who are you?"), None),
        (NOBODY, None),
        (word_of_the_server(Forbidden("you may not")), None),
        (word_of_the_server(NotFound('services "orders" not found', name="orders", kind="services")), None),
    ],
)
async def test_serving_no_contract_is_told_from_not_being_asked(answer: Response, served: str | None) -> None:
    running = RunningService(Shop(answer).client, SPACE, "orders", 80)
    assert await running.served_digest("/openapi.json") == served


async def test_a_release_that_serves_none_clears_what_was_noted() -> None:
    shop = Shop()
    assert (await shop.looked_at(CONTRACT))[1].status.served.digest == DIGEST
    served, noted = await shop.looked_at(Response(404))
    assert (served, noted.status.served.digest) == ("", "")
    assert last_look(noted).served == ""


async def test_when_nobody_can_be_asked_the_last_look_stays_with_its_age() -> None:
    shop = Shop()
    _, before = await shop.looked_at(CONTRACT)
    served, noted = await shop.looked_at(NOBODY)
    assert served is None
    assert noted.status.served == before.status.served
    assert (last_look(noted).served, last_look(noted).at) == (DIGEST, before.status.served.at)
    assert last_look(noted, DIGEST).at == ""


async def test_a_note_is_made_again_when_it_is_old_and_not_before() -> None:
    shop = Shop()
    seen: Document = {"digest": DIGEST, "at": "2026-01-01T00:00:00Z", "by": "ben"}
    await shop.client.request(
        "PATCH",
        APIS.url(SPACE, "orders", "status"),
        body=json.dumps({"status": {"served": seen}}).encode(),
        content_type="application/merge-patch+json",
    )
    _, first = await shop.looked_at(CONTRACT)
    assert (first.status.served.by, first.status.served.at > "2026-01-01T00:00:00Z") == ("ana", True)
    _, second = await shop.looked_at(CONTRACT)
    assert second.metadata.resource_version == first.metadata.resource_version
