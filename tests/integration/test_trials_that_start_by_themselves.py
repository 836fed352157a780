"""A trial starts when a need or a promise is published and when a release runs: what is due is tried, and only that."""

from __future__ import annotations

import copy
import json

import pytest

from suites.custom_resources import serving
from suites.two_teams import NEED, World, project, promise, world
from wherry.api.method.verification import VERIFICATIONS
from wherry.cli.due_trials import needs_on, note_nights, try_due, try_published
from wherry.client.client import Client
from wherry.client.transport import InProcess
from wherry.method.contracts.acting import expose, propose
from wherry.method.contracts.needs import read_need
from wherry.method.contracts.reading import read_text


async def results(w: World) -> list[str]:
    return [one.spec.result for one in (await w.admin.list(VERIFICATIONS)).items]


async def run_of_orders(w: World) -> None:
    """What `wherry run` does after a release of orders is ready."""
    await try_due(project("orders"), w.ana.client, "orders-dev", w.ca.cert_pem)


async def test_what_is_due_is_tried_once_and_said(capsys: pytest.CaptureFixture[str]) -> None:
    async with world() as w:
        await w.begun()
        await w.both_agree()
        await run_of_orders(w)
        assert await w.word() == "Verified"
        assert "web-orders: Passed. 1 of 1 requests got what they need." in capsys.readouterr().err
        await run_of_orders(w)
        assert await results(w) == ["Passed"]


async def test_a_service_that_fails_is_said_with_the_reason_and_the_contract_is_broken(
    capsys: pytest.CaptureFixture[str],
) -> None:
    async with world() as w:
        await w.begun()
        await w.both_agree()
        w.orders.order["price"] = None
        await run_of_orders(w)
        assert await w.word() == "Broken"
        said = capsys.readouterr().err
        assert "web-orders: Failed. 0 of 1" in said
        assert "GET /orders/42 answered with price empty (null)" in said


async def test_what_is_published_before_it_runs_blames_nobody_and_is_due(capsys: pytest.CaptureFixture[str]) -> None:
    async with world() as w:
        await w.begun()
        await w.both_agree()
        changed = copy.deepcopy(w.orders.document)
        changed["info"] = {"title": "Orders", "version": "2"}
        await expose(w.ana, project("orders"), promise(changed), ("ana",))
        await run_of_orders(w)
        assert await results(w) == []
        assert "web-orders is due and was not tried: orders serves another contract" in capsys.readouterr().err


async def test_a_consumer_who_may_not_ask_the_provider_is_told_that_it_is_due(
    capsys: pytest.CaptureFixture[str],
) -> None:
    async with world() as w:
        await w.begun()
        await try_published(project("web"), w.ben)
        assert await results(w) == []
        assert "web-orders could not be tried:" in capsys.readouterr().err


async def test_who_publishes_a_promise_tries_the_needs_on_it_with_it() -> None:
    async with world() as w:
        await w.begun()
        await try_published(project("orders"), w.ana)
        assert await results(w) == ["Passed"]


async def test_only_the_needs_on_this_very_service_are_tried() -> None:
    async with world() as w:
        await w.begun()
        for name, namespace in (("orders", "web-dev"), ("web", "web-dev"), ("stock", "orders-dev")):
            assert await try_due(project(name), w.admin, namespace) == []
        assert await results(w) == []


async def test_what_no_night_tries_is_said_with_the_command_that_does(capsys: pytest.CaptureFixture[str]) -> None:
    async with world() as w:
        await w.begun()
        note_nights(await needs_on(project("orders"), w.ana))
        assert capsys.readouterr().err == ""
        writing = read_need(read_text(json.dumps(NEED).replace('"GET"', '"POST"'), "orders.json"), consumer="web")
        await propose(w.ben, project("web"), writing, ("ben",))
        note_nights(await needs_on(project("orders"), w.ana))
        said = capsys.readouterr().err
        assert "web-orders: A trial at night cannot do all of it: 1 of 1 requests changes something" in said
        assert said.endswith("wherry contract verify web-orders --twin     (in the folder of orders)\n")


async def test_where_there_is_no_catalogue_nothing_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    async with serving() as api:
        client = Client(InProcess(api.server.app, user="root", groups=("system:masters",)))
        assert await try_due(project("orders"), client, "orders-dev") == []
        assert not capsys.readouterr().err
