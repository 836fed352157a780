from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from random import Random
from typing import cast

import msgspec
import orjson
import pytest

from suites.scheduling import bound, make_node, make_pod
from wherry.api.core.node import NODES
from wherry.api.core.persistent_volume_claim import PERSISTENT_VOLUME_CLAIMS
from wherry.api.core.pod import PODS
from wherry.api.storage.storageclass import STORAGE_CLASSES
from wherry.apimachinery.document import Document
from wherry.apimachinery.meta import ObjectKey
from wherry.apimachinery.resource_type import AnyResourceType
from wherry.client.client import Client
from wherry.client.informer import Informer, SharedInformers
from wherry.client.recorder import EventRecorder
from wherry.kit.clock import FakeClock, settle
from wherry.kit.http.types import Request, Response
from wherry.kit.tasks import TaskScope
from wherry.reconcile.journal import Journal
from wherry.scheduler.loop import Scheduler


class Api:
    """Answers what the scheduler sends, and keeps it."""

    def __init__(self) -> None:
        self.bindings: list[tuple[str, str]] = []
        self.patches: list[tuple[str, Document]] = []
        self.failures: list[Response] = []
        self.open = asyncio.Event()
        self.open.set()

    async def request(self, request: Request) -> Response:
        body = orjson.loads(request.body)
        await self.open.wait()
        if self.failures:
            return self.failures.pop()
        if request.path.endswith("/binding"):
            self.bindings.append((body["metadata"]["name"], body["target"]["name"]))
            return Response(201, body=b'{"kind":"Status","status":"Success"}')
        self.patches.append((request.path, body))
        return Response(body=b'{"metadata":{"name":"x"},"spec":{"containers":[]}}')


class Recorder:
    def __init__(self) -> None:
        self.said: list[tuple[str, str, str]] = []
        self.whys: list[tuple[str, str]] = []

    def event(
        self,
        about: object,
        reason: str,
        message: str,
        *,
        type: str = "Normal",  # noqa: A002
        why: str = "",
        decision: str = "",
    ) -> None:
        self.said.append((type, reason, message))
        self.whys.append((why, decision))


class Informers:
    """Informers that the test feeds by hand."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.made: dict[str, Informer[msgspec.Struct]] = {}

    def informer(self, resource: AnyResourceType) -> Informer[msgspec.Struct]:
        return self.made.setdefault(resource.plural, Informer(resource, self.clock))


class Stage:
    """A scheduler with everything around it."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.api = Api()
        self.recorder = Recorder()
        self.journal = Journal()
        self.informers = Informers(clock)
        self.scheduler = Scheduler(
            Client(self.api),
            cast("SharedInformers", self.informers),
            clock,
            cast("EventRecorder", self.recorder),
            self.journal,
            Random(1),
        )

    def show(self, resource: AnyResourceType, *things: msgspec.Struct) -> None:
        for thing in things:
            self.informers.informer(resource).change(thing, "1")

    async def show_and_settle(self, resource: AnyResourceType, *things: msgspec.Struct) -> None:
        self.show(resource, *things)
        await settle()


@pytest.fixture
async def stage(clock: FakeClock) -> AsyncIterator[Stage]:
    stage = Stage(clock)
    for informer in stage.informers.made.values():
        informer.replace([], "1")
    async with TaskScope("test") as scope:
        running = scope.start("scheduler", stage.scheduler.run())
        await stage.scheduler.ready.wait()
        yield stage
        assert not running.done()


async def test_a_pod_gets_a_node_and_everybody_hears_of_it(stage: Stage) -> None:
    stage.show(NODES, make_node("node-1"))
    await stage.show_and_settle(PODS, make_pod("web"))
    assert stage.api.bindings == [("web", "node-1")]
    assert stage.recorder.said == [("Normal", "Scheduled", "Successfully assigned default/web to node-1")]
    ((why, note),) = stage.recorder.whys
    assert why == "node-1 is the only node and has room for it"
    assert '"total":1' in note
    (decision,) = stage.journal
    assert (decision.component, decision.action, decision.key) == (
        "default-scheduler",
        "bind",
        ObjectKey("default", "web"),
    )


async def test_pods_decided_in_one_go_see_the_places_taken_before_them(stage: Stage) -> None:
    stage.show(NODES, make_node("node-1", cpu="2"), make_node("node-2", cpu="2"))
    await stage.show_and_settle(PODS, *(make_pod(f"p{n}", cpu="1") for n in range(5)))
    assert sorted(node for _, node in stage.api.bindings) == ["node-1", "node-1", "node-2", "node-2"]
    assert [reason for _, reason, _ in stage.recorder.said].count("FailedScheduling") == 1


async def test_a_pod_that_fits_nowhere_says_why(stage: Stage) -> None:
    message = "0/1 nodes are available: 1 Insufficient cpu."
    stage.show(NODES, make_node("node-1", cpu="1"))
    await stage.show_and_settle(PODS, make_pod("web", cpu="2"))
    assert stage.api.bindings == []
    assert stage.recorder.said == [("Warning", "FailedScheduling", message)]
    ((path, patch),) = stage.api.patches
    assert path == "/api/v1/namespaces/default/pods/web/status"
    assert patch["status"] == {
        "conditions": [
            {
                "type": "PodScheduled",
                "status": "False",
                "reason": "Unschedulable",
                "message": message,
                "lastTransitionTime": "2027-01-15T08:00:00Z",
            }
        ]
    }


async def test_without_nodes_a_pod_waits_for_the_first_one(stage: Stage) -> None:
    await stage.show_and_settle(PODS, make_pod("web"))
    assert stage.recorder.said == [("Warning", "FailedScheduling", "no nodes available to schedule pods")]
    await stage.show_and_settle(NODES, make_node("node-1"))
    assert stage.api.bindings == [("web", "node-1")]


async def test_a_waiting_pod_gets_the_place_of_one_that_has_ended(stage: Stage) -> None:
    stage.show(NODES, make_node("node-1", cpu="1"))
    other = bound(make_pod("other", cpu="1"), "node-1")
    stage.show(PODS, other)
    await stage.show_and_settle(PODS, make_pod("web", cpu="1"))
    assert stage.api.bindings == []
    ended = msgspec.structs.replace(
        other,
        metadata=msgspec.structs.replace(other.metadata, resource_version="9"),
        status=msgspec.structs.replace(other.status, phase="Succeeded"),
    )
    await stage.show_and_settle(PODS, ended)
    assert stage.api.bindings == [("web", "node-1")]


async def test_a_heartbeat_wakes_nobody(stage: Stage) -> None:
    node = make_node("node-1", cpu="1")
    stage.show(NODES, node)
    await stage.show_and_settle(PODS, make_pod("web", cpu="2"))
    stage.recorder.said.clear()
    beat = msgspec.structs.replace(node, metadata=msgspec.structs.replace(node.metadata, resource_version="5"))
    await stage.show_and_settle(NODES, beat)
    assert stage.recorder.said == []


async def test_seeing_its_own_report_does_not_make_it_try_again(stage: Stage) -> None:
    pod = make_pod("web")
    await stage.show_and_settle(PODS, pod)
    await stage.show_and_settle(PODS, make_pod("web", version=2))
    assert len(stage.recorder.said) == 1


@pytest.mark.parametrize(
    "spec",
    [
        {"schedulingGates": [{"name": "wait"}]},
        {"schedulerName": "another"},
        {"nodeName": "node-1"},
    ],
)
async def test_pods_that_are_not_ours_are_left_alone(stage: Stage, spec: dict[str, object]) -> None:
    stage.show(NODES, make_node("node-1"))
    await stage.show_and_settle(PODS, make_pod("web", spec=spec))
    assert stage.api.bindings == []
    assert stage.recorder.said == []


async def test_a_pod_whose_last_gate_is_taken_away_is_scheduled(stage: Stage) -> None:
    stage.show(NODES, make_node("node-1"))
    await stage.show_and_settle(PODS, make_pod("web", spec={"schedulingGates": [{"name": "wait"}]}))
    await stage.show_and_settle(PODS, make_pod("web", version=2))
    assert stage.api.bindings == [("web", "node-1")]


async def test_when_binding_fails_the_place_is_free_again_and_the_pod_is_tried_again(stage: Stage) -> None:
    stage.show(NODES, make_node("node-1", cpu="1"))
    stage.api.failures.append(Response(500, body=b'{"kind":"Status","message":"no","code":500}'))
    await stage.show_and_settle(PODS, make_pod("web", cpu="1"))
    assert stage.api.bindings == []
    await stage.clock.advance(1.2)
    assert stage.api.bindings == [("web", "node-1")]


async def test_a_pod_deleted_before_its_binding_is_forgotten(stage: Stage) -> None:
    stage.show(NODES, make_node("node-1", cpu="1"))
    pod = make_pod("web", cpu="1")
    stage.api.failures.append(Response(409, body=b'{"kind":"Status","reason":"Conflict","code":409}'))
    stage.api.open.clear()
    await stage.show_and_settle(PODS, pod)
    stage.informers.informer(PODS).remove(pod, "2")
    stage.api.open.set()
    await settle()
    await stage.clock.advance(400)
    assert stage.api.bindings == []
    await stage.show_and_settle(PODS, make_pod("next", cpu="1"))
    assert stage.api.bindings == [("next", "node-1")]


async def test_a_bound_pod_counts_once_when_the_api_shows_it(stage: Stage) -> None:
    stage.show(NODES, make_node("node-1", cpu="2"))
    one = make_pod("one", cpu="1")
    await stage.show_and_settle(PODS, one)
    await stage.show_and_settle(PODS, bound(one, "node-1"))
    await stage.show_and_settle(PODS, make_pod("two", cpu="1"))
    assert [name for name, _ in stage.api.bindings] == ["one", "two"]


def claim(version: str, *, node: str = "", phase: str = "Pending") -> msgspec.Struct:
    annotations = {"volume.kubernetes.io/selected-node": node} if node else {}
    metadata = {"name": "data", "namespace": "default", "resourceVersion": version, "annotations": annotations}
    volume = "v1" if phase == "Bound" else ""
    return PERSISTENT_VOLUME_CLAIMS.from_document(
        {"metadata": metadata, "spec": {"storageClassName": "late", "volumeName": volume}, "status": {"phase": phase}}
    )


async def test_a_late_claim_learns_the_node_and_the_pod_waits_for_its_volume(
    stage: Stage,
) -> None:
    late: Document = {"metadata": {"name": "late"}, "provisioner": "p", "volumeBindingMode": "WaitForFirstConsumer"}
    stage.show(STORAGE_CLASSES, STORAGE_CLASSES.from_document(late))
    stage.show(PERSISTENT_VOLUME_CLAIMS, claim("2"))
    stage.show(NODES, make_node("node-1"))
    spec = {"volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]}
    await stage.show_and_settle(PODS, make_pod("db", spec=spec))
    ((path, patch),) = stage.api.patches
    assert path == "/api/v1/namespaces/default/persistentvolumeclaims/data"
    assert patch == {"metadata": {"annotations": {"volume.kubernetes.io/selected-node": "node-1"}}}
    await stage.show_and_settle(PERSISTENT_VOLUME_CLAIMS, claim("3", node="node-1"))
    assert stage.api.bindings == []
    await stage.show_and_settle(PERSISTENT_VOLUME_CLAIMS, claim("4", node="node-1", phase="Bound"))
    assert stage.api.bindings == [("db", "node-1")]
