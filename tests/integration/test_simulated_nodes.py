"""Simulated nodes with the real masters, over a store in memory: no machine, no container, no root."""

from __future__ import annotations

from collections.abc import AsyncIterator
from random import Random

import pytest

from suites.api_harness import make_api
from wherry.agent.simulated.fleet import USER, Fleet
from wherry.agent.simulated.heartbeats import PERIOD_S
from wherry.agent.simulated.nodes import LABEL
from wherry.agent.simulated.stages import Stage, built_in_stages, parse_stages
from wherry.api.apps.deployment import DEPLOYMENTS
from wherry.api.batch.job import JOBS
from wherry.api.coordination.lease import LEASES
from wherry.api.core.node import NODES
from wherry.api.core.pod import PODS, Pod
from wherry.apimachinery.document import Document
from wherry.client.client import Client
from wherry.client.informer import SharedInformers
from wherry.client.recorder import EventRecorder
from wherry.client.transport import InProcess
from wherry.controllers.registry import all_controllers
from wherry.kit.clock import FakeClock, settle
from wherry.kit.tasks import TaskScope
from wherry.reconcile.journal import Journal
from wherry.reconcile.manager import ControllerManager
from wherry.scheduler.loop import Scheduler

TEMPLATE: Document = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "c", "image": "i:1"}]}}


class World:
    """Masters, an administrator, and any number of simulated nodes."""

    def __init__(self, app: object, clock: FakeClock, scope: TaskScope) -> None:
        self._app = app
        self.clock = clock
        self.scope = scope
        self.admin = self.client("kubernetes-admin", "system:masters")
        self.informers = SharedInformers(self.client("system:kube-controller-manager"), clock, Random(7))

    def client(self, user: str, *groups: str) -> Client:
        peers = (*groups, "system:authenticated")
        return Client(InProcess(self._app, user=user, groups=peers), user_agent=user)  # type: ignore[arg-type]  # an App

    async def start(self, count: int, stages: tuple[Stage, ...] | None = None) -> Fleet:
        fleet = Fleet(
            self.client(USER, "system:nodes"), self.informers, self.clock, Journal(), Random(7),
            count=count, beside_real_nodes=False, stages=stages,
        )  # fmt: skip
        _ = self.scope.start(fleet.name, fleet.run())
        await self.calm()
        return fleet

    async def calm(self, seconds: float = 1.0) -> None:
        for _ in range(10):
            await settle(300)
            await self.clock.advance(seconds / 10)

    async def pods(self) -> list[Pod]:
        return list((await self.admin.list(PODS, "default")).items)


@pytest.fixture
async def world(clock: FakeClock) -> AsyncIterator[World]:
    api = await make_api(clock)
    async with TaskScope("world") as scope:
        world = World(api.server.app, clock, scope)
        masters, scheduling = world.client("system:kube-controller-manager"), world.client("system:kube-scheduler")

        async def remove(path: str) -> None: ...

        controllers = all_controllers(ca_pem="CA", volume_dir="/v", remove_directory=remove)
        manager = ControllerManager(masters, world.informers, clock, controllers, Journal(), Random(7))
        recorder = EventRecorder(scheduling, component="default-scheduler", clock=clock)
        scheduler = Scheduler(scheduling, world.informers, clock, recorder, Journal(), Random(7))
        for component in (world.informers, manager, scheduler):
            _ = scope.start(component.name, component.run())
        await manager.ready.wait()
        yield world


async def deployment(world: World, replicas: int) -> None:
    selector: Document = {"matchLabels": {"app": "web"}}
    spec: Document = {"replicas": replicas, "selector": selector, "template": TEMPLATE}
    await world.admin.create(DEPLOYMENTS, {"metadata": {"name": "web"}, "spec": spec}, "default")
    await world.calm()


async def test_a_deployment_becomes_available_on_simulated_nodes_and_goes_again(world: World) -> None:
    await world.start(5)
    await deployment(world, 20)
    assert (await world.admin.get(DEPLOYMENTS, "web", "default")).status.available_replicas == 20
    pods = await world.pods()
    assert len({pod.status.pod_ip for pod in pods}) == 20
    assert len({pod.spec.node_name for pod in pods}) == 5
    await world.admin.delete(DEPLOYMENTS, "web", "default")
    await world.calm()
    assert await world.pods() == []


async def test_a_job_completes(world: World) -> None:
    await world.start(1)
    template: Document = {"spec": {"containers": [{"name": "c", "image": "i:1"}], "restartPolicy": "Never"}}
    await world.admin.create(JOBS, {"metadata": {"name": "j"}, "spec": {"template": template}}, "default")
    await world.calm(5)
    assert (await world.admin.get(JOBS, "j", "default")).status.succeeded == 1


async def test_fewer_nodes_at_the_next_start_are_fewer_nodes(world: World) -> None:
    for number in range(4):
        document: Document = {"metadata": {"name": f"simulated-{number}", "labels": {LABEL: "true"}}}
        await world.admin.create(NODES, document)
    await world.start(2)
    names = {node.metadata.name for node in (await world.admin.list(NODES)).items}
    assert names == {"simulated-0", "simulated-1"}


async def test_a_node_that_a_person_labels_as_simulated_comes_to_life(world: World) -> None:
    fleet = await world.start(0)
    await world.admin.create(NODES, {"metadata": {"name": "mine", "labels": {LABEL: "true"}}})
    await world.calm(PERIOD_S * 1.5)
    node = await world.admin.get(NODES, "mine")
    assert {condition.type: condition.status for condition in node.status.conditions}["Ready"] == "True"
    assert (await world.admin.get(LEASES, "mine", "kube-node-lease")).spec.holder_identity == "mine"
    assert fleet.plays("mine")


async def test_heartbeats_keep_nodes_ready_for_hours(world: World) -> None:
    await world.start(3)
    before = (await world.admin.get(LEASES, "simulated-2", "kube-node-lease")).spec.renew_time
    for _ in range(20):
        await world.clock.advance(PERIOD_S)
        await settle(200)
    nodes = (await world.admin.list(NODES)).items
    assert all(
        condition.status == "True"
        for node in nodes
        for condition in node.status.conditions
        if condition.type == "Ready"
    )
    assert [node.spec.taints for node in nodes] == [()] * 3
    assert (await world.admin.get(LEASES, "simulated-2", "kube-node-lease")).spec.renew_time > before


async def test_a_finalizer_keeps_a_deleted_pod(world: World) -> None:
    await world.start(1)
    metadata: Document = {"name": "kept", "finalizers": ["example.com/wait"]}
    await world.admin.create(PODS, {"metadata": metadata, "spec": TEMPLATE["spec"]}, "default")
    await world.calm()
    await world.admin.delete(PODS, "kept", "default")
    await world.calm()
    (pod,) = await world.pods()
    assert pod.metadata.is_being_deleted
    await world.admin.patch(PODS, "kept", {"metadata": {"finalizers": None}}, "default")
    await world.calm()
    assert await world.pods() == []


async def test_a_stage_acts_after_its_delay(world: World) -> None:
    slow = parse_stages(
        '[[stage]]\nname = "slow"\nwhy = "w"\nwhen = { phase = ["Pending"] }\nthen = "Running"\ndelay_s = 30'
    )
    await world.start(1, slow)
    await deployment(world, 1)
    assert [pod.status.phase for pod in await world.pods()] == ["Pending"]
    await world.calm(31)
    assert [pod.status.phase for pod in await world.pods()] == ["Running"]
    assert built_in_stages() != slow
