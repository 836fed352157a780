"""Moments that people call by a name."""

from __future__ import annotations

import pytest

from suites.api_harness import make_api
from wherry.client.client import Client
from wherry.client.transport import InProcess
from wherry.narrate.marks import NeverMarked, mark, mark_key, marked_moment


@pytest.mark.parametrize(
    ("name", "key"), [("Sprint Review", "sprint-review"), (" demo ", "demo"), ("!", ""), ("ärger 2", "rger-2")]
)
def test_a_name_becomes_a_key(name: str, key: str) -> None:
    assert mark_key(name) == key


async def test_a_marked_moment_is_found_by_its_name_and_no_other_is() -> None:
    api = await make_api()
    client = Client(InProcess(api.server.app, user="root", groups=("system:masters", "system:authenticated")))
    await mark(client, "Sprint Review", 1_000_000.0)
    assert await marked_moment(client, "last sprint review") == 1_000_000.0
    assert await marked_moment(client, " Last Sprint-Review ") == 1_000_000.0
    for said in ("5m ago", "yesterday", "last", "last !", "lasting"):
        assert await marked_moment(client, said) is None
    with pytest.raises(NeverMarked) as refused:
        await marked_moment(client, "last Demo")
    assert refused.value.name == "demo"
    await mark(client, "demo", 2_000_000.0)
    assert await marked_moment(client, "last demo") == 2_000_000.0
    assert await marked_moment(client, "last sprint review") == 1_000_000.0
