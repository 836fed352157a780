"""Deployments, StatefulSets and Jobs over the real API server in memory; a small coroutine plays the nodes."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from suites.api_harness import Api, make_api
from suites.sample_objects import sample
from wherry.api.apps.deployment import DEPLOYMENTS, Deployment
from wherry.api.apps.replicaset import REPLICA_SETS
from wherry.api.apps.statefulset import STATEFUL_SETS, StatefulSet
from wherry.api.batch.job import JOBS, Job
from wherry.api.core.pod import PODS, Pod
from wherry.api.documents import section
from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import NotFound
from wherry.apimachinery.meta import ObjectKey
from wherry.client.client import Client
from wherry.client.informer import Informer, SharedInformers
from wherry.client.transport import InProcess
from wherry.controllers.deployment.controller import DEPLOYMENT_CONTROLLER
from wherry.controllers.job.controller import JOB_CONTROLLER
from wherry.controllers.replicaset import REPLICA_SET_CONTROLLER
from wherry.controllers.statefulset.controller import STATEFUL_SET_CONTROLLER
from wherry.kit.clock import FakeClock, SystemClock
from wherry.kit.tasks import TaskScope
from wherry.reconcile.journal import Journal
from wherry.reconcile.manager import ControllerManager

WAIT_S = 20.0
READY: Document = {"type": "Ready", "status": "True", "lastTransitionTime": "2026-11-23T07:00:00Z"}


class Cluster:
    """Masters in memory, and nodes that do at once what they are told."""

    def __init__(self, api: Api, informers: SharedInformers, client: Client) -> None:
        self.api = api
        self.client = client
        self.deployments = informers.informer(DEPLOYMENTS)
        self.replica_sets = informers.informer(REPLICA_SETS)
        self.stateful_sets = informers.informer(STATEFUL_SETS)
        self.jobs = informers.informer(JOBS)
        self.pods = informers.informer(PODS)
        self._changed: asyncio.Queue[Pod] = asyncio.Queue()
        self.exit_codes: list[int] = []
        self.pods.add_handler(self._note)

    def _note(self, old: Pod | None, new: Pod | None) -> None:
        if new is not None and new.status.phase == "Pending" and not new.metadata.is_being_deleted:
            self._changed.put_nowait(new)

    async def play_nodes(self) -> None:
        while True:
            pod = await self._changed.get()
            status: Document = {"phase": "Running", "conditions": [READY]}
            if pod.spec.restart_policy == "Never":
                code = self.exit_codes.pop(0) if self.exit_codes else 0
                # Long ago, so that nobody waits before trying again.
                ended: Document = {"terminated": {"exitCode": code, "finishedAt": "2020-01-01T00:00:00Z"}}
                one: Document = {"name": "c", "ready": False, "restartCount": 0, "image": "i", "imageID": ""}
                status = {"phase": "Failed" if code else "Succeeded", "containerStatuses": [{**one, "state": ended}]}
            try:
                await self.client.patch(
                    PODS, pod.metadata.name, {"status": status}, pod.metadata.namespace, subresource="status"
                )
            except NotFound:
                continue


@asynccontextmanager
async def masters() -> AsyncIterator[Cluster]:
    api = await make_api(FakeClock())
    clock = SystemClock()
    client = Client(InProcess(api.server.app, user="system:kube-controller-manager", groups=("system:masters",)))
    seeded = random.Random(7)
    informers = SharedInformers(client, clock, seeded)
    cluster = Cluster(api, informers, client)
    controllers = (DEPLOYMENT_CONTROLLER, REPLICA_SET_CONTROLLER, STATEFUL_SET_CONTROLLER, JOB_CONTROLLER)
    manager = ControllerManager(client, informers, clock, controllers, Journal(), seeded)
    async with TaskScope("masters") as scope:
        _ = scope.start("informers", informers.run())
        _ = scope.start("manager", manager.run())
        _ = scope.start("nodes", cluster.play_nodes())
        await manager.ready.wait()
        yield cluster


def is_rolled_out(deployment: Deployment) -> bool:
    """What `kubectl rollout status` waits for."""
    status, wanted = deployment.status, deployment.spec.replicas
    return (
        (status.observed_generation or 0) >= deployment.metadata.generation
        and status.updated_replicas == status.replicas == status.available_replicas == wanted
        and any(one.reason == "NewReplicaSetAvailable" for one in status.conditions)
    )


async def until(informer: Informer[Deployment], condition: Callable[[Deployment], bool]) -> Deployment:
    def holds(lister: object) -> bool:
        deployment = informer.lister.get("default", "web")
        return deployment is not None and condition(deployment)

    await informer.wait_until(holds, WAIT_S)
    deployment = informer.lister.get("default", "web")
    assert deployment is not None
    return deployment


async def test_a_deployment_rolls_out_scales_and_goes_back() -> None:
    async with masters() as cluster:
        document = sample(DEPLOYMENTS)
        section(document, "spec")["replicas"] = 3
        await cluster.client.create(DEPLOYMENTS, document, "default")
        first = await until(cluster.deployments, is_rolled_out)
        assert first.metadata.annotations["deployment.kubernetes.io/revision"] == "1"

        patch: Document = {
            "spec": {"replicas": 5, "template": {"spec": {"containers": [{"name": "c", "image": "i:2"}]}}}
        }
        changed = await cluster.client.patch(DEPLOYMENTS, "web", patch, "default")
        generation = changed.metadata.generation
        await until(
            cluster.deployments, lambda one: one.status.observed_generation == generation and is_rolled_out(one)
        )
        images = {
            pod.spec.containers[0].image for pod in cluster.pods.lister.list() if not pod.metadata.is_being_deleted
        }
        assert images == {"i:2"}

        back: Document = {"spec": {"template": first.spec.template}}
        changed = await cluster.client.patch(DEPLOYMENTS, "web", back, "default", patch_type="merge")
        generation = changed.metadata.generation
        last = await until(
            cluster.deployments, lambda one: one.status.observed_generation == generation and is_rolled_out(one)
        )
        assert last.metadata.annotations["deployment.kubernetes.io/revision"] == "3"
        assert len(list(cluster.replica_sets.lister.list())) == 2


async def test_a_stateful_set_starts_in_order_and_renews_its_pods() -> None:
    async with masters() as cluster:
        document = sample(STATEFUL_SETS)
        section(document, "spec")["replicas"] = 3
        await cluster.client.create(STATEFUL_SETS, document, "default")

        def is_done(image: str) -> Callable[[object], bool]:
            def done(lister: object) -> bool:
                found: StatefulSet | None = cluster.stateful_sets.lister.get("default", "web")
                pods = list(cluster.pods.lister.list())
                return (
                    found is not None
                    and found.status.current_revision == found.status.update_revision
                    and found.status.ready_replicas == 3
                    and {pod.spec.containers[0].image for pod in pods} == {image}
                )

            return done

        await cluster.stateful_sets.wait_until(is_done("registry.example/web:1"), WAIT_S)
        assert sorted(pod.metadata.key for pod in cluster.pods.lister.list()) == [
            ObjectKey("default", f"web-{number}") for number in range(3)
        ]
        patch: Document = {"spec": {"template": {"spec": {"containers": [{"name": "c", "image": "i:2"}]}}}}
        await cluster.client.patch(STATEFUL_SETS, "web", patch, "default")
        await cluster.stateful_sets.wait_until(is_done("i:2"), WAIT_S)


async def test_a_job_tries_again_after_a_failure_and_counts_both() -> None:
    async with masters() as cluster:
        cluster.exit_codes = [1]
        await cluster.client.create(JOBS, sample(JOBS), "default")

        def is_complete(lister: object) -> bool:
            job: Job | None = cluster.jobs.lister.get("default", "web")
            return job is not None and any(one.type == "Complete" for one in job.status.conditions)

        await cluster.jobs.wait_until(is_complete, WAIT_S)
        job = cluster.jobs.lister.get("default", "web")
        assert job is not None
        assert (job.status.succeeded, job.status.failed) == (1, 1)
        await cluster.pods.wait_until(lambda lister: not any(pod.metadata.finalizers for pod in lister.list()), WAIT_S)
