"""The Story page asks for what people did, and each time only for what is new."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from wherry.apimachinery.deed import Author, Deed
from wherry.dashboard.views import story
from wherry.dashboard.views.view import Asked


def deed(revision: int) -> Deed:
    author = Author(user="anna", program="kubectl", verb="create")
    return Deed(
        revision=revision, time_s=100.0, group="apps", plural="deployments", namespace="shop", name="web",
        author=author, kind="Deployment",
    )  # fmt: skip


async def test_a_quiet_hour_is_not_read_again_at_every_change(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    answers = [[], [deed(12)], []]

    async def deeds_of_people(_client: object, *, after: int, **_rest: object) -> list[Deed]:
        asked.append(after)
        return answers[len(asked) - 1]

    monkeypatch.setattr(story, "deeds_of_people", deeds_of_people)
    live: Any = SimpleNamespace(client=None, namespace="", revision=7)
    page = story.Story(live, Asked((), {}))
    told = []
    for revision in (7, 10, 11):
        live.revision = revision
        told = await page._deeds(1.0)
    # Nobody did anything up to 7; 12 was in the answer before anybody had heard of it.
    assert asked == [0, 7, 12]
    assert [line.text for line in told] == ["anna created deployment web in shop with kubectl."]
