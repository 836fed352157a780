"""All masters and their nodes in one process: who gets what, and in which order they start.

The order is readiness, never time: store, keys, network, API server, then everybody who speaks to it.
Each component has a client of its own identity over the in-process transport; only kubectl and the pods
come through a socket. When `stop` is set everything is cancelled and the containers go on.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import shutil
import socket
from collections.abc import MutableMapping
from contextlib import nullcontext
from random import Random
from typing import TYPE_CHECKING

from wherry.agent.simulated.fleet import USER, Fleet
from wherry.api.core.node import NODES, Node
from wherry.api.registry import RESOURCE_TYPES
from wherry.apimachinery.errors import BadRequest, InternalError, ServiceUnavailable
from wherry.apiserver.app import ApiServer, ApiServerConfig, build_app
from wherry.apiserver.bootstrap import BootstrapConfig, bootstrap
from wherry.apiserver.health import Check
from wherry.apiserver.own_words import NO_LOGS_NO_COMMANDS, NODE_UNREACHABLE
from wherry.client.client import Client
from wherry.client.informer import SharedInformers
from wherry.client.kubeconfig import write_kubeconfig
from wherry.client.recorder import EventRecorder
from wherry.client.transport import InProcess
from wherry.cluster.boot import Boot
from wherry.cluster.connections import read_connection_table
from wherry.cluster.credentials import Credentials, ensure_credentials
from wherry.cluster.data_dir import DataDir, Identity
from wherry.cluster.doorway import Doorway
from wherry.cluster.keys import controllers_keys
from wherry.cluster.local_socket import listen_locally
from wherry.cluster.measuring import measure
from wherry.controllers.registry import all_controllers
from wherry.kit import pki
from wherry.kit.clock import Clock, SystemClock
from wherry.kit.component import Component
from wherry.kit.files import give_to_owner_of
from wherry.kit.http.server import Server
from wherry.kit.http.tls import server_context
from wherry.kit.http.types import App, WantsStream
from wherry.kit.log import get_logger
from wherry.kit.tasks import TaskScope
from wherry.kit.threads import run_in_thread
from wherry.narrate.notifier import Notifier
from wherry.reconcile.journal import Journal
from wherry.reconcile.manager import ControllerManager
from wherry.runtime.interface import RuntimeFailure
from wherry.scheduler.loop import Scheduler
from wherry.store.interface import Store
from wherry.store.sqlite import SqliteStore

if TYPE_CHECKING:
    from wherry.cluster.real_node import RealNode
    from wherry.dashboard.app import Dashboard
    from wherry.dashboard.programs import Programs

STOP_GRACE_S = 2.0
# An address for documentation (RFC 5737), which no machine has.
NOWHERE = "192.0.2.1"
DNS_USER = "system:serviceaccount:kube-system:coredns"
DNS_GROUPS = ("system:serviceaccounts", "system:serviceaccounts:kube-system")

log = get_logger(__name__)


async def run_cluster(
    data_dir: DataDir, identity: Identity, *, bind: str, boot: Boot, stop: asyncio.Event, event_ttl_s: float
) -> None:
    """Run until `stop` is set. Raises what the store and the sockets raise when they cannot be opened."""
    clock = SystemClock()
    with boot.step("the store is open"):
        store = SqliteStore(data_dir.database, clock=clock)
    try:
        cluster = Standalone(data_dir, identity, store, clock, bind=bind, event_ttl_s=event_ttl_s)
        await cluster.run(boot, stop)
    finally:
        await store.close()


class Standalone:
    """One cluster in one process."""

    def __init__(
        self, data_dir: DataDir, identity: Identity, store: Store, clock: Clock, *, bind: str, event_ttl_s: float
    ) -> None:
        """Nothing runs before `run`."""
        self._event_ttl_s = event_ttl_s
        self._data_dir = data_dir
        self._identity = identity
        self._store = store
        self._clock = clock
        self._bind = bind
        self._random = Random()  # noqa: S311 - names and jitter, no secrets
        self._node = self._real_node() if identity.real_node else None
        self._fleet: Fleet | None = None
        self._ready: dict[str, asyncio.Event] = {}

    def _real_node(self) -> RealNode:
        # Only here: what a node is made of needs Linux.
        from wherry.cluster.real_node import RealNode

        return RealNode(self._data_dir, self._identity, self._clock, self._random)

    @property
    def _address(self) -> str:
        """Where the cluster's inhabitants find the API server."""
        return self._node.address if self._node is not None else advertised_address(self._bind)

    async def run(self, boot: Boot, stop: asyncio.Event) -> None:
        """Start everything in order; end when `stop` is set or a part fails."""
        with boot.step("keys and certificates"):
            credentials = self._credentials()
        if self._node is not None:
            with boot.step("the pods' network"):
                await self._node.start_network()
        with boot.step("the API server listens"):
            api = self._api_server(credentials)
            api.environment.components.update(scheduler=self._check("default-scheduler"))
            api.environment.components["controller-manager"] = self._check("controllers")
            doorway = Doorway(api.app, lambda: self._dashboard(api.app, credentials), lambda: self._programs(api.app))
            servers = await self._listen(doorway.app, api.wants_stream, credentials)
        try:
            with boot.step("namespaces, classes and the cluster's own Services"):
                await api.custom_resources.load()
                await bootstrap(api.app, self._bootstrap_config(credentials))
                api.ready.set()
                self._write_kubeconfig(credentials)
                # After the kubeconfig: whoever finds that one newer knows that somebody has changed it.
                servers += await listen_locally(self._data_dir, doorway.app, api.wants_stream, self._clock)
            async with TaskScope("cluster") as scope:
                _ = scope.start("custom-resources", api.custom_resources.run())
                _ = scope.start("expiry", api.expiry.run())
                _ = scope.start(doorway.name, doorway.run())
                await self._start_components(scope, api, credentials, boot)
                boot.ready()
                log.info("Started cluster", node=self._identity.node_name, port=self._identity.port)
                await stop.wait()
        finally:
            for server in servers:
                await server.stop(STOP_GRACE_S)
            self._data_dir.socket.unlink(missing_ok=True)
            log.info("Stopped cluster")

    def _credentials(self) -> Credentials:
        return ensure_credentials(self._data_dir.pki, dns_names=self._names, ips=self._addresses)

    @property
    def _names(self) -> list[str]:
        names = ["localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc"]
        return [*names, "kubernetes.default.svc.cluster.local", self._identity.node_name]

    @property
    def _addresses(self) -> list[str]:
        return sorted({"127.0.0.1", self._address, self._identity.api_service_ip, self._bind})

    @property
    def _hosts(self) -> list[str]:
        return [name.lower() for name in (*self._names, *self._addresses)]

    def _programs(self, api: App) -> Programs:
        from wherry.dashboard.moments import Moments
        from wherry.dashboard.programs import Programs

        this_host = self._node.name if self._node is not None else ""
        return Programs(api, Moments(self._store, self._clock), hosts=self._hosts, this_host=this_host)

    def _dashboard(self, api: App, credentials: Credentials) -> Dashboard:
        from wherry.cluster.branch.beside import Beside
        from wherry.dashboard.app import Dashboard
        from wherry.dashboard.places import Places
        from wherry.dashboard.surroundings import Surroundings
        from wherry.method.contracts.comments import WITNESS

        return Dashboard(
            api,
            self._clock,
            self._random,
            hosts=self._hosts,
            surroundings=Surroundings(
                this_host=self._node.name if self._node is not None else "",
                authorities=(credentials.ca.cert_pem,),
                connections=read_connection_table,
                what_if=Beside(self._node.name if self._node is not None else "").forecast,
                witness=pki.issue(credentials.ca, WITNESS, client=True),
                make_stand_in_image=self._make_stand_in_image,
                places=Places(self._data_dir.map_places),
            ),
            # Beside the keys: whoever gives the cluster a new authority ends all sessions too.
            keep_sessions_in=self._data_dir.pki / "dashboard-sessions.json",
            past=self._store,
        )

    async def _make_stand_in_image(self) -> None:
        """Where containers run here, they need it; nodes that are played run nothing."""
        from wherry.cluster.stand_in_image import make_stand_in_image

        if self._node is None:
            return
        try:
            await run_in_thread(make_stand_in_image, self._data_dir)
        except (RuntimeFailure, OSError) as error:
            raise InternalError(f"the image of the stand-in could not be made: {error}") from error

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
                event_ttl_s=self._event_ttl_s,
            )
        )

    def _check(self, name: str) -> Check:
        """How a part of the masters is; one that fails takes the whole process with it."""

        def check() -> str:
            ready = self._ready.get(name)
            return "" if ready is not None and ready.is_set() else "not started yet"

        return check

    async def _connect_node(self, name: str) -> App:
        """The way to a node's own API: here, a function of this process."""
        if self._node is not None and name == self._node.name:
            return self._node.connect()
        if self._fleet is not None and self._fleet.plays(name):
            raise BadRequest(NO_LOGS_NO_COMMANDS.format(node=name))
        raise ServiceUnavailable(NODE_UNREACHABLE.format(node=name))

    async def _listen(self, app: App, wants_stream: WantsStream, credentials: Credentials) -> list[Server]:
        """For people on this machine, and for pods on the bridge's address (unless the first covers it)."""
        tls = server_context(credentials.server, client_ca_pem=credentials.ca.cert_pem)
        hosts = [self._bind]
        if self._node is not None and self._bind != "0.0.0.0":  # noqa: S104
            hosts.append(self._node.address)
        servers = [
            Server(app, tls=tls, host=host, port=self._identity.port, clock=self._clock, wants_stream=wants_stream)
            for host in dict.fromkeys(hosts)
        ]
        for server in servers:
            await server.start()
        return servers

    def _bootstrap_config(self, credentials: Credentials) -> BootstrapConfig:
        return BootstrapConfig(
            service_cidr=self._identity.service_cidr,
            api_address=self._address,
            api_port=self._identity.port,
            ca_pem=credentials.ca.cert_pem.decode(),
            dns_address=self._node.address if self._node is not None else "",
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
        # kubectl must be able to read it.
        give_to_owner_of(self._data_dir.root, path)

    def _client(self, app: App, user: str, *groups: str) -> Client:
        transport = InProcess(app, user=user, groups=(*groups, "system:authenticated"))
        return Client(transport, user_agent=program_of(user))

    def _informers(self, app: App, user: str, *groups: str) -> SharedInformers:
        """Copies of what is there, read with the rights of one component (the scheduler looks at the controllers')."""
        return SharedInformers(self._client(app, user, *groups), self._clock, self._random)

    async def _start_components(self, scope: TaskScope, api: ApiServer, credentials: Credentials, boot: Boot) -> None:
        app = api.app
        informers = self._informers(app, "system:kube-controller-manager")
        journal = Journal()
        node, count = self._node, self._identity.simulated_nodes
        with boot.step("scheduler, controllers and the services' rules" if node else "scheduler and controllers"):
            components = (
                *self._masters(scope, app, informers, journal, credentials),
                self._notifier(informers, api.environment.components),
            )
            if node is not None:
                proxy, dns = self._informers(app, "system:kube-proxy"), self._informers(app, DNS_USER, *DNS_GROUPS)
                components += node.network_components(proxy, dns)
                _ = scope.start("proxy-informers", proxy.run())
                _ = scope.start("dns-informers", dns.run())
            _ = scope.start(informers.name, informers.run())
            for component in components:
                _ = scope.start(component.name, component.run())
            self._ready = {component.name: component.ready for component in components}
            measure(api.environment.telemetry.registry, components, journal)
            for component in components:
                await component.ready.wait()
        if node is not None:
            with boot.step(f"node {node.name} is ready"):
                client = self._client(app, f"system:node:{node.name}", "system:nodes")
                await node.start_agent(scope, client, credentials.ca.cert_pem)
                await informers.informer(NODES).wait_until(lambda nodes: is_ready(nodes.get("", node.name)))
        with boot.step(f"{count} simulated node{'s are' if count > 1 else ' is'} ready") if count else nullcontext():
            await self._start_fleet(scope, app, informers, journal)

    def _masters(
        self,
        scope: TaskScope,
        app: App,
        informers: SharedInformers,
        journal: Journal,
        credentials: Credentials,
    ) -> tuple[Component, ...]:
        client, scheduler_client = (
            self._client(app, user) for user in ("system:kube-controller-manager", "system:kube-scheduler")
        )
        recorder = EventRecorder(scheduler_client, component="default-scheduler", clock=self._clock)
        _ = scope.start("scheduler-events", recorder.run())
        return (
            ControllerManager(
                client,
                informers,
                self._clock,
                all_controllers(
                    ca_pem=credentials.ca.cert_pem.decode(),
                    volume_dir=str(self._data_dir.volumes),
                    remove_directory=_remove_directory,
                    keys=controllers_keys(credentials, self._store, self._clock, client),
                ),
                journal,
                self._random,
            ),
            Scheduler(scheduler_client, informers, self._clock, recorder, journal, self._random),
        )

    def _notifier(self, informers: SharedInformers, parts: MutableMapping[str, Check]) -> Notifier:
        return Notifier(
            informers.informer,
            self._clock,
            self._random,
            memory=self._data_dir.notices,
            parts=parts,
            this_host=self._node.name if self._node is not None else "",
        )

    async def _start_fleet(self, scope: TaskScope, app: App, informers: SharedInformers, journal: Journal) -> None:
        """Play the simulated nodes: the wanted ones, and whatever Node says of itself that it is one."""
        self._fleet = Fleet(
            self._client(app, USER, "system:nodes"),
            informers,
            self._clock,
            journal,
            self._random,
            count=self._identity.simulated_nodes,
            beside_real_nodes=self._node is not None,
        )
        _ = scope.start(self._fleet.name, self._fleet.run())
        await self._fleet.ready.wait()


def is_ready(node: Node | None) -> bool:
    """Whether a node says that it is Ready."""
    conditions = node.status.conditions if node is not None else ()
    return any(entry.type == "Ready" and entry.status == "True" for entry in conditions)


def advertised_address(bind: str) -> str:
    """An address of this machine that is not its loopback, since Endpoints may not name that one.

    Connecting a datagram socket sends nothing: it only asks which address would be used. A machine
    without any network gets an address that leads nowhere, as nobody there could use a better one.
    """
    if not ipaddress.ip_address(bind).is_loopback and not ipaddress.ip_address(bind).is_unspecified:
        return bind
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
        try:
            asker.connect((NOWHERE, 9))
        except OSError:
            return NOWHERE
        found: str = asker.getsockname()[0]
    return NOWHERE if ipaddress.ip_address(found).is_loopback else found


def program_of(user: str) -> str:
    """What the program with this identity is called in a cluster of many programs; it owns fields by that name."""
    if user.startswith("system:node:"):
        return "kubelet"
    if user.startswith("system:serviceaccount:"):
        return "kube-controller-manager"
    return user.removeprefix("system:")


async def _remove_directory(path: str) -> None:
    """Remove a released volume's directory; one that is gone already is fine, any other failure is tried again."""
    with contextlib.suppress(FileNotFoundError):
        await run_in_thread(shutil.rmtree, path)
