from __future__ import annotations

import asyncio

import pytest

from suites.api_harness import make_api
from wherry.api.core.pod import PODS
from wherry.apimachinery.document import Document
from wherry.client.client import Client
from wherry.client.transport import InProcess
from wherry.method.delivery.served_kinds import ServedKinds
from wherry.method.delivery.waiting import Awaited, NeverStarts, Outcome, Waiting

LABELS = {"wherry.dev/service": "orders"}


def deployment(ready: int) -> Document:
    template: Document = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "orders", "labels": LABELS},
        "spec": {"replicas": 1, "selector": {"matchLabels": {"a": "b"}}, "template": template},
        "status": {
            "observedGeneration": 1,
            "replicas": ready,
            "updatedReplicas": ready,
            "readyReplicas": ready,
            "availableReplicas": ready,
        },
    }


def pod(release: str, reason: str, message: str = "") -> Document:
    waiting: Document = {
        "name": "c",
        "ready": False,
        "restartCount": 0,
        "image": "i",
        "imageID": "",
        "state": {"waiting": {"reason": reason, "message": message}},
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": f"of-{release}", "labels": {**LABELS, "wherry.dev/release": release}},
        "spec": {"containers": [{"name": "c", "image": "i"}]},
        "status": {"containerStatuses": [waiting]},
    }


class World:
    """A cluster without controllers: the test says what the pods do."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.said: list[str] = []
        self.waiting = Waiting(client, "default", "orders", "orders-r2", self.said.append)

    async def until_ready(self, timeout_s: float = 10) -> Outcome:
        kind = await ServedKinds(self.client).find("apps/v1", "Deployment")
        return await self.waiting.until_ready([Awaited(kind, "orders", 1)], timeout_s)

    async def put(self, document: Document) -> None:
        kind = await ServedKinds(self.client).find(str(document["apiVersion"]), str(document["kind"]))
        made = await self.client.create(kind, document, "default")
        await self.client.patch(
            kind, made.metadata.name, {"status": document["status"]}, "default", subresource="status"
        )


async def world() -> World:
    api = await make_api()
    return World(Client(InProcess(api.server.app, user="ana", groups=("system:masters", "system:authenticated"))))


async def test_waiting_ends_when_the_pods_are_ready_and_tells_each_step_once() -> None:
    made = await world()
    await made.put(deployment(0))

    async def become_ready() -> None:
        kind = await ServedKinds(made.client).find("apps/v1", "Deployment")
        status: Document = {"status": deployment(1)["status"]}
        await made.client.patch(kind, "orders", status, "default", subresource="status")

    outcome, _ = await asyncio.gather(made.until_ready(), become_ready())
    assert outcome == Outcome()
    assert made.said[-1] == "orders: 1 of 1 pods are ready"
    assert len(made.said) == len(set(made.said))


async def test_a_pod_of_this_release_that_cannot_start_ends_the_wait_and_one_of_another_does_not() -> None:
    made = await world()
    await made.put(deployment(0))
    await made.put(pod("orders-r1", "ErrImagePull"))
    late = await made.until_ready(timeout_s=0.2)
    assert (late.timed_out, late.trouble) == (True, None)
    await made.put(pod("orders-r2", "ErrImagePull"))
    outcome = await made.until_ready()
    assert outcome.trouble is not None
    assert (outcome.timed_out, outcome.trouble.pod) == (False, "of-orders-r2")
    assert "its image cannot be had" in outcome.why


async def test_a_registry_that_is_busy_is_waited_for_and_said_when_the_time_is_over() -> None:
    made = await world()
    await made.put(deployment(0))
    await made.put(pod("orders-r2", "ImagePullBackOff", "429 Too Many Requests"))
    outcome = await made.until_ready(timeout_s=0.2)
    assert outcome.timed_out
    assert "its image cannot be had (429 Too Many Requests)" in outcome.why
    assert made.said[-1] == "pod of-orders-r2 waits: its image cannot be had (429 Too Many Requests)"


async def test_nothing_to_wait_for_is_ready() -> None:
    made = await world()
    assert await made.waiting.until_ready([], 1) == Outcome()
    assert (await made.client.list(PODS)).items == []


async def test_a_task_whose_pod_cannot_start_ends_the_wait_at_once() -> None:
    made = await world()
    stuck = pod("orders-r2", "ImagePullBackOff")
    metadata = stuck["metadata"]
    assert isinstance(metadata, dict)
    metadata["labels"] = {**LABELS, "batch.kubernetes.io/job-name": "orders-r2-migrate"}
    await made.put(stuck)
    jobs = await ServedKinds(made.client).find("batch/v1", "Job")
    with pytest.raises(NeverStarts, match="pod of-orders-r2: its image cannot be had"):
        await made.waiting.until_finished(jobs, "orders-r2-migrate", 10)
    with pytest.raises(TimeoutError):
        await made.waiting.until_finished(jobs, "another", 0.2)
