"""The whole agent against the real API server in this process; only containers, network and time are not real."""

from __future__ import annotations

import asyncio
import base64
import json
import random
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path

import pytest

from wherry.agent.agent import Agent
from wherry.agent.log_files import LogRotation
from wherry.agent.settings import AgentSettings
from wherry.api.coordination.lease import LEASES
from wherry.api.core.configmap import CONFIG_MAPS
from wherry.api.core.event import EVENTS
from wherry.api.core.namespace import NAMESPACES
from wherry.api.core.node import NODES
from wherry.api.core.pod import PODS, Pod
from wherry.api.core.secret import SECRETS
from wherry.api.core.serviceaccount import SERVICE_ACCOUNTS
from wherry.api.registry import RESOURCE_TYPES
from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import AlreadyExists
from wherry.apimachinery.meta import ObjectKey
from wherry.apiserver.app import ApiServerConfig, build_app
from wherry.client.client import Client
from wherry.client.informer import Informer, SharedInformers
from wherry.client.recorder import EventRecorder
from wherry.client.transport import InProcess
from wherry.kit.clock import FakeClock, settle
from wherry.kit.http.types import App, Request, read_body
from wherry.kit.tasks import TaskScope
from wherry.runtime.fake import FakeImages, FakeRuntime, Script
from wherry.runtime.interface import ContainerState, Credentials, SandboxConfig
from wherry.store.memory import MemoryStore


class AddressTaken(Exception):
    """An error of the network's own, which the agent cannot know."""


class FakeNetwork:
    host_ip = "192.0.2.1"
    dns_ip = "10.96.0.10"
    cluster_domain = "cluster.local"

    def __init__(self) -> None:
        self.attached: dict[str, str] = {}
        self.taken: set[str] = set()
        self.withdrawals: list[str] = []
        self.withdrawn = asyncio.Event()
        self.withdrawn.set()

    async def attach(self, netns_path: str, sandbox_id: str, pod: ObjectKey, ip: str = "") -> str:
        if ip in self.taken:
            raise AddressTaken(ip)
        self.attached[sandbox_id] = ip or f"10.244.0.{len(self.attached) + 2}"
        return self.attached[sandbox_id]

    async def withdraw(self, ip: str) -> None:
        self.withdrawals.append(ip)
        await self.withdrawn.wait()

    async def detach(self, sandbox_id: str, netns_path: str) -> None:
        self.attached.pop(sandbox_id, None)


class NoMounts:
    def tmpfs(self, target: Path, size_bytes: int | None) -> None: ...

    def bind(self, source: Path, target: Path) -> None: ...

    def unmount(self, target: Path) -> None: ...

    def below(self, directory: Path) -> list[Path]:
        return []


class World:
    """A cluster with one node."""

    def __init__(self, clock: FakeClock, directory: Path) -> None:
        self.clock = clock
        self.images = FakeImages("web:1")
        self.runtime = FakeRuntime(clock, self.images)
        self.network = FakeNetwork()
        server = build_app(
            ApiServerConfig(store=MemoryStore(), clock=clock, random=random.Random(1), resource_types=RESOURCE_TYPES)
        )
        server.ready.set()
        self.app = server.app
        self.client = Client(InProcess(self.app, user="kubernetes-admin", groups=("system:masters",)))
        self.settings = AgentSettings("node-1", directory / "data", directory / "run", "192.0.2.1")
        self.informers = SharedInformers(self.client, clock, random.Random(2))
        self.pods: Informer[Pod] = self.informers.informer(PODS)
        self.node_app: App | None = None

    @asynccontextmanager
    async def agent(self) -> AsyncIterator[Agent]:
        client = Client(InProcess(self.app, user="system:node:node-1", groups=("system:nodes",)))
        informers = SharedInformers(client, self.clock, random.Random(3))
        recorder = EventRecorder(client, component="kubelet", host="node-1", clock=self.clock)
        agent = Agent(
            client=client,
            informers=informers,
            runtime=self.runtime,
            images=self.images,
            network=self.network,
            clock=self.clock,
            random=random.Random(4),
            recorder=recorder,
            settings=self.settings,
            mounts=NoMounts(),
        )
        async with TaskScope("node") as scope:
            for name, work in (("i", informers.run()), ("r", recorder.run()), ("a", agent.run())):
                _ = scope.start(name, work)
            await agent.ready.wait()
            self.node_app = agent.app
            yield agent

    async def create(self, containers: list[Document] | None = None, **spec: object) -> None:
        document = {
            "metadata": {"name": "web"},
            "spec": {
                "nodeName": "node-1",
                "automountServiceAccountToken": False,
                "containers": containers or [{"name": "c", "image": "web:1"}],
                **spec,
            },
        }
        await self.client.create(PODS, document, "default")

    async def until(self, predicate: Callable[[Pod | None], bool]) -> Pod | None:
        def look(lister: object) -> bool:
            return predicate(self.pods.lister.get("default", "web"))

        await asyncio.wait_for(self.pods.wait_until(look), 10)
        return self.pods.lister.get("default", "web")

    async def until_ready(self) -> Pod:
        pod = await self.until(is_ready)
        assert pod is not None
        return pod

    async def ask(self, path: str, query: str = "") -> tuple[int, bytes]:
        assert self.node_app is not None
        response = await self.node_app(Request("GET", path, query))
        return response.status, await read_body(response)


def is_ready(pod: Pod | None) -> bool:
    return pod is not None and any((c.type, c.status) == ("Ready", "True") for c in pod.status.conditions)


def restarted(times: int) -> Callable[[Pod | None], bool]:
    return lambda pod: is_ready(pod) and pod is not None and pod.status.container_statuses[0].restart_count == times


@pytest.fixture
async def world(clock: FakeClock, tmp_path: Path) -> AsyncIterator[World]:
    world = World(clock, tmp_path)
    for name in ("default", "kube-node-lease"):
        with suppress(AlreadyExists):
            await world.client.create(NAMESPACES, {"metadata": {"name": name}})
    await world.client.create(SERVICE_ACCOUNTS, {"metadata": {"name": "default"}}, "default")
    async with AsyncExitStack() as stack:
        scope = await stack.enter_async_context(TaskScope("world"))
        _ = scope.start("informers", world.informers.run())
        await world.pods.synced.wait()
        yield world


async def test_a_node_registers_itself_and_renews_its_lease(world: World, clock: FakeClock) -> None:
    async with world.agent():
        node = await world.client.get(NODES, "node-1")
        assert {c.type: c.status for c in node.status.conditions}["Ready"] == "True"
        assert node.metadata.labels["kubernetes.io/hostname"] == "node-1"
        assert node.status.node_info is not None
        assert node.status.node_info.kube_proxy_version
        await settle(50)
        first = await world.client.get(LEASES, "node-1", "kube-node-lease")
        await clock.advance(10)
        await settle(50)
        second = await world.client.get(LEASES, "node-1", "kube-node-lease")
        assert second.spec.renew_time > first.spec.renew_time
        assert second.spec.lease_duration_seconds == 40


async def test_a_bound_pod_runs_and_is_reported_ready_with_its_address(world: World) -> None:
    async with world.agent():
        await world.create()
        pod = await world.until_ready()
        assert (pod.status.phase, pod.status.pod_ip, pod.status.host_ip) == ("Running", "10.244.0.2", "192.0.2.1")
        status = pod.status.container_statuses[0]
        assert (status.ready, status.started, status.restart_count) == (True, True, 0)
        assert status.container_id.startswith("fake://c-0")
        await settle(100)
        events = await world.client.list(EVENTS, "default")
        assert [event.reason for event in events.items if event.involved_object.name == "web"] == [
            "Pulled",
            "Created",
            "Started",
        ]
        assert {event.involved_object.field_path for event in events.items} == {"spec.containers{c}"}


async def test_a_pod_that_others_called_not_ready_while_the_node_was_silent_is_ready_again(world: World) -> None:
    async with world.agent():
        await world.create()
        _ = await world.until_ready()
        silenced: Document = {"type": "Ready", "status": "False", "reason": "NodeNotReady"}
        patch: Document = {"status": {"conditions": [silenced]}}
        said = await world.client.patch(PODS, "web", patch, "default", subresource="status", patch_type="strategic")
        assert not is_ready(said)
        before = int(said.metadata.resource_version)

        pod = await world.until(lambda now: now is not None and int(now.metadata.resource_version) > before)
        assert is_ready(pod)
        assert pod is not None
        assert {one.reason for one in pod.status.conditions} == {""}


async def test_a_status_that_nobody_has_changed_is_not_reported_again(world: World) -> None:
    async with world.agent():
        await world.create()
        pod = await world.until_ready()
        await settle(100)
        pod = await world.client.patch(PODS, "web", {"metadata": {"labels": {"a": "b"}}}, "default")
        await settle(100)
        assert (await world.client.get(PODS, "web", "default")).metadata.resource_version == (
            pod.metadata.resource_version
        )


async def test_a_deleted_pod_leaves_nothing_behind(world: World) -> None:
    async with world.agent():
        await world.create()
        await world.until_ready()
        await world.client.delete(PODS, "web", "default")
        await world.until(lambda pod: pod is None)
        assert (world.runtime.sandboxes, world.network.attached) == ({}, {})
        assert await world.runtime.list_containers() == []
        assert list(world.settings.pods_dir.iterdir()) == []
        assert list(world.settings.logs_dir.iterdir()) == []


async def test_a_killed_container_runs_again_at_once(world: World) -> None:
    async with world.agent():
        await world.create()
        first = await world.until_ready()
        world.runtime.exit(first.status.container_statuses[0].container_id.removeprefix("fake://"), 137)
        pod = await world.until(restarted(1))
        assert pod is not None
        last = pod.status.container_statuses[0].last_state
        assert last is not None
        assert last.terminated is not None
        assert last.terminated.exit_code == 137


async def test_a_program_that_ends_before_its_start_is_known_is_not_missed(world: World, clock: FakeClock) -> None:
    world.runtime.scripts["c"] = Script(exit_code=0)
    async with world.agent():
        await world.create(restartPolicy="Never")
        await clock.advance(1)
        pod = await world.until(lambda pod: pod is not None and pod.status.phase == "Succeeded")
        assert pod is not None


async def test_containers_outlive_the_agent_and_are_adopted(world: World) -> None:
    async with world.agent():
        await world.create()
        before = await world.until_ready()
    assert len(await world.runtime.list_containers()) == 1
    started = world.runtime.calls.count(("start_container", "c"))
    async with world.agent():
        await settle(100)
        after = await world.until_ready()
        assert world.runtime.calls.count(("start_container", "c")) == started
        assert after.status.container_statuses[0].container_id == before.status.container_statuses[0].container_id
        assert world.network.attached[after.metadata.uid] == before.status.pod_ip


async def test_the_log_of_an_adopted_container_is_kept_small(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async with world.agent():
        await world.create()
        before = await world.until_ready()
    kept_small: list[str] = []
    monkeypatch.setattr(LogRotation, "add", lambda _self, container_id, _path: kept_small.append(container_id))
    async with world.agent():
        await settle(100)
    assert [before.status.container_statuses[0].container_id.endswith(one) for one in kept_small] == [True]


async def test_a_sandbox_that_was_cut_short_is_finished_by_the_next_agent(world: World) -> None:
    """Killed between the namespaces and the address: without hosts file and cable no container could start."""
    await world.create()
    uid = (await world.client.get(PODS, "web", "default")).metadata.uid
    await world.runtime.run_sandbox(SandboxConfig(id=uid, hostname="web"))
    async with world.agent():
        pod = await world.until_ready()
        assert world.network.attached[uid] == pod.status.pod_ip
        assert pod.status.pod_ip in (world.settings.pods_dir / uid / "etc-hosts").read_text()


async def test_an_end_while_the_agent_was_away_counts_once(world: World) -> None:
    async with world.agent():
        await world.create()
        pod = await world.until_ready()
    world.runtime.exit(pod.status.container_statuses[0].container_id.removeprefix("fake://"), 3)
    async with world.agent():
        pod2 = await world.until(restarted(1))
        assert pod2 is not None
        await settle(100)
        assert len([call for call in world.runtime.calls if call == ("start_container", "c")]) == 2


async def test_a_program_is_asked_to_end_only_when_services_send_it_nobody_any_more(world: World) -> None:
    async with world.agent():
        await world.create()
        await world.until_ready()
        world.network.withdrawn.clear()
        await world.client.delete(PODS, "web", "default")
        await settle(100)
        assert world.network.withdrawals == ["10.244.0.2"]
        (container,) = await world.runtime.list_containers()
        assert container.state is ContainerState.RUNNING
        world.network.withdrawn.set()
        await world.until(lambda pod: pod is None)


async def test_a_pod_deleted_at_once_waits_for_nobody(world: World) -> None:
    async with world.agent():
        await world.create()
        await world.until_ready()
        world.network.withdrawn.clear()
        await world.client.delete(PODS, "web", "default", grace_period_s=0)
        await settle(100)
        assert await world.runtime.list_containers() == []


async def test_a_pod_deleted_while_the_agent_was_away_is_taken_down(world: World) -> None:
    async with world.agent():
        await world.create()
        pod = await world.until_ready()
    await world.client.delete(PODS, "web", "default", grace_period_s=0, uid=pod.metadata.uid)
    await world.until(lambda pod: pod is None)
    async with world.agent():
        assert world.runtime.sandboxes == {}
        assert list(world.settings.pods_dir.iterdir()) == []


async def test_a_missing_config_map_is_waited_for_and_then_used(world: World) -> None:
    env = [{"name": "A", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "a"}}}]
    async with world.agent():
        await world.create([{"name": "c", "image": "web:1", "env": env}])
        pod = await world.until(
            lambda pod: (
                pod is not None
                and bool(pod.status.container_statuses)
                and pod.status.container_statuses[0].state is not None
                and pod.status.container_statuses[0].state.waiting is not None
                and pod.status.container_statuses[0].state.waiting.reason == "CreateContainerConfigError"
            )
        )
        assert pod is not None
        await world.client.create(CONFIG_MAPS, {"metadata": {"name": "settings"}, "data": {"a": "1"}}, "default")
        pod = await world.until_ready()
        config = world.runtime.configs[pod.status.container_statuses[0].container_id.removeprefix("fake://")]
        assert config.env["A"] == "1"
        assert config.env["KUBERNETES_SERVICE_HOST"] == "10.96.0.1"


async def test_a_mounted_config_map_changes_with_its_object(world: World) -> None:
    await world.client.create(CONFIG_MAPS, {"metadata": {"name": "page"}, "data": {"index.html": "one"}}, "default")
    async with world.agent():
        await world.create(
            [{"name": "c", "image": "web:1", "volumeMounts": [{"name": "page", "mountPath": "/page"}]}],
            volumes=[{"name": "page", "configMap": {"name": "page"}}],
        )
        pod = await world.until_ready()
        config = world.runtime.configs[pod.status.container_statuses[0].container_id.removeprefix("fake://")]
        place = next(mount.host_path for mount in config.mounts if mount.container_path == "/page")
        assert (place / "index.html").read_text() == "one"
        await world.client.patch(CONFIG_MAPS, "page", {"data": {"index.html": "two"}}, "default")
        await settle(200)
        assert (place / "index.html").read_text() == "two"


async def test_a_missing_image_is_reported_as_kubernetes_does(world: World, clock: FakeClock) -> None:
    async with world.agent():
        await world.create([{"name": "c", "image": "127.0.0.1:1/no/such:1"}])
        pod = await world.until(lambda pod: pod is not None and bool(pod.status.container_statuses))
        assert pod is not None
        state = pod.status.container_statuses[0].state
        assert state is not None
        assert state.waiting is not None
        assert state.waiting.reason == "ErrImagePull"
        await clock.advance(1)
        await world.until(lambda pod: _waiting_reason(pod) == "ImagePullBackOff")


def _waiting_reason(pod: Pod | None) -> str:
    state = pod.status.container_statuses[0].state if pod is not None else None
    return state.waiting.reason if state is not None and state.waiting is not None else ""


async def test_logs_of_the_present_and_the_previous_run_can_be_read(world: World) -> None:
    async with world.agent():
        await world.create()
        pod = await world.until_ready()
        container_id = pod.status.container_statuses[0].container_id.removeprefix("fake://")
        world.runtime.configs[container_id].log_path.write_text(
            "2026-11-23T07:00:00.000000000Z stdout F first\n2026-11-23T07:00:01.000000000Z stdout F last words\n"
        )
        assert await world.ask("/containerLogs/default/web/c") == (200, b"first\nlast words\n")
        assert await world.ask("/containerLogs/default/web/c", "tailLines=1") == (200, b"last words\n")
        status, body = await world.ask("/containerLogs/default/web/c", "previous=true")
        assert status == 400
        assert b'previous terminated container \\"c\\" in pod \\"web\\" not found' in body
        world.runtime.exit(container_id, 1)
        await world.until(restarted(1))
        assert await world.ask("/containerLogs/default/web/c", "previous=true") == (200, b"first\nlast words\n")


async def test_what_is_not_there_is_a_kubernetes_status(world: World) -> None:
    async with world.agent():
        assert (await world.ask("/containerLogs/default/none/c"))[0] == 404
        assert (await world.ask("/nonsense"))[0] == 404
        assert await world.ask("/healthz") == (200, b"ok")
        await world.create()
        await world.until_ready()
        status, body = await world.ask("/containerLogs/default/web/d")
        assert (status, b"container d is not valid for pod web" in body) == (400, True)
        assert (await world.ask("/exec/default/web/c", "command=ls"))[0] == 400


async def test_a_pod_whose_address_was_given_away_gets_another(world: World) -> None:
    async with world.agent():
        await world.create()
        before = await world.until_ready()
    world.network.taken.add(before.status.pod_ip)
    world.runtime.sandboxes.clear()
    world.runtime._containers.clear()
    async with world.agent():
        after = await world.until(
            lambda pod: is_ready(pod) and pod is not None and pod.status.pod_ip not in world.network.taken
        )
        assert after is not None
        assert [one.ip for one in after.status.pod_ips] == [after.status.pod_ip]
        assert after.status.container_statuses[0].restart_count == 1


def pull_secret(name: str, **auths: object) -> Document:
    document = base64.b64encode(json.dumps({"auths": auths}).encode()).decode()
    return {
        "metadata": {"name": name},
        "type": "kubernetes.io/dockerconfigjson",
        "data": {".dockerconfigjson": document},
    }


async def test_a_pod_pulls_with_the_credentials_of_its_secrets(world: World) -> None:
    world.images.pullable.add("r.example.com/web:2")
    login = {"username": "ana", "password": "secret"}
    async with world.agent():
        await world.client.create(SECRETS, pull_secret("shop", **{"r.example.com": login}), "default")
        secrets: list[Document] = [{"name": "shop"}, {"name": "absent"}]
        await world.create([{"name": "c", "image": "r.example.com/web:2"}], imagePullSecrets=secrets)
        _ = await world.until_ready()
        assert world.images.keyrings[-1].entries == (("r.example.com", Credentials("ana", "secret")),)
        await settle(100)
        events = {event.reason: event.message for event in (await world.client.list(EVENTS, "default")).items}
        assert "Unable to retrieve some image pull secrets (absent)" in events["FailedToRetrieveImagePullSecret"]
        assert 'Successfully pulled image "r.example.com/web:2"' in events["Pulled"]


async def test_a_secret_that_comes_later_is_tried_at_once(world: World) -> None:
    async with world.agent():
        image: Document = {"name": "c", "image": "r.example.com/web:2"}
        await world.create([image], imagePullSecrets=[{"name": "shop"}])
        await world.until(lambda pod: pod is not None and "ErrImagePull" in str(pod.status.container_statuses))
        world.images.pullable.add("r.example.com/web:2")
        login = {"username": "ana", "password": "secret"}
        await world.client.create(SECRETS, pull_secret("shop", **{"r.example.com": login}), "default")
        # No time has passed: it did not wait for the back-off.
        _ = await world.until_ready()


async def test_an_image_that_is_always_pulled_is_asked_for_at_each_start(world: World) -> None:
    async with world.agent():
        await world.create([{"name": "c", "image": "web:1", "imagePullPolicy": "Always"}])
        _ = await world.until_ready()
        assert world.images.pulled == ["web:1"]
