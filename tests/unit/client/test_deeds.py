from __future__ import annotations

from typing import Any

import pytest

from suites.api_harness import make_api
from wherry.api.core.configmap import CONFIG_MAPS
from wherry.apimachinery.deed import Author, Deed
from wherry.client import deeds
from wherry.client.client import Client
from wherry.client.deeds import deeds_about, deeds_between, deeds_of_people
from wherry.client.transport import InProcess
from wherry.kit.http.types import Request, Response


async def test_deeds_are_asked_for_by_object_by_revision_and_by_moment() -> None:
    api = await make_api()
    anna = Client(InProcess(api.server.app, user="anna", groups=("system:masters",)), user_agent="kubectl/1")
    robot = Client(InProcess(api.server.app, user="system:kube-scheduler", groups=("system:masters",)))
    start = api.server.environment.store.revision
    for client, name in ((anna, "m"), (robot, "m-2")):
        await client.create(CONFIG_MAPS, {"metadata": {"name": name}}, "default")
    (about,) = await deeds_about(anna, CONFIG_MAPS, "m", "default")
    assert (about.name, about.author.user, about.author.program) == ("m", "anna", "kubectl")
    both = await deeds_between(anna, after=start, namespace="default")
    assert [deed.name for deed in both] == ["m", "m-2"]
    assert [deed.name for deed in await deeds_of_people(anna, after=start)] == ["m"]
    assert await deeds_of_people(anna, since_s=about.time_s + 10) == []


async def test_another_cluster_knows_nobody() -> None:
    async def foreign(request: Request) -> Response:
        return Response(404, body=b'{"kind":"Status","code":404}')

    async def odd(request: Request) -> Response:
        return Response(200, body=b"<html>")

    for app in (foreign, odd):
        assert await deeds_between(Client(InProcess(app, user="anna"))) == []


def deed(revision: int) -> Deed:
    author = Author(user="anna", program="kubectl", verb="create")
    return Deed(
        revision=revision, time_s=100.0, group="apps", plural="deployments", namespace="shop", name="web",
        author=author, kind="Deployment",
    )  # fmt: skip


async def test_only_what_is_new_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    answers = [[], [deed(12)], []]

    async def deeds_of_people(_client: object, *, after: int, **_rest: object) -> list[Deed]:
        asked.append(after)
        return answers[len(asked) - 1]

    monkeypatch.setattr(deeds, "deeds_of_people", deeds_of_people)
    client: Any = None
    new = deeds.NewDeeds(client)
    told = [one.revision for heard in (7, 10, 11) for one in await new.ask(heard)]
    # Nobody did anything up to 7; 12 was in the answer before anybody had heard of it.
    assert (asked, told) == ([0, 7, 12], [12])
