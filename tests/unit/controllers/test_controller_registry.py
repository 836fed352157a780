"""All controllers, at work together on one in-memory API server."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

import wherry.controllers
from suites.fake_api import FakeApi
from wherry.api.apps.replicaset import REPLICA_SETS
from wherry.api.core.configmap import CONFIG_MAPS
from wherry.api.core.endpoints import ENDPOINTS
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
from wherry.client.informer import SharedInformers
from wherry.controllers.registry import Keys, all_controllers
from wherry.kit.clock import FakeClock, settle
from wherry.kit.tasks import TaskScope
from wherry.reconcile.journal import Journal
from wherry.reconcile.manager import ControllerManager


class Masters:
    """All controllers, running against `api`."""

    def __init__(self, clock: FakeClock) -> None:
        self.api = FakeApi()
        self.clock = clock
        self.journal = Journal()
        self.removed: list[str] = []

    async def remove(self, path: str) -> None:
        self.removed.append(path)

    async def run(self, scope: TaskScope) -> None:
        controllers = all_controllers(ca_pem="PEM", volume_dir="/volumes", remove_directory=self.remove)
        informers = SharedInformers(self.api.client(), self.clock, Random(1))
        manager = ControllerManager(self.api.client(), informers, self.clock, controllers, self.journal, Random(1))
        _ = scope.start("informers", informers.run())
        _ = scope.start("manager", manager.run())
        await manager.ready.wait()
        await self.calm()

    async def calm(self, seconds: float = 1.0) -> None:
        """Let everything that has to happen happen."""
        for _ in range(10):
            await settle(200)
            await self.clock.advance(seconds / 10)


@pytest.fixture
def masters(clock: FakeClock) -> Masters:
    return Masters(clock)


def replica_set(replicas: int) -> Document:
    template = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "web"}]}}
    spec = {"replicas": replicas, "selector": {"matchLabels": {"app": "web"}}, "template": template}
    return {"metadata": {"name": "web", "generation": 1}, "spec": spec}


NODE: Document = {"metadata": {"name": "n1"}, "status": {"conditions": [{"type": "Ready", "status": "True"}]}}


async def test_a_replica_set_behind_a_service_lives_and_dies(masters: Masters) -> None:
    api = masters.api
    api.put(NAMESPACES, {"metadata": {"name": "ns"}, "spec": {"finalizers": ["kubernetes"]}})
    api.put(NODES, NODE)
    service = {"selector": {"app": "web"}, "ports": [{"port": 80}], "clusterIP": "10.96.0.7"}
    api.put(SERVICES, {"metadata": {"name": "web"}, "spec": service}, "ns")
    async with TaskScope("test") as scope:
        await masters.run(scope)
        assert [each["metadata"]["name"] for each in api.all(SERVICE_ACCOUNTS)] == ["default"]  # type: ignore[index]
        assert [each["data"] for each in api.all(CONFIG_MAPS)] == [{"ca.crt": "PEM"}]

        api.put(REPLICA_SETS, replica_set(30), "ns")
        await masters.calm()
        assert len(api.all(PODS)) == 30
        for number, pod in enumerate(api.all(PODS)):
            ready = {"type": "Ready", "status": "True", "lastTransitionTime": "2026-11-23T07:00:00Z"}
            status = {"phase": "Running", "podIP": f"10.244.0.{number + 2}", "conditions": [ready]}
            spec = {**pod["spec"], "nodeName": "n1"}  # type: ignore[dict-item]
            api.put(PODS, {**pod, "spec": spec, "status": status}, "ns")
        await masters.calm()
        [rs] = api.all(REPLICA_SETS)
        assert rs["status"]["readyReplicas"] == rs["status"]["availableReplicas"] == 30  # type: ignore[index]
        [piece] = api.all(ENDPOINT_SLICES)
        assert len(piece["endpoints"]) == 30  # type: ignore[arg-type]
        [endpoints] = api.all(ENDPOINTS)
        assert len(endpoints["subsets"][0]["addresses"]) == 30  # type: ignore[index]
        messages = [str(event["message"]) for event in api.all(EVENTS) if event["reason"] == "SuccessfulCreate"]
        assert len(messages) == 30

        sent = len(api.requests)
        await masters.calm()
        assert len(api.requests) == sent, "nothing is asked or written when nothing changes"

        api.remove(REPLICA_SETS, "web", "ns")
        await masters.calm()
        assert all(pod["metadata"].get("deletionTimestamp") for pod in api.all(PODS))  # type: ignore[attr-defined]
        whys = {each.why for each in masters.journal if each.component == "garbage-collector-controller"}
        assert "its owner ReplicaSet web is gone" in whys


async def test_a_namespace_goes_with_everything_in_it(masters: Masters) -> None:
    api = masters.api
    api.put(NAMESPACES, {"metadata": {"name": "ns"}, "spec": {"finalizers": ["kubernetes"]}})
    async with TaskScope("test") as scope:
        await masters.run(scope)
        api.put(REPLICA_SETS, replica_set(3), "ns")
        await masters.calm()
        namespace = api.get(NAMESPACES, "ns")
        assert namespace is not None
        api.remove(REPLICA_SETS, "web", "ns")
        going = {**namespace["metadata"], "deletionTimestamp": "2026-11-23T07:00:00Z"}  # type: ignore[dict-item]
        api.put(NAMESPACES, {**namespace, "metadata": going})
        await masters.calm(100)
        assert api.all(PODS) == api.all(CONFIG_MAPS) == api.all(SERVICE_ACCOUNTS) == []
        assert ("PUT", "/api/v1/namespaces/ns/finalize") in api.requests
        assert api.all(NAMESPACES) == []


async def test_a_claim_gets_its_volume_and_gives_it_back(masters: Masters) -> None:
    api = masters.api
    api.put(NODES, NODE)
    api.put(
        STORAGE_CLASSES,
        {"metadata": {"name": "local"}, "provisioner": "wherry.dev/local-path", "volumeBindingMode": "Immediate"},
    )
    spec = {
        "storageClassName": "local",
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": "1Gi"}},
    }
    async with TaskScope("test") as scope:
        await masters.run(scope)
        api.put(PERSISTENT_VOLUME_CLAIMS, {"metadata": {"name": "data"}, "spec": spec, "status": {}}, "ns")
        await masters.calm()
        [volume], [claim] = api.all(PERSISTENT_VOLUMES), api.all(PERSISTENT_VOLUME_CLAIMS)
        assert volume["status"]["phase"] == claim["status"]["phase"] == "Bound"  # type: ignore[index]
        assert claim["spec"]["volumeName"] == volume["metadata"]["name"]  # type: ignore[index]
        assert claim["metadata"]["finalizers"] == ["kubernetes.io/pvc-protection"]  # type: ignore[index]

        await api.client().delete(PERSISTENT_VOLUME_CLAIMS, "data", "ns")
        await masters.calm()
        assert api.all(PERSISTENT_VOLUME_CLAIMS) == api.all(PERSISTENT_VOLUMES) == []
        assert masters.removed == [f"/volumes/{volume['metadata']['name']}_ns_data"]  # type: ignore[index]


def test_every_controller_has_its_own_name_and_every_file_a_controller() -> None:
    async def nothing(path: str) -> None: ...

    keys = Keys(lambda *_: "", lambda *_: b"", FakeApi().client())
    controllers = all_controllers(ca_pem="", volume_dir="/v", remove_directory=nothing, keys=keys)
    names = [controller.name for controller in controllers]
    assert len(set(names)) == len(names) == 31
    assert all(controller.sources for controller in controllers)
    registry = Path(wherry.controllers.__file__).with_name("registry.py").read_text()
    folder = Path(wherry.controllers.__file__).parent
    shared = {"__init__", "registry", "csr_signers", "pod_facts", "pod_template", "revisions"}
    for path in folder.iterdir():
        if path.stem not in shared and not path.stem.startswith("__"):
            assert f"wherry.controllers.{path.stem}" in registry, path.stem
