"""The facts as JSON and the pages about the past, over a real API server in memory."""

from __future__ import annotations

from random import Random
from urllib.parse import quote

import orjson
import pytest

from suites.api_harness import ADMIN, Api, make_api, pod
from wherry.apimachinery.document import Document
from wherry.dashboard.app import Dashboard
from wherry.kit.clock import FakeClock
from wherry.kit.http.types import Peer, Request, read_body
from wherry.kit.tasks import TaskScope

HOST = "127.0.0.1:6443"
PODS = "/api/v1/namespaces/default/pods"
DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments"
TEMPLATE: Document = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "c", "image": "i:1"}]}}


@pytest.fixture
async def api(clock: FakeClock) -> Api:
    api = await make_api(clock)
    await api.must("POST", PODS, pod("early"))
    deployment = {
        "metadata": {"name": "web"},
        "spec": {"selector": {"matchLabels": {"app": "web"}}, "template": TEMPLATE},
    }
    await api.must("POST", DEPLOYMENTS, deployment)
    await clock.advance(60)
    await api.must("POST", PODS, pod("late"))
    merge = "application/merge-patch+json"
    await api.must("PATCH", f"{DEPLOYMENTS}/web", {"spec": {"replicas": 3}}, content_type=merge)
    await api.must("DELETE", f"{PODS}/early")
    await clock.advance(60)
    return api


async def ask(
    api: Api, clock: FakeClock, path: str, *, peer: Peer | None = ADMIN
) -> tuple[int, Document | list[Document]]:
    dashboard = Dashboard(api.server.app, clock, Random(7), hosts=["127.0.0.1"], past=api.server.environment.store)
    async with TaskScope("test") as scope:
        task = scope.start("dashboard", dashboard.run())
        await dashboard.ready.wait()
        path, _, query = path.partition("?")
        response = await dashboard.app(Request("GET", path, query, {"host": HOST}, b"", peer))
        body = await read_body(response)
        task.cancel()
    return response.status, orjson.loads(body)


async def test_the_picture_of_a_moment_is_as_it_was(api: Api, clock: FakeClock) -> None:
    for at, names in (("90s", ["early"]), ("10s", ["late"]), ("", ["late"])):
        status, snapshot = await ask(api, clock, f"/ui/v1/picture.json?at={at}")
        assert (status, isinstance(snapshot, dict)) == (200, True)
        assert isinstance(snapshot, dict)
        waiting = snapshot["waiting"]
        assert isinstance(waiting, list)
        assert [one["name"] for one in waiting] == names


async def test_what_changed_between_two_moments_is_told(api: Api, clock: FakeClock) -> None:
    status, told = await ask(api, clock, "/ui/v1/changes.json?since=90s")
    assert status == 200
    texts = [one["text"] for one in told if isinstance(one, dict)]
    assert "kubernetes-admin deleted pod early in default." in texts
    assert [text for text in texts if "pod late in default" in str(text) and "created" in str(text)]
    assert [text for text in texts if text == "kubernetes-admin scaled deployment web in default from 1 to 3 copies."]
    assert await ask(api, clock, "/ui/v1/changes.json?since=10s") == (200, [])
    earlier = await ask(api, clock, "/ui/v1/changes.json?since=90s&until=70s")
    assert earlier == (200, [])


async def test_what_cannot_be_answered_is_refused_with_the_way_out(api: Api, clock: FakeClock) -> None:
    refused = {
        "/ui/v1/picture.json?at=soon": 400,
        "/ui/v1/changes.json": 400,
        "/ui/v1/changes.json?since=10s&until=90s": 400,
        f"/ui/v1/picture.json?at={quote('2020-01-01')}": 410,
    }
    for path, status in refused.items():
        answer = await ask(api, clock, path)
        assert (path, answer[0]) == (path, status)


async def test_a_person_sees_of_the_past_what_they_may_see_now(api: Api, clock: FakeClock) -> None:
    nobody = Peer("ana", ("system:authenticated",))
    status, snapshot = await ask(api, clock, "/ui/v1/picture.json?at=90s", peer=nobody)
    assert isinstance(snapshot, dict)
    assert (status, snapshot["waiting"]) == (200, [])
    assert "Pod" in str(snapshot["hidden"])
    assert await ask(api, clock, "/ui/v1/changes.json?since=90s", peer=nobody) == (200, [])


async def test_without_credentials_there_are_no_facts(api: Api, clock: FakeClock) -> None:
    assert (await ask(api, clock, "/ui/v1/moment.json", peer=None))[0] in (401, 403)


async def test_the_story_has_events_that_have_ended(api: Api, clock: FakeClock) -> None:
    about = {"kind": "Pod", "namespace": "default", "name": "late"}
    event: Document = {
        "metadata": {"name": "late.1"}, "involvedObject": about, "reason": "Started", "message": "Started container app"
    }  # fmt: skip
    await api.must("POST", "/api/v1/namespaces/default/events", event)
    await api.must("DELETE", "/api/v1/namespaces/default/events/late.1")
    await clock.advance(5)
    status, lines = await ask(api, clock, "/ui/v1/story.json?since=90s")
    assert status == 200
    assert [one["reason"] for one in lines if isinstance(one, dict)][-1:] == ["Started"]
    assert [one["text"] for one in lines if isinstance(one, dict) and one["reason"] == "Deleted"] == [
        "kubernetes-admin deleted pod early in default."
    ]
