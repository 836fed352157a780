"""This machine as a node of the cluster: the pods' network, the Services' rules, DNS, and the agent.

All that needs Linux and root is imported and made here, so that a cluster without a real node needs neither.
"""

from __future__ import annotations

from random import Random

from wherry.agent.agent import Agent
from wherry.agent.settings import AgentSettings
from wherry.apimachinery.errors import ServiceUnavailable
from wherry.apiserver.own_words import NODE_UNREACHABLE
from wherry.client.client import Client
from wherry.client.informer import SharedInformers
from wherry.client.recorder import EventRecorder
from wherry.cluster.data_dir import DataDir, Identity
from wherry.cluster.parts import make_network, make_node_images, make_runtime, network_settings
from wherry.kit.clock import Clock
from wherry.kit.component import Component
from wherry.kit.http.types import App
from wherry.kit.tasks import TaskScope
from wherry.network.dns.server import DnsServer
from wherry.network.proxy import ServiceProxy
from wherry.network.services.nftables import Nftables


class RealNode:
    """One machine's part in the cluster."""

    def __init__(self, data_dir: DataDir, identity: Identity, clock: Clock, random: Random) -> None:
        """Touches nothing before `start_network`."""
        self.name = identity.node_name
        self._data_dir = data_dir
        self._identity = identity
        self._clock = clock
        self._random = random
        self._settings = network_settings(identity)
        self._network = make_network(data_dir, identity)
        self._images = make_node_images(data_dir, clock, random)
        self._app: App | None = None

    @property
    def address(self) -> str:
        """Where pods reach this machine, and with it the API server and DNS."""
        return self._network.host_ip

    async def start_network(self) -> None:
        """Make the bridge and give it the node's address."""
        await self._network.start()

    def network_components(self, proxy: SharedInformers, dns: SharedInformers) -> tuple[Component, ...]:
        """What makes Services and names work here; each reads with its own rights."""
        rules = Nftables(self._settings)
        return (
            ServiceProxy(proxy, self._clock, rules, served=self._network.served, random=self._random),
            DnsServer(dns, self._settings, host=self._network.host_ip, random=self._random),
        )

    async def start_agent(self, scope: TaskScope, client: Client, ca_pem: bytes) -> None:
        """Adopt the containers that run, and keep the pods of this node; `client` speaks as the node."""
        informers = SharedInformers(client, self._clock, self._random)
        recorder = EventRecorder(client, component="kubelet", host=self.name, clock=self._clock)
        runtime = make_runtime(self._data_dir, self._identity, self._clock, self._images.store)
        self._images.store.in_use = runtime.uses_image
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
                node_name=self.name,
                data_dir=self._data_dir.node,
                run_dir=self._identity.run_dir,
                node_ip=self._network.host_ip,
                pod_cidr=self._identity.node_pod_cidr,
                cluster_dns=self._identity.dns_service_ip,
                api_server_host=self._identity.api_service_ip,
                ca_pem=ca_pem.decode(),
            ),
        )
        self._app = agent.app
        _ = scope.start("node-informers", informers.run())
        _ = scope.start("node-events", recorder.run())
        _ = scope.start(agent.name, agent.run())
        _ = scope.start("node-downloads", self._images.sweep())
        await agent.ready.wait()

    def connect(self) -> App:
        """The node's own API: a function of this process. Raises ServiceUnavailable."""
        if self._app is None:
            raise ServiceUnavailable(NODE_UNREACHABLE.format(node=self.name))
        return self._app
