"""Programs with their own credentials get the facts that they may see, without a page being loaded."""

from __future__ import annotations

import orjson
import pytest

from suites.api_harness import ADMIN, Api, make_api, pod
from wherry.apimachinery.document import Document
from wherry.dashboard import facts
from wherry.dashboard.moments import Moments
from wherry.dashboard.programs import Programs
from wherry.kit.clock import FakeClock
from wherry.kit.http.types import Peer, Request, Response, read_body

NOBODY = Peer("nobody-in-particular", ("system:authenticated",))


@pytest.fixture
async def api(clock: FakeClock) -> Api:
    made = await make_api(clock)
    await made.must("POST", "/api/v1/namespaces/default/pods", pod("web"))
    return made


def request(name: str, query: str = "", *, peer: Peer | None = ADMIN, host: str = "localhost", **more: str) -> Request:
    return Request("GET", f"/ui/v1/{name}", query, {"host": host, **more}, b"", peer)


async def ask(api: Api, asked: Request) -> tuple[Response, Document]:
    programs = Programs(api.server.app, Moments(api.server.environment.store, FakeClock()), hosts=["localhost"])
    assert programs.can_answer(asked)
    response = await programs.answer(asked)
    body = await read_body(response)
    return response, orjson.loads(body) if body.startswith(b"{") else {}


async def test_the_status_is_said_in_lines(api: Api) -> None:
    response, status = await ask(api, request("status.json", "ns=default&few=true"))
    assert response.status == 200
    assert isinstance(status["lines"], list)
    assert status["lines"][0] == "The cluster runs: 0 of 0 nodes ready, 1 pod, 1 container."
    assert status["counts"]["pods"] == 1  # type: ignore[index] # an object of numbers


async def test_the_picture_of_now_is_for_a_single_look(api: Api) -> None:
    response, picture = await ask(api, request("picture.json", "few=true&ns=default"))
    assert response.status == 200
    assert [one["name"] for one in picture["waiting"]] == ["web"]  # type: ignore[attr-defined] # a list of pods


async def test_somebody_without_rights_gets_no_line(api: Api) -> None:
    _, status = await ask(api, request("status.json", peer=NOBODY))
    assert "Pod" in status["hidden"]  # type: ignore[operator] # a list of kinds
    assert status["lines"] == []


async def test_a_large_cluster_is_left_to_whoever_asks(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(facts, "FEW", 0)
    for name in ("status.json", "picture.json"):
        response, status = await ask(api, request(name, "few=true"))
        assert (response.status, status["reason"]) == (413, "RequestEntityTooLarge")
    assert (await ask(api, request("status.json")))[0].status == 200


async def test_the_times_of_another_zone_are_left_to_whoever_asks(api: Api) -> None:
    assert (await ask(api, request("status.json", "zone=%2B9900XYZ")))[0].status == 400


async def test_a_stranger_is_refused(api: Api) -> None:
    assert (await ask(api, request("status.json", peer=None)))[0].status == 401


async def test_a_name_that_is_not_this_servers_is_refused(api: Api) -> None:
    response, _ = await ask(api, request("status.json", host="evil.example"))
    assert response.status == 421
    assert ("Cache-Control", "no-store") in response.headers


async def test_what_needs_a_page_or_a_session_is_left_to_the_dashboard(api: Api) -> None:
    programs = Programs(api.server.app, Moments(None, FakeClock()), hosts=["localhost"])
    assert programs.can_answer(request("picture.json", "at=5m"))
    assert not programs.can_answer(request("picture.json"))
    assert not programs.can_answer(request("status.json", cookie="a=b"))
    assert not programs.can_answer(request("else.json"))
