"""All controllers against the real API server over a store in memory: what the planners send is accepted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from random import Random

import pytest

from suites.api_harness import Api, make_api
from wherry.api.apps.deployment import DEPLOYMENTS
from wherry.api.apps.replicaset import REPLICA_SETS
from wherry.api.core.configmap import CONFIG_MAPS
from wherry.api.core.event import EVENTS
from wherry.api.core.namespace import NAMESPACES
from wherry.api.core.node import NODES
from wherry.api.core.persistent_volume import PERSISTENT_VOLUMES
from wherry.api.core.persistent_volume_claim import PERSISTENT_VOLUME_CLAIMS
from wherry.api.core.pod import PODS
from wherry.api.core.service import SERVICES
from wherry.api.core.serviceaccount import SERVICE_ACCOUNTS
from wherry.api.discovery.endpointslice import ENDPOINT_SLICES
from wherry.api.storage.storageclass import STORAGE_CLASSES
from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import NotFound
from wherry.client.client import Client
from wherry.client.informer import SharedInformers
from wherry.client.transport import InProcess
from wherry.controllers.registry import all_controllers
from wherry.kit.clock import FakeClock, settle
from wherry.kit.tasks import TaskScope
from wherry.reconcile.journal import Journal
from wherry.reconcile.manager import ControllerManager

LABELS = {"app": "web"}
TEMPLATE: Document = {"metadata": {"labels": LABELS}, "spec": {"containers": [{"name": "web", "image": "web:1"}]}}


class World:
    """The running masters and an administrator."""

    def __init__(self, api: Api, clock: FakeClock) -> None:
        self.clock = clock
        self.admin = Client(InProcess(api.server.app, user="kubernetes-admin", groups=("system:masters",)))
        self.masters = Client(InProcess(api.server.app, user="system:kube-controller-manager"))
        self.removed: list[str] = []

    async def remove(self, path: str) -> None:
        self.removed.append(path)

    async def calm(self, seconds: float = 2.0) -> None:
        """Let everything happen that has to."""
        for _ in range(10):
            await settle(300)
            await self.clock.advance(seconds / 10)

    async def make_ready(self, namespace: str) -> None:
        """Be the node: every pod runs and is ready."""
        for number, pod in enumerate((await self.admin.list(PODS, namespace)).items):
            ready = {"type": "Ready", "status": "True", "lastTransitionTime": "2027-01-15T08:00:00Z"}
            ip = f"10.244.0.{number + 2}"
            status = {"phase": "Running", "podIP": ip, "podIPs": [{"ip": ip}], "conditions": [ready]}
            await self.admin.patch(PODS, pod.metadata.name, {"status": status}, namespace, subresource="status")


@pytest.fixture
async def world(clock: FakeClock) -> AsyncIterator[World]:
    world = World(await make_api(clock), clock)
    informers = SharedInformers(world.masters, clock, Random(1))
    controllers = all_controllers(ca_pem="PEM", volume_dir="/volumes", remove_directory=world.remove)
    manager = ControllerManager(world.masters, informers, clock, controllers, Journal(), Random(1))
    async with TaskScope("masters") as scope:
        _ = scope.start("informers", informers.run())
        _ = scope.start("manager", manager.run())
        await manager.ready.wait()
        await world.calm()
        yield world


async def test_a_deployment_becomes_ready_endpoints_and_goes_with_its_namespace(world: World) -> None:
    admin = world.admin
    await admin.create(NAMESPACES, {"metadata": {"name": "shop"}})
    await world.calm()
    assert [each.metadata.name for each in (await admin.list(SERVICE_ACCOUNTS, "shop")).items] == ["default"]
    assert (await admin.get(CONFIG_MAPS, "kube-root-ca.crt", "shop")).data == {"ca.crt": "PEM"}
    spec = {"replicas": 3, "selector": {"matchLabels": LABELS}, "template": TEMPLATE}
    await admin.create(DEPLOYMENTS, {"metadata": {"name": "web"}, "spec": spec}, "shop")
    await admin.create(
        SERVICES, {"metadata": {"name": "web"}, "spec": {"selector": LABELS, "ports": [{"port": 80}]}}, "shop"
    )
    await world.calm()
    await world.make_ready("shop")
    await world.calm()
    [replica_set] = (await admin.list(REPLICA_SETS, "shop")).items
    assert (replica_set.status.ready_replicas, replica_set.status.available_replicas) == (3, 3)
    [piece] = (await admin.list(ENDPOINT_SLICES, "shop", label_selector="kubernetes.io/service-name=web")).items
    assert [each.conditions and each.conditions.ready for each in piece.endpoints] == [True, True, True]
    events = (await admin.list(EVENTS, "shop", field_selector="reason=SuccessfulCreate")).items
    assert len(events) == 3

    await admin.delete(NAMESPACES, "shop")
    await world.calm(20)
    with pytest.raises(NotFound):
        await admin.get(NAMESPACES, "shop")
    assert (await admin.list(PODS)).items == []


async def test_a_deleted_deployment_takes_everything_along(world: World) -> None:
    admin = world.admin
    spec = {"replicas": 2, "selector": {"matchLabels": LABELS}, "template": TEMPLATE}
    for propagation in ("Background", "Foreground"):
        await admin.create(DEPLOYMENTS, {"metadata": {"name": "web"}, "spec": spec}, "default")
        await world.calm()
        assert len((await admin.list(PODS, "default")).items) == 2
        await admin.delete(DEPLOYMENTS, "web", "default", propagation=propagation)
        await world.calm(5)
        assert [*(await admin.list(PODS)).items, *(await admin.list(REPLICA_SETS)).items] == []
        assert (await admin.list(DEPLOYMENTS)).items == []

    await admin.create(DEPLOYMENTS, {"metadata": {"name": "web"}, "spec": spec}, "default")
    await world.calm()
    await admin.delete(DEPLOYMENTS, "web", "default", propagation="Orphan")
    await world.calm(5)
    [orphan] = (await admin.list(REPLICA_SETS)).items
    assert orphan.metadata.owner_references == ()
    assert len((await admin.list(PODS)).items) == 2


async def test_two_that_own_each_other_go_though_each_is_to_go_after_the_other(world: World) -> None:
    admin = world.admin
    made = {name: await admin.create(CONFIG_MAPS, {"metadata": {"name": name}}, "default") for name in ("a", "b")}
    for name, boss in (("a", "b"), ("b", "a")):
        of = {"apiVersion": "v1", "kind": "ConfigMap", "name": boss, "uid": made[boss].metadata.uid}
        owners: Document = {"metadata": {"ownerReferences": [{**of, "blockOwnerDeletion": True}]}}
        await admin.patch(CONFIG_MAPS, name, owners, "default")
    await asyncio.gather(*(admin.delete(CONFIG_MAPS, name, "default", propagation="Foreground") for name in made))
    await world.calm(5)
    assert not {each.metadata.name for each in (await admin.list(CONFIG_MAPS, "default")).items} & set(made)


async def test_a_claim_is_provisioned_where_its_pod_was_scheduled_and_cleaned_up(world: World) -> None:
    admin = world.admin
    node: Document = {"metadata": {"name": "n1", "labels": {"kubernetes.io/hostname": "n1"}}}
    await admin.create(NODES, node)
    await admin.create(
        STORAGE_CLASSES,
        {
            "metadata": {"name": "test"},
            "provisioner": "wherry.dev/local-path",
            "volumeBindingMode": "WaitForFirstConsumer",
        },
    )
    spec = {"storageClassName": "test", "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    await admin.create(PERSISTENT_VOLUME_CLAIMS, {"metadata": {"name": "data"}, "spec": spec}, "default")
    await world.calm()
    waiting = await admin.get(PERSISTENT_VOLUME_CLAIMS, "data", "default")
    assert (waiting.status.phase, waiting.spec.volume_name) == ("Pending", "")
    chosen: Document = {"metadata": {"annotations": {"volume.kubernetes.io/selected-node": "n1"}}}
    await admin.patch(PERSISTENT_VOLUME_CLAIMS, "data", chosen, "default")
    await world.calm()
    claim = await admin.get(PERSISTENT_VOLUME_CLAIMS, "data", "default")
    volume = await admin.get(PERSISTENT_VOLUMES, claim.spec.volume_name)
    assert (claim.status.phase, volume.status.phase) == ("Bound", "Bound")
    await admin.delete(PERSISTENT_VOLUME_CLAIMS, "data", "default")
    await world.calm()
    assert (await admin.list(PERSISTENT_VOLUMES)).items == []
    assert len(world.removed) == 1


async def test_a_silent_node_is_tainted(world: World) -> None:
    conditions = [{"type": "Ready", "status": "True", "lastTransitionTime": "2027-01-15T08:00:00Z"}]
    await world.admin.create(NODES, {"metadata": {"name": "n1"}})
    await world.admin.patch(NODES, "n1", {"status": {"conditions": conditions}}, subresource="status")
    await world.calm(30)
    assert [each.key for each in (await world.admin.get(NODES, "n1")).spec.taints if each.effect == "NoExecute"] == []
    await world.calm(30)
    node = await world.admin.get(NODES, "n1")
    assert [each.key for each in node.spec.taints if each.effect == "NoExecute"] == ["node.kubernetes.io/unreachable"]
    assert {each.status for each in node.status.conditions} == {"Unknown"}
