"""All masters and one node in one process: who gets what, and in which order they start.

The order is readiness, never time: store, keys, network, API server, then everybody who speaks to it.
Each component has a client of its own identity over the in-process transport; only kubectl and the pods
come through a socket. When `stop` is set everything is cancelled and the containers go on.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
from random import Random

from wherry.agent.agent import Agent
from wherry.agent.settings import AgentSettings
from wherry.api.core.node import NODES, Node
from wherry.api.registry import RESOURCE_TYPES
from wherry.apimachinery.errors import ServiceUnavailable
from wherry.apiserver.app import ApiServer, ApiServerConfig, build_app
from wherry.apiserver.bootstrap import BootstrapConfig, bootstrap
from wherry.client.client import Client
from wherry.client.indexer import Indexer
from wherry.client.informer import SharedInformers
from wherry.client.kubeconfig import write_kubeconfig
from wherry.client.recorder import EventRecorder
from wherry.client.transport import InProcess
from wherry.cluster.boot import Boot
from wherry.cluster.credentials import Credentials, ensure_credentials
from wherry.cluster.data_dir import DataDir, Identity
from wherry.cluster.parts import make_network, make_runtime, network_settings
from wherry.controllers.registry import all_controllers
from wherry.kit import pki
from wherry.kit.clock import Clock, SystemClock
from wherry.kit.http.server import Server
from wherry.kit.http.tls import server_context
from wherry.kit.http.types import App
from wherry.kit.log import get_logger
from wherry.kit.tasks import TaskScope
from wherry.kit.threads import run_in_thread
from wherry.network.dns.server import DnsServer
from wherry.network.proxy import ServiceProxy
from wherry.network.services.nftables import Nftables
from wherry.reconcile.journal import Journal
from wherry.reconcile.manager import ControllerManager
from wherry.runtime.images.image_store import ImageStore
from wherry.scheduler.loop import Scheduler
from wherry.store.interface import Store
from wherry.store.sqlite import SqliteStore

STOP_GRACE_S = 2.0

log = get_logger(__name__)


async def run_cluster(
    data_dir: DataDir, identity: Identity, *, bind: str, node_name: str, boot: Boot, stop: asyncio.Event
) -> None:
    """Run until `stop` is set. Raises what the store and the sockets raise when they cannot be opened."""
    clock = SystemClock()
    with boot.step("the store is open"):
        store = SqliteStore(data_dir.database, clock=clock)
    try:
        cluster = Standalone(data_dir, identity, store, clock, bind=bind, node_name=node_name)
        await cluster.run(boot, stop)
    finally:
        await store.close()


class Standalone:
    """One cluster in one process."""

    def __init__(
        self, data_dir: DataDir, identity: Identity, store: Store, clock: Clock, *, bind: str, node_name: str
    ) -> None:
        """Nothing runs before `run`."""
        self._data_dir = data_dir
        self._identity = identity
        self._store = store
        self._clock = clock
        self._bind = bind
        self._node_name = node_name
        self._random = Random()  # noqa: S311 - names and jitter, no secrets
        self._settings = network_settings(identity)
        self._network = make_network(data_dir, identity)
        self._images = ImageStore(data_dir.images)
        self._node_app: App | None = None

    async def run(self, boot: Boot, stop: asyncio.Event) -> None:
        """Start everything in order; end when `stop` is set or a part fails."""
        with boot.step("keys and certificates"):
            credentials = self._credentials()
        with boot.step("the pods' network"):
            await self._network.start()
        with boot.step("the API server listens"):
            api = self._api_server(credentials)
            servers = await self._listen(api, credentials)
        try:
            with boot.step("namespaces, classes and the cluster's own Services"):
                await bootstrap(api.app, self._bootstrap_config())
                api.ready.set()
                self._write_kubeconfig(credentials)
            async with TaskScope("cluster") as scope:
                await self._start_components(scope, api.app, credentials, boot)
                boot.ready()
                log.info("Started cluster", node=self._node_name, port=self._identity.port)
                await stop.wait()
        finally:
            for server in servers:
                await server.stop(STOP_GRACE_S)
            log.info("Stopped cluster")

    def _credentials(self) -> Credentials:
        names = ["localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc"]
        return ensure_credentials(
            self._data_dir.pki,
            dns_names=[*names, "kubernetes.default.svc.cluster.local", self._node_name],
            ips=sorted({"127.0.0.1", self._network.host_ip, self._identity.api_service_ip, self._bind}),
        )

    def _api_server(self, credentials: Credentials) -> ApiServer:
        return build_app(
            ApiServerConfig(
                store=self._store,
                clock=self._clock,
                random=self._random,
                resource_types=RESOURCE_TYPES,
                service_cidr=self._identity.service_cidr,
                token_private_key_pem=credentials.token_key_pem,
                token_public_key_pem=pki.public_key_pem(credentials.token_key_pem),
                connect_node=self._connect_node,
            )
        )

    async def _connect_node(self, name: str) -> App:
        """The way to a node's own API: here, a function of this process."""
        if name != self._node_name or self._node_app is None:
            raise ServiceUnavailable(f'the node "{name}" cannot be reached')
        return self._node_app

    async def _listen(self, api: ApiServer, credentials: Credentials) -> list[Server]:
        """For people on this machine, and for pods on the bridge's address (unless the first covers it)."""
        tls = server_context(credentials.server, client_ca_pem=credentials.ca.cert_pem)
        hosts = [self._bind] if self._bind == "0.0.0.0" else [self._bind, self._network.host_ip]  # noqa: S104
        servers = [
            Server(api.app, tls=tls, host=host, port=self._identity.port, clock=self._clock)
            for host in dict.fromkeys(hosts)
        ]
        for server in servers:
            await server.start()
        return servers

    def _bootstrap_config(self) -> BootstrapConfig:
        return BootstrapConfig(
            service_cidr=self._identity.service_cidr,
            api_address=self._network.host_ip,
            api_port=self._identity.port,
            dns_address=self._network.host_ip,
        )

    def _write_kubeconfig(self, credentials: Credentials) -> None:
        path = self._data_dir.kubeconfig
        write_kubeconfig(
            path,
            server=f"https://127.0.0.1:{self._identity.port}",
            ca_pem=credentials.ca.cert_pem,
            user="kubernetes-admin",
            client_identity=credentials.admin,
        )
        # Started through sudo, the folder belongs to whoever typed it: kubectl must be able to read the file.
        owner = self._data_dir.root.stat()
        os.chown(path, owner.st_uid, owner.st_gid)

    def _client(self, app: App, user: str, *groups: str) -> Client:
        return Client(InProcess(app, user=user, groups=(*groups, "system:authenticated")), user_agent=user)

    async def _start_components(self, scope: TaskScope, app: App, credentials: Credentials, boot: Boot) -> None:
        informers = SharedInformers(self._client(app, "system:kube-controller-manager"), self._clock, self._random)
        with boot.step("scheduler, controllers and the services' rules"):
            masters = self._masters(scope, app, informers, credentials)
            _ = scope.start(informers.name, informers.run())
            for component in masters:
                _ = scope.start(component.name, component.run())
            for component in masters:
                await component.ready.wait()
        with boot.step(f"node {self._node_name} is ready"):
            await self._start_node(scope, app, credentials)
            await informers.informer(NODES).wait_until(self._node_is_ready)

    def _masters(
        self, scope: TaskScope, app: App, informers: SharedInformers, credentials: Credentials
    ) -> tuple[ControllerManager, Scheduler, ServiceProxy, DnsServer]:
        journal = Journal()
        scheduler_client = self._client(app, "system:kube-scheduler")
        recorder = EventRecorder(scheduler_client, component="default-scheduler", clock=self._clock)
        _ = scope.start("scheduler-events", recorder.run())
        return (
            ControllerManager(
                self._client(app, "system:kube-controller-manager"),
                informers,
                self._clock,
                all_controllers(
                    ca_pem=credentials.ca.cert_pem.decode(),
                    volume_dir=str(self._data_dir.volumes),
                    remove_directory=_remove_directory,
                ),
                journal,
                self._random,
            ),
            Scheduler(scheduler_client, informers, self._clock, recorder, journal, self._random),
            ServiceProxy(
                informers, self._clock, Nftables(self._settings), served=self._network.served, random=self._random
            ),
            DnsServer(informers, self._settings, host=self._network.host_ip, random=self._random),
        )

    async def _start_node(self, scope: TaskScope, app: App, credentials: Credentials) -> None:
        client = self._client(app, f"system:node:{self._node_name}", "system:nodes")
        informers = SharedInformers(client, self._clock, self._random)
        recorder = EventRecorder(client, component="kubelet", host=self._node_name, clock=self._clock)
        runtime = make_runtime(self._data_dir, self._identity, self._clock, self._images)
        self._images.in_use = runtime.uses_image
        agent = Agent(
            client=client,
            informers=informers,
            runtime=runtime,
            images=self._images,
            network=self._network,
            clock=self._clock,
            random=self._random,
            recorder=recorder,
            settings=AgentSettings(
                node_name=self._node_name,
                data_dir=self._data_dir.node,
                run_dir=self._identity.run_dir,
                node_ip=self._network.host_ip,
                pod_cidr=self._identity.node_pod_cidr,
                cluster_dns=self._identity.dns_service_ip,
                api_server_host=self._identity.api_service_ip,
                ca_pem=credentials.ca.cert_pem.decode(),
            ),
        )
        self._node_app = agent.app
        _ = scope.start("node-informers", informers.run())
        _ = scope.start("node-events", recorder.run())
        _ = scope.start(agent.name, agent.run())
        await agent.ready.wait()

    def _node_is_ready(self, nodes: Indexer[Node]) -> bool:
        node = nodes.get("", self._node_name)
        conditions = node.status.conditions if node is not None else ()
        return any(entry.type == "Ready" and entry.status == "True" for entry in conditions)


async def _remove_directory(path: str) -> None:
    """Remove a released volume's directory; one that is gone already is fine, any other failure is tried again."""
    with contextlib.suppress(FileNotFoundError):
        await run_in_thread(shutil.rmtree, path)
