"""The what-if page: from its form to sentences and a picture, with a forecast that a test makes."""

from __future__ import annotations

import msgspec
import pytest

from suites.told_cluster import HandFed, node, pod
from wherry.api.core.node import NODES
from wherry.api.core.pod import PODS
from wherry.apimachinery.errors import BadRequest
from wherry.client.client import Client
from wherry.client.transport import InProcess
from wherry.dashboard.trying import read_form, try_what_if
from wherry.dashboard.views.what_if import WHAT_IF
from wherry.kit.http.types import Request, Response
from wherry.narrate.facts import Snapshot
from wherry.narrate.forecast import Forecast, Played, Refusal, forecast
from wherry.narrate.intent import Change, Scale


def snapshot(*pods: tuple[str, str]) -> Snapshot:
    fed = HandFed()
    for name in ("n1", "n2"):
        fed.put(NODES, node(name))
    for name, on in pods:
        fed.put(PODS, pod(name, on))
    return fed.model.snapshot()


async def nothing(request: Request) -> Response:
    return Response(404)


async def answer(found: Forecast, **form: str) -> tuple[str, list[Change]]:
    asked: list[Change] = []

    async def what_if(client: Client, change: Change) -> Forecast:
        asked.append(change)
        return found

    return await try_what_if(what_if, Client(InProcess(nothing, user="ana")), form), asked


def moved() -> Forecast:
    played = Played(
        before=snapshot(("a", "n1"), ("b", "n1")),
        after=snapshot(("b", "n2"), ("c", "n2"), ("d", "")),
        down=frozenset(),
        refusals=(Refusal(what="Pod <x>", reason="no & never"),),
        silences=(),
        reasons={},
        verdicts={},
        lasted_s=1.0,
        hidden=(),
    )
    return forecast(played)


async def test_the_answer_is_told_and_shown() -> None:
    page, asked = await answer(moved(), node="n1", thing="shop/deployment/web", copies="3", ns="shop")
    assert "It does not fit" in page
    assert "Pod &lt;x&gt;: no &amp; never" in page
    assert "would start" in page
    assert "would stop" in page
    assert "No node" in page
    assert "wherry what-if -n shop --node-down n1 --scale deployment/web=3" in page
    [change] = asked
    assert change.nodes_down == ("n1",)
    assert change.scales == (Scale(thing="deployment/web", replicas=3, namespace="shop"),)


def test_a_form_is_read_whole_or_refused() -> None:
    change = read_form({"yaml": "kind: A\n---\nkind: B\n", "ns": "shop"})
    assert [one["kind"] for one in change.documents] == ["A", "B"]
    assert read_form({}).is_nothing
    for form in (
        {"thing": "a/b/c"},
        {"copies": "3"},
        {"thing": "a/b/c", "copies": "-1"},
        {"thing": "web", "copies": "3"},
        {"thing": "shop/web", "copies": "3"},
        {"thing": "/deployment/web", "copies": "3"},
        {"yaml": "a: ["},
        {"yaml": "x"},
    ):
        with pytest.raises(BadRequest):
            read_form(form)


def test_the_page_says_what_it_is_for() -> None:
    assert "before anything does" in WHAT_IF.explains
    assert msgspec.json.decode(msgspec.json.encode(moved()), type=Forecast).fits is False
