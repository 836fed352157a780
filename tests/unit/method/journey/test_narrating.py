from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from suites.api_harness import Api, make_api
from wherry.apimachinery.errors import NotFound
from wherry.client.client import Client
from wherry.client.transport import InProcess
from wherry.kit.clock import FakeClock
from wherry.method.journey.keeping import find_journey, keep_journeys, kept_journeys
from wherry.method.journey.narrating import narrate_play

JOURNEY = dedent("""
    journey: do-x
    title: Do x
    steps:
      - {say: Somebody does x, call: POST /x, expect: {status: 201}, capture: {row: id}}
""")


@pytest.fixture
async def api() -> Api:
    return await make_api()


def client_of(api: Api, user: str = "admin", group: str = "system:masters") -> Client:
    return Client(InProcess(api.server.app, user=user, groups=(group,)))


async def test_the_journeys_of_a_repository_are_kept_and_found_again(api: Api, tmp_path: Path) -> None:
    (tmp_path / "journeys").mkdir()
    (tmp_path / "journeys" / "do-x.yaml").write_text(JOURNEY)
    (tmp_path / "journeys" / "bad.yaml").write_text("steps: 7")
    client = client_of(api)
    assert await keep_journeys(client, "default", "orders", tmp_path) == 2
    (found,) = await kept_journeys(client)
    assert (found.namespace, found.service, found.journey.title) == ("default", "orders", "Do x")
    assert (await find_journey(client, "default", "orders", "do-x")).journey == found.journey
    with pytest.raises(NotFound, match="there is no journey"):
        await find_journey(client, "default", "orders", "do-y")


async def test_a_repository_without_journeys_keeps_nothing(api: Api, tmp_path: Path) -> None:
    assert await keep_journeys(client_of(api), "default", "orders", tmp_path) == 0
    assert await kept_journeys(client_of(api)) == []


async def test_who_may_not_see_them_sees_none_and_plays_nothing(api: Api, tmp_path: Path, clock: FakeClock) -> None:
    (tmp_path / "journeys").mkdir()
    (tmp_path / "journeys" / "do-x.yaml").write_text(JOURNEY)
    await keep_journeys(client_of(api), "default", "orders", tmp_path)
    stranger = client_of(api, "nobody", "system:authenticated")
    assert await kept_journeys(stranger) == []
    (kept,) = await kept_journeys(client_of(api))
    told = [hop async for hop in narrate_play(stranger, kept, clock, "t")]
    assert [(hop.is_wrong, hop.is_end) for hop in told] == [(True, True)]
    assert "The cluster refuses" in told[0].text


async def test_a_service_that_does_not_run_is_said_not_to(api: Api, tmp_path: Path, clock: FakeClock) -> None:
    (tmp_path / "journeys").mkdir()
    (tmp_path / "journeys" / "do-x.yaml").write_text(JOURNEY)
    await keep_journeys(client_of(api), "default", "orders", tmp_path)
    (kept,) = await kept_journeys(client_of(api))
    told = [hop async for hop in narrate_play(client_of(api), kept, clock, "t")]
    assert [hop.text for hop in told] == [
        "orders does not run here: no pod of it is ready in the namespace default."
    ]  # fmt: skip
