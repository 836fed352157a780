"""A webhook gets one message for each notice, in order, and only at the address that was named."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from random import Random

import pytest

from wherry.cli.output import Trouble
from wherry.cli.webhook import TRIES, Deliveries, webhook_at
from wherry.kit.clock import FakeClock, SystemClock
from wherry.kit.http.server import Server
from wherry.kit.http.types import Request, Response
from wherry.kit.tasks import TaskScope
from wherry.narrate import webhook as module
from wherry.narrate.incidents import Notice


class Receiver:
    """A real HTTP server that notes what it gets, and answers as it is told: with the last status for ever."""

    def __init__(self) -> None:
        self.got: list[Request] = []
        self.statuses = [204]
        self.silent: str = ""
        self.server = Server(self.answer)

    async def answer(self, request: Request) -> Response:
        self.got.append(request)
        if self.silent and self.silent in request.body.decode():
            await asyncio.Event().wait()
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        return Response(status, headers=[("Location", "/elsewhere")] if 300 <= status < 400 else [])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.port}/hooks/a?room=1"

    @property
    def said(self) -> list[str]:
        return [f"{told['state']} {told['thing']}" for told in (json.loads(one.body) for one in self.got)]


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    made = Receiver()
    await made.server.start()
    yield made
    await made.server.stop()


class Sender:
    def __init__(self, receiver: Receiver, scope: TaskScope, clock: FakeClock) -> None:
        self.lost: list[str] = []
        self.clock = clock
        self._scope = scope
        self.deliveries = Deliveries(
            webhook_at(receiver.url),
            scope,
            clock,
            Random(7),
            lambda notice, why: self.lost.append(f"{notice.thing}: {why}"),
        )

    def send(self, thing: str, state: str = "started") -> None:
        self.deliveries.send(notice(thing, state))

    async def all_done(self) -> None:
        """Let time go on until nothing is on its way; sockets need real turns of the loop between."""
        joined = self._scope.start("join", _others(self._scope))
        while not joined.done():
            await SystemClock().sleep(0.005)
            await self.clock.advance(5)


async def _others(scope: TaskScope) -> None:
    while any(task.get_name().endswith("/message") for task in asyncio.all_tasks()):
        await SystemClock().sleep(0.002)


def notice(thing: str, state: str = "started") -> Notice:
    made: Notice = Notice(
        state="ended" if state == "ended" else "started",
        sentence="Deployment web in shop needs help (1 pod): it crashes.",
        next="wherry why web-1 -n shop",
        thing=thing,
        namespace="shop",
        at="2026-11-23T07:00:00Z",
    )
    return made


@pytest.fixture
async def sender(receiver: Receiver, clock: FakeClock) -> AsyncIterator[Sender]:
    async with TaskScope("test") as scope:
        yield Sender(receiver, scope, clock)


async def test_a_message_says_what_where_when_and_what_to_do(receiver: Receiver, sender: Sender) -> None:
    sender.send("deployment/web")
    await sender.all_done()
    [request] = receiver.got
    assert (request.method, request.path, request.query) == ("POST", "/hooks/a", "room=1")
    assert request.headers["content-type"] == "application/json"
    assert json.loads(request.body) == {
        "state": "started",
        "sentence": "Deployment web in shop needs help (1 pod): it crashes.",
        "next": "wherry why web-1 -n shop",
        "thing": "deployment/web",
        "namespace": "shop",
        "at": "2026-11-23T07:00:00Z",
        "text": "Deployment web in shop needs help (1 pod): it crashes. Next: wherry why web-1 -n shop",
    }
    assert sender.lost == []


@pytest.mark.parametrize("status", [500, 503, 429, 408])
async def test_a_receiver_that_is_busy_gets_it_again(receiver: Receiver, sender: Sender, status: int) -> None:
    receiver.statuses = [status, status, 200]
    sender.send("deployment/web")
    await sender.all_done()
    assert len(receiver.got) == 3
    assert sender.lost == []


async def test_the_tries_have_an_end_which_is_told(receiver: Receiver, sender: Sender) -> None:
    receiver.statuses = [500]
    sender.send("deployment/web")
    await sender.all_done()
    assert len(receiver.got) == TRIES
    assert sender.lost == ["deployment/web: the answer was 500"]


@pytest.mark.parametrize(("status", "why"), [(404, "the answer was 404"), (302, "the answer 302 leads to another")])
async def test_what_another_try_cannot_mend_is_tried_once_and_no_redirect_is_followed(
    receiver: Receiver, sender: Sender, status: int, why: str
) -> None:
    receiver.statuses = [status]
    sender.send("deployment/web")
    await sender.all_done()
    assert [one.path for one in receiver.got] == ["/hooks/a"]
    assert why in sender.lost[0]


async def test_an_end_does_not_overtake_its_start(receiver: Receiver, sender: Sender) -> None:
    receiver.statuses = [500, 500, 200]
    sender.send("deployment/web")
    sender.send("deployment/web", "ended")
    await sender.all_done()
    assert receiver.said == ["started deployment/web"] * 3 + ["ended deployment/web"]


async def test_one_that_gets_no_answer_holds_up_no_other(
    receiver: Receiver, sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "TIMEOUT_S", 0.1)
    receiver.silent = "deployment/slow"
    sender.send("deployment/slow")
    sender.send("deployment/web")
    await sender.all_done()
    assert receiver.said.index("started deployment/web") <= 1
    assert sender.lost == ["deployment/slow: no answer within 0.1 s"]


async def test_a_receiver_that_is_not_there_is_told(receiver: Receiver, sender: Sender) -> None:
    await receiver.server.stop()
    sender.send("deployment/web")
    await sender.all_done()
    assert "cannot connect" in sender.lost[0]


@pytest.mark.parametrize(
    "url",
    ["", "nowhere", "ftp://a/b", "file:///etc/passwd", "http://", "https://:443/a", "http://a:99999/", "http://a:0/",
     "http://a/b c", "http://a/\nX: y", "http://[::1/", "http://ä.example/", "http://me:secret@a/"],
)  # fmt: skip
def test_what_is_no_address_for_messages_is_refused_without_saying_it_again(url: str) -> None:
    with pytest.raises(Trouble) as refused:
        webhook_at(url)
    assert refused.value.exit_code == 2
    assert "secret" not in refused.value.message
    assert all((refused.value.meaning, refused.value.remedy, refused.value.read, refused.value.who))
