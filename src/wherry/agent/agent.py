"""The node agent (kubelet): runs the pods that were bound to its node, and keeps them as they should be.

    API server --watch--> Agent --events--> PodWorker (one per pod) --instructions--> runtime, network, volumes
    runtime    --exits--> Agent --events--> PodWorker ...                             status, Events --> API server

It is stopped by cancellation and then leaves everything running: containers are never its children.
The next agent over the same directories adopts them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from random import Random

from wherry.agent import adoption
from wherry.agent.downward import NodeFacts
from wherry.agent.images import ImagePuller
from wherry.agent.interfaces import PodNetwork
from wherry.agent.log_files import LogFiles, LogRotation
from wherry.agent.node import NodeReporter
from wherry.agent.node_services import NodeServices, Recorder
from wherry.agent.node_status import compute_capacity
from wherry.agent.objects import WatchedObjects
from wherry.agent.pod_directory import PodDirectory
from wherry.agent.pod_environment import EnvironmentSource
from wherry.agent.pod_events import PodGone, RuntimeAdopted
from wherry.agent.pod_worker import PodWorker
from wherry.agent.server import NodeServer
from wherry.agent.settings import AgentSettings
from wherry.agent.volumes.interface import Mounts
from wherry.agent.volumes.mounting import KernelMounts
from wherry.agent.volumes.pod_volumes import remove_directory
from wherry.api.core.pod import PODS, Pod
from wherry.api.core.service import SERVICES
from wherry.client.client import Client
from wherry.client.informer import SharedInformers
from wherry.kit.clock import Clock
from wherry.kit.http.types import App
from wherry.kit.log import get_logger
from wherry.kit.tasks import TaskScope
from wherry.runtime.interface import ContainerExited, ImageService, RuntimeService

log = get_logger(__name__)


class Agent:
    """One node's agent. A Component; `app` is the node's own API (logs, exec ...), usable once `ready`.

    Somebody else runs `informers` and `recorder`.
    """

    name = "kubelet"

    def __init__(  # noqa: PLR0913 - it is put together from all of a node's parts
        self,
        *,
        client: Client,
        informers: SharedInformers,
        runtime: RuntimeService,
        images: ImageService,
        network: PodNetwork,
        clock: Clock,
        random: Random,
        recorder: Recorder,
        settings: AgentSettings,
        mounts: Mounts | None = None,
    ) -> None:
        """`client` speaks as system:node:NAME; `mounts` is the kernel's unless a test has its own."""
        self.ready = asyncio.Event()
        self._client = client
        self._informers = informers
        self._runtime = runtime
        self._images = images
        self._network = network
        self._clock = clock
        self._random = random
        self._recorder = recorder
        self._settings = settings
        self._mounts = mounts or KernelMounts()
        self._workers: dict[str, PodWorker] = {}
        self._scope: TaskScope | None = None
        self._services: NodeServices | None = None
        self._early_exits: dict[str, list[ContainerExited]] = {}
        self._images_told = asyncio.Event()
        self._server = NodeServer(self._workers, runtime, LogFiles(settings.logs_dir), clock, settings.node_name)

    @property
    def app(self) -> App:
        """The node's own API."""
        return self._server.handle

    async def run(self) -> None:
        """Run the node's pods until cancelled."""
        self._settings.pods_dir.mkdir(parents=True, exist_ok=True)
        self._settings.logs_dir.mkdir(parents=True, exist_ok=True)
        await self._runtime.start()
        try:
            async with TaskScope(self.name) as scope:
                self._scope = scope
                await self._run(scope)
        finally:
            self._scope = None
            await self._runtime.stop()

    async def _run(self, scope: TaskScope) -> None:
        settings = self._settings
        reporter = NodeReporter(self._client, self._clock, settings, self._images, self._runtime.version())
        self._images_told = reporter.images_changed
        pods = self._informers.informer(PODS, field_selector=f"spec.nodeName={settings.node_name}")
        services = self._informers.informer(SERVICES)
        _ = scope.start("node", reporter.report())
        _ = scope.start("lease", reporter.renew())
        _ = scope.start("images", reporter.report_images())
        machine = reporter.machine()
        facts = NodeFacts(settings.node_name, settings.node_ip, compute_capacity(machine, settings))
        rotation = LogRotation(
            scope,
            self._clock,
            self._runtime.reopen_log,
            max_bytes=settings.log_max_bytes,
            max_files=settings.log_max_files,
        )
        try:
            await services.synced.wait()
            self._services = NodeServices(
                settings=settings,
                client=self._client,
                clock=self._clock,
                recorder=self._recorder,
                runtime=self._runtime,
                images=self._images,
                puller=ImagePuller(self._images, self._clock),
                network=self._network,
                objects=WatchedObjects(self._client, self._clock, self._random, scope),
                environment=EnvironmentSource(
                    facts, services.lister.list, (settings.api_server_host, settings.api_server_port)
                ),
                mounts=self._mounts,
                logs=LogFiles(settings.logs_dir),
                rotation=rotation,
                node=facts,
                memory_bytes=machine.memory_bytes,
            )
            await pods.synced.wait()
            unsubscribe = self._runtime.subscribe(self._container_exited)
            unfollow = self._images.follow(self._images_changed)
            try:
                await self._adopt(pods.lister.list())
                pods.add_handler(self._pod_changed)
                await reporter.registered.wait()
                self.ready.set()
                self._early_exits.clear()
                await asyncio.Event().wait()
            finally:
                unfollow()
                unsubscribe()
        finally:
            rotation.close()

    # Pods -------------------------------------------------------------------------------------------

    async def _adopt(self, pods: Sequence[Pod]) -> None:
        """Continue what is there; take down what no longer has a pod."""
        found = await adoption.find(self._runtime)
        assert self._services is not None
        for pod in pods:
            directory = PodDirectory(self._settings.pods_dir / pod.metadata.uid, self._services.logs)
            adopted = await adoption.adopt(found, pod, self._network, directory)
            self._start_worker(pod, adopted)
        for sandbox in found.sandboxes.values():
            await adoption.remove_orphan(sandbox, self._runtime, self._network)
        self._remove_orphaned_directories({pod.metadata.uid for pod in pods})

    def _remove_orphaned_directories(self, known: set[str]) -> None:
        assert self._services is not None
        for directory in self._settings.pods_dir.iterdir():
            if directory.name not in known:
                try:
                    remove_directory(directory, self._mounts)
                except OSError as error:
                    log.warning("Could not remove orphaned pod directory", path=str(directory), err=str(error))

    def _start_worker(self, pod: Pod, adopted: RuntimeAdopted) -> None:
        assert self._services is not None
        assert self._scope is not None
        worker = PodWorker(self._services, pod, adopted)
        self._workers[pod.metadata.uid] = worker
        for event in self._early_exits.pop(pod.metadata.uid, []):
            worker.container_exited(event)
        _ = self._scope.start(str(pod.metadata.key), self._run_worker(pod.metadata.uid, worker))

    async def _run_worker(self, uid: str, worker: PodWorker) -> None:
        await worker.run()
        if self._workers.get(uid) is worker:
            del self._workers[uid]

    def _pod_changed(self, old: Pod | None, new: Pod | None) -> None:
        if new is None:
            if old is not None and (worker := self._workers.get(old.metadata.uid)) is not None:
                worker.feed(PodGone())
            return
        worker = self._workers.get(new.metadata.uid)
        if worker is not None:
            worker.pod_changed(new)
        elif old is None or not old.metadata.is_being_deleted:
            # (A pod whose worker is done and that a finalizer keeps needs none again.)
            self._start_worker(new, RuntimeAdopted())

    def _images_changed(self) -> None:
        self._images_told.set()
        for worker in self._workers.values():
            worker.images_changed()

    def _container_exited(self, event: ContainerExited) -> None:
        worker = self._workers.get(event.sandbox_id)
        if worker is not None:
            worker.container_exited(event)
        elif not self.ready.is_set():
            # Its pod is being adopted just now, perhaps as running.
            self._early_exits.setdefault(event.sandbox_id, []).append(event)
