"""Controllers at work against the in-memory API server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from random import Random

import pytest

from suites.fake_api import FakeApi
from wherry.api.core.configmap import CONFIG_MAPS
from wherry.api.core.event import EVENTS
from wherry.api.core.namespace import NAMESPACES
from wherry.api.core.pod import PODS
from wherry.api.core.secret import SECRETS
from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import Forbidden, InternalError
from wherry.apimachinery.meta import ObjectKey
from wherry.client.informer import SharedInformers
from wherry.kit.clock import FakeClock, settle
from wherry.kit.http.types import Request
from wherry.kit.tasks import TaskScope
from wherry.reconcile.actions import Action, Create, Delete, Emit, EventNote, Patch, Requeue
from wherry.reconcile.controller import Controller, View
from wherry.reconcile.journal import Journal
from wherry.reconcile.manager import CONCURRENT_CREATES_MAX, ControllerManager, slow_start
from wherry.reconcile.sources import for_kind, owned_by

Plan = Callable[[ObjectKey, View], Sequence[Action]]
Running = Callable[..., AbstractAsyncContextManager[ControllerManager]]


@pytest.fixture
def api() -> FakeApi:
    return FakeApi()


@pytest.fixture
def journal() -> Journal:
    return Journal()


@pytest.fixture
def running(api: FakeApi, clock: FakeClock, journal: Journal) -> Running:
    @asynccontextmanager
    async def run(*plans: Plan) -> AsyncIterator[ControllerManager]:
        controllers = [
            Controller(
                f"controller-{number}",
                CONFIG_MAPS,
                (for_kind(CONFIG_MAPS), owned_by(SECRETS, CONFIG_MAPS)),
                plan,
                reads=(NAMESPACES,),
            )
            for number, plan in enumerate(plans)
        ]
        informers = SharedInformers(api.client(), clock, Random(1))
        manager = ControllerManager(api.client(), informers, clock, controllers, journal, Random(1))
        async with TaskScope("test") as scope:
            _ = scope.start("informers", informers.run())
            _ = scope.start("manager", manager.run())
            await manager.ready.wait()
            await settle(100)
            yield manager

    return run


def config_map(name: str, wanted: int = 0) -> Document:
    return {"metadata": {"name": name}, "data": {"wanted": str(wanted)}}


def owned_secret(uid: str) -> Document:
    owner = {"apiVersion": "v1", "kind": "ConfigMap", "name": "a", "uid": uid, "controller": True}
    return {"metadata": {"generateName": "s-", "ownerReferences": [owner]}}


def plan_secrets(key: ObjectKey, view: View) -> Sequence[Action]:
    """As many Secrets as the ConfigMap wants: a ReplicaSet in small, with no memory of its own."""
    config = view.lister(CONFIG_MAPS).get(*key)
    if config is None:
        return []
    missing = int(config.data["wanted"]) - len(list(view.lister(SECRETS).owned_by(config.metadata.uid)))
    event = EventNote("SuccessfulCreate", "Created secret: {name}")
    failed = EventNote("FailedCreate", "Error creating: {error}", "Warning")
    document = owned_secret(config.metadata.uid)
    return [
        Create(SECRETS, key.namespace, document, why=f"{missing} missing", event=event, failed_event=failed)
        for _ in range(missing)
    ]


async def test_a_burst_is_created_exactly_once(api: FakeApi, running: Running, journal: Journal) -> None:
    api.put(CONFIG_MAPS, config_map("a", 100), "ns")
    async with running(plan_secrets):
        await settle(3000)
        assert len(api.all(SECRETS)) == 100
        messages = {str(event["message"]) for event in api.all(EVENTS)}
    assert messages == {f"Created secret: {secret['metadata']['name']}" for secret in api.all(SECRETS)}  # type: ignore[index]
    assert len(journal) == 100
    first = next(iter(journal))
    assert (first.component, first.kind, first.action, first.why) == (
        "controller-0",
        "Secret",
        "create",
        "100 missing",
    )


async def test_no_plan_sees_a_world_without_its_own_writes(api: FakeApi, running: Running, clock: FakeClock) -> None:
    seen: list[int] = []

    def plan(key: ObjectKey, view: View) -> Sequence[Action]:
        seen.append(len(list(view.lister(SECRETS).list())))
        return plan_secrets(key, view)

    api.put(CONFIG_MAPS, config_map("a", 3), "ns")
    async with running(plan):
        for wanted in (7, 7, 12):
            api.put(CONFIG_MAPS, config_map("a", wanted), "ns")
            await settle(500)
    assert len(api.all(SECRETS)) == 12
    assert set(seen) <= {0, 3, 7, 12}, "never planned in the middle of a burst"


async def test_a_deletion_is_planned_once(api: FakeApi, running: Running) -> None:
    def plan(key: ObjectKey, view: View) -> Sequence[Action]:
        return [
            Delete(SECRETS, "ns", secret.metadata.name, why="test", uid=secret.metadata.uid)
            for secret in view.lister(SECRETS).list()
        ]

    config = api.put(CONFIG_MAPS, config_map("a"), "ns")
    for name in ("s1", "s2"):
        owned = owned_secret(config["metadata"]["uid"])  # type: ignore[index]
        api.put(SECRETS, {**owned, "metadata": {**owned["metadata"], "name": name}}, "ns")  # type: ignore[dict-item]
    async with running(plan):
        await settle(300)
    assert [request for request in api.requests if request[0] == "DELETE"] == [
        ("DELETE", "/api/v1/namespaces/ns/secrets/s1"),
        ("DELETE", "/api/v1/namespaces/ns/secrets/s2"),
    ]


async def test_a_crash_in_one_planner_backs_off_and_leaves_the_others_alone(
    api: FakeApi, running: Running, clock: FakeClock
) -> None:
    crashes: list[float] = []

    def crash(key: ObjectKey, view: View) -> Sequence[Action]:
        crashes.append(clock.monotonic_s())
        raise ZeroDivisionError

    api.put(CONFIG_MAPS, config_map("a", 2), "ns")
    async with running(crash, plan_secrets):
        await clock.advance(0.1)
        await settle(200)
        assert len(api.all(SECRETS)) == 2
    # Besides its own retries the Secrets' creation wakes it up; either way it is back-off, not a loop.
    assert 4 <= len(crashes) <= 10


async def test_a_refused_burst_stops_early_says_so_and_is_tried_again(
    api: FakeApi, running: Running, clock: FakeClock
) -> None:
    def refuse(request: Request) -> None:
        if request.method == "POST" and request.path.endswith("secrets"):
            raise Forbidden("exceeded quota")

    api.before = refuse
    api.put(CONFIG_MAPS, config_map("a", 100), "ns")
    async with running(plan_secrets):
        await settle(200)
        [event] = api.all(EVENTS)
        assert (event["reason"], event["type"]) == ("FailedCreate", "Warning")
        assert event["message"] == "Error creating: exceeded quota"
        assert sum(1 for method, path in api.requests if path.endswith("secrets") and method == "POST") == 1
        api.before = None
        await clock.advance(1)
        await settle(3000)
        assert len(api.all(SECRETS)) == 100


async def test_a_namespace_that_goes_away_is_left_in_peace(api: FakeApi, running: Running, clock: FakeClock) -> None:
    def refuse(request: Request) -> None:
        if request.method == "POST":
            raise Forbidden("no new content", causes=[{"reason": "NamespaceTerminating"}])

    api.before = refuse
    api.put(CONFIG_MAPS, config_map("a", 3), "ns")
    async with running(plan_secrets):
        await clock.advance(100)
    assert [method for method, _ in api.requests].count("POST") == 1


async def test_a_requeue_plans_again_in_time(api: FakeApi, running: Running, clock: FakeClock) -> None:
    planned: list[float] = []

    def plan(key: ObjectKey, view: View) -> Sequence[Action]:
        planned.append(view.monotonic_s)
        return [Requeue(30, why="test")] if len(planned) < 3 else []

    api.put(CONFIG_MAPS, config_map("a"), "ns")
    async with running(plan):
        await clock.advance(200)
    assert planned == [0, 30, 60]


async def test_a_conflict_is_planned_again_with_fresh_facts(api: FakeApi, running: Running, clock: FakeClock) -> None:
    def plan(key: ObjectKey, view: View) -> Sequence[Action]:
        config = view.lister(CONFIG_MAPS).get(*key)
        if config is None or "done" in config.data:
            return []
        patch: Document = {"data": {"done": config.data["wanted"]}}
        return [Patch(CONFIG_MAPS, "ns", "a", patch, why="test", resource_version=config.metadata.resource_version)]

    raced = False

    def race(request: Request) -> None:
        nonlocal raced
        if request.method == "PATCH" and not raced:
            raced = True
            api.put(CONFIG_MAPS, config_map("a", 5), "ns")

    api.before = race
    api.put(CONFIG_MAPS, config_map("a", 1), "ns")
    async with running(plan):
        await clock.advance(1)
    thing = api.get(CONFIG_MAPS, "a", "ns")
    assert thing is not None
    assert thing["data"] == {"wanted": "5", "done": "5"}


async def test_a_lost_cache_does_not_stop_a_worker_for_ever(api: FakeApi, running: Running, clock: FakeClock) -> None:
    planned: list[str] = []

    def plan(key: ObjectKey, view: View) -> Sequence[Action]:
        planned.append(key.name)
        return plan_secrets(key, view)

    async with running(plan):

        def cut(request: Request) -> None:
            if request.method == "GET" and request.path.endswith("/secrets"):
                raise InternalError("cut off")

        api.before = cut
        api.disconnect()
        await clock.advance(1)
        api.put(CONFIG_MAPS, config_map("a", 1), "ns")
        await settle()
        api.put(CONFIG_MAPS, config_map("a", 1), "ns")
        await clock.advance(9)
        assert planned == ["a"]
        await clock.advance(2)
        assert planned == ["a", "a"]


async def test_an_emit_is_journalled_and_posted(api: FakeApi, running: Running, journal: Journal) -> None:
    def plan(key: ObjectKey, view: View) -> Sequence[Action]:
        return [Emit(EventNote("Looked"), why="it changed")]

    api.put(CONFIG_MAPS, config_map("a"), "ns")
    async with running(plan):
        await settle(100)
        [event] = api.all(EVENTS)
    assert (event["reason"], event["message"]) == ("Looked", "it changed")
    assert [(each.action, each.key) for each in journal] == [("say", ObjectKey("ns", "a"))]


async def test_a_kind_that_was_not_declared_is_a_bug(api: FakeApi, running: Running) -> None:
    errors: list[str] = []

    def plan(key: ObjectKey, view: View) -> Sequence[Action]:
        with pytest.raises(AssertionError) as caught:
            view.lister(PODS)
        errors.append(str(caught.value))
        return []

    api.put(CONFIG_MAPS, config_map("a"), "ns")
    async with running(plan):
        await settle(100)
    assert errors == ["pods is in neither the sources nor the reads of this controller"]


def test_a_burst_starts_slowly() -> None:
    creates = [Create(CONFIG_MAPS, "ns", {}, why=str(number)) for number in range(50)]
    batches = list(slow_start(creates))
    assert [len(batch) for batch in batches] == [1, 2, 4, 8, 16, 16, 3]
    assert [action for batch in batches for action in batch] == creates
    assert max(len(batch) for batch in batches) == CONCURRENT_CREATES_MAX
