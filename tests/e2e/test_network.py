"""Two pods that are only network namespaces, and everything that the network promises them.

Sockets belong to the namespace of the thread that made them, so the test plays all pods from one loop.
"""

from __future__ import annotations

import asyncio
import os
import socket
import zlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from dnslib import DNSQuestion, DNSRecord

from wherry.api.core.service import SERVICES, Service, ServicePort, ServiceSpec
from wherry.api.discovery.endpointslice import ENDPOINT_SLICES
from wherry.apimachinery.meta import ObjectKey, ObjectMeta
from wherry.client.client import Client
from wherry.client.informer import SharedInformers
from wherry.client.transport import InProcess
from wherry.kit.clock import FakeClock
from wherry.kit.http.types import Request, Response
from wherry.kit.linux.namespaces import CLONE_NEWNET, enter_namespace, leave, pin, unpin
from wherry.kit.process import run
from wherry.kit.tasks import TaskScope
from wherry.kit.threads import call_in_fresh_thread
from wherry.network.bridge import Bridge
from wherry.network.dns.server import DnsServer
from wherry.network.ipam import AddressInUse
from wherry.network.pods import Pods
from wherry.network.services.nftables import Nftables
from wherry.network.services.rules import Backend, RuleSet, ServicePortRule
from wherry.network.settings import NetworkSettings

pytestmark = [pytest.mark.linux, pytest.mark.skipif(os.geteuid() != 0, reason="needs root")]

PORT = 8080
VIP = "10.198.0.7"


class Net:
    """A cluster's network with two pods, "a" and "b"."""

    def __init__(self, directory: Path) -> None:
        self.settings = NetworkSettings(
            cluster_id=f"t{zlib.crc32(str(directory).encode()) & 0xFFFFFF:x}",
            pod_cidr="10.197.0.0/16",
            node_cidr="10.197.3.0/24",
            service_cidr="10.198.0.0/16",
            dns_ip="10.198.0.10",
        )
        self.directory = directory
        self.pods = Pods(self.settings, directory)
        self.nftables = Nftables(self.settings)
        self.ips: dict[str, str] = {}
        self.servers: list[asyncio.Server] = []

    def path(self, pod: str) -> Path:
        return self.directory / f"netns-{pod}"

    async def add_pod(self, pod: str) -> None:
        def make() -> None:
            leave(CLONE_NEWNET)
            pin(CLONE_NEWNET, self.path(pod))

        call_in_fresh_thread(make)
        self.ips[pod] = await self.pods.attach(str(self.path(pod)), pod, ObjectKey("default", pod))

    def socket(self, pod: str, kind: socket.SocketKind = socket.SOCK_STREAM) -> socket.socket:
        """A socket of a pod's; "" is the machine itself."""

        def make() -> socket.socket:
            if pod:
                enter_namespace(self.path(pod), CLONE_NEWNET)
            made = socket.socket(socket.AF_INET, kind)
            made.setblocking(False)
            return made

        return call_in_fresh_thread(make)

    async def serve(self, pod: str, ip: str = "0.0.0.0", port: int = PORT) -> None:
        """Tell everyone who connects which pod this is and where he comes from."""

        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(f"{pod} {writer.get_extra_info('peername')[0]}".encode())
            writer.close()

        listener = self.socket(pod)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((ip, port))
        self.servers.append(await asyncio.start_server(answer, sock=listener))

    async def call(self, pod: str, ip: str, port: int) -> str:
        """Connect from a pod and give what the other side said."""
        made = self.socket(pod)
        try:
            async with asyncio.timeout(5):
                await asyncio.get_running_loop().sock_connect(made, (ip, port))
                return (await asyncio.get_running_loop().sock_recv(made, 100)).decode()
        finally:
            made.close()

    async def ask(self, pod: str, ip: str, name: str) -> list[str]:
        made = self.socket(pod, socket.SOCK_DGRAM)
        try:
            async with asyncio.timeout(5):
                await asyncio.get_running_loop().sock_connect(made, (ip, 53))
                await asyncio.get_running_loop().sock_sendall(made, DNSRecord(q=DNSQuestion(name)).pack())
                reply = DNSRecord.parse(await asyncio.get_running_loop().sock_recv(made, 1500))
                return [str(record.rdata) for record in reply.rr]
        finally:
            made.close()

    async def close(self) -> None:
        for server in self.servers:
            server.close()
        for pod in self.ips:
            await self.pods.detach(pod, str(self.path(pod)))
            unpin(self.path(pod))
        await self.nftables.remove()
        await self.pods.remove()


def rule(port: int, *backends: tuple[str, int], ip: str = VIP, protocol: str = "tcp", **more: int) -> ServicePortRule:
    made = tuple(Backend(*backend) for backend in backends)
    return ServicePortRule(ObjectKey("default", f"s{port}"), "", ip, protocol, port, more.get("node_port", 0), made)


async def traces_of(net: Net) -> list[str]:
    """What the machine still has of a cluster; other clusters may come and go meanwhile."""
    tables = (await run(["nft", "list", "tables"], timeout_s=10)).stdout.decode()
    cables = [Bridge(net.settings).cable_name(pod) for pod in net.ips]
    links = [name for _, name in socket.if_nameindex() if name in (net.settings.name, *cables)]
    return [*links, *(line for line in tables.splitlines() if net.settings.name in line)]


@pytest.fixture
async def net(tmp_path: Path) -> AsyncIterator[Net]:
    net = Net(tmp_path)
    await net.pods.start()
    try:
        for pod in ("a", "b"):
            await net.add_pod(pod)
            await net.serve(pod)
        yield net
    finally:
        await net.close()


async def test_pods_reach_each_other_with_their_own_addresses(net: Net) -> None:
    assert await net.call("a", net.ips["b"], PORT) == f"b {net.ips['a']}"
    assert await net.call("", net.ips["b"], PORT) == f"b {net.settings.gateway}"


async def test_a_service_is_reached_from_pods_from_the_machine_and_by_its_own_backend(net: Net) -> None:
    await net.nftables.apply(RuleSet((rule(80, (net.ips["b"], PORT)),)))
    assert await net.call("a", VIP, 80) == f"b {net.ips['a']}"
    assert (await net.call("", VIP, 80)).startswith("b ")
    assert await net.call("b", VIP, 80) == f"b {net.settings.gateway}"  # hairpin


async def test_all_backends_of_a_service_get_connections(net: Net) -> None:
    await net.nftables.apply(RuleSet((rule(80, (net.ips["a"], PORT), (net.ips["b"], PORT)),)))
    for caller in ("a", "b", ""):
        answers = [(await net.call(caller, VIP, 80)).split()[0] for _ in range(40)]
        assert set(answers) == {"a", "b"}


async def test_a_sticky_service_sends_a_client_to_the_same_backend(net: Net) -> None:
    both = ServicePortRule(
        ObjectKey("default", "s"),
        "",
        VIP,
        "tcp",
        80,
        backends=(Backend(net.ips["a"], PORT), Backend(net.ips["b"], PORT)),
        sticky=True,
    )
    await net.nftables.apply(RuleSet((both,)))
    assert len({await net.call("a", VIP, 80) for _ in range(10)}) == 1


async def test_a_service_without_backends_refuses_at_once(net: Net) -> None:
    await net.nftables.apply(RuleSet((rule(80, node_port=30981),)))
    for caller in ("a", ""):
        for ip, port in ((VIP, 80), (VIP, 81), ("10.198.99.99", 80), (net.settings.gateway, 30981)):
            with pytest.raises(ConnectionRefusedError):
                await net.call(caller, ip, port)


async def test_a_node_port_answers_on_the_machines_addresses(net: Net) -> None:
    await net.nftables.apply(RuleSet((rule(80, (net.ips["b"], PORT), node_port=30980),)))
    assert (await net.call("a", net.settings.gateway, 30980)).startswith("b ")
    assert (await net.call("", net.settings.gateway, 30980)).startswith("b ")


async def test_pods_reach_the_api_server_on_the_machine_by_its_service(net: Net) -> None:
    await net.serve("", net.settings.gateway, 26443)
    await net.nftables.apply(RuleSet((rule(443, (net.settings.gateway, 26443), ip="10.198.0.1"),)))
    assert await net.call("a", "10.198.0.1", 443) == f" {net.ips['a']}"
    assert (await net.call("", "10.198.0.1", 443)).startswith(" ")


async def test_changed_rules_take_effect_and_the_same_rules_cost_nothing(net: Net) -> None:
    assert await net.nftables.apply(RuleSet((rule(80, (net.ips["a"], PORT)),)))
    assert not await net.nftables.apply(RuleSet((rule(80, (net.ips["a"], PORT)),)))
    assert await net.nftables.apply(RuleSet((rule(80, (net.ips["b"], PORT)),)))
    assert (await net.call("a", VIP, 80)).startswith("b ")
    again = Nftables(net.settings)  # another life of the process
    assert await again.apply(RuleSet((rule(80, (net.ips["a"], PORT)),)))
    assert (await net.call("b", VIP, 80)).startswith("a ")


async def test_pods_ask_the_clusters_dns_at_its_service_address(net: Net, clock: FakeClock) -> None:
    async def no_server(request: Request) -> Response:
        raise AssertionError("informers are fed by hand")

    informers = SharedInformers(Client(InProcess(no_server, user="test")), clock)
    web = Service(
        metadata=ObjectMeta(name="web", namespace="default", uid="1", resource_version="1"),
        spec=ServiceSpec(cluster_ip=VIP, ports=(ServicePort(port=80),)),
    )
    dns = DnsServer(informers, net.settings, host=net.settings.gateway, resolv_conf=net.directory / "none")
    await net.nftables.apply(RuleSet((rule(53, (net.settings.gateway, 53), ip=net.settings.dns_ip, protocol="udp"),)))
    async with TaskScope("test") as scope:
        _ = scope.start("dns", dns.run())
        informers.informer(SERVICES).replace([web], "1")
        informers.informer(ENDPOINT_SLICES).replace([], "1")
        await dns.ready.wait()
        for caller in ("a", ""):
            assert await net.ask(caller, net.settings.dns_ip, "web.default.svc.cluster.local") == [VIP]


async def test_a_pod_that_outlived_us_keeps_its_connections_and_its_address(net: Net) -> None:
    made = net.socket("a")
    loop = asyncio.get_running_loop()
    await loop.sock_connect(made, (net.ips["b"], PORT))
    again = Pods(net.settings, net.directory)
    await again.start()
    assert await again.attach(str(net.path("a")), "a", ObjectKey("default", "a"), ip=net.ips["a"]) == net.ips["a"]
    assert (await loop.sock_recv(made, 100)).startswith(b"b ")
    made.close()
    with pytest.raises(AddressInUse):
        await again.attach(str(net.path("b")), "c", ObjectKey("default", "c"), ip=net.ips["a"])


async def test_two_clusters_live_side_by_side_and_leave_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    one, two = Net(tmp_path / "one"), Net(tmp_path / "two")
    two.settings = NetworkSettings(
        cluster_id="two",
        pod_cidr="10.199.0.0/16",
        node_cidr="10.199.0.0/24",
        service_cidr="10.196.0.0/16",
        dns_ip="10.196.0.10",
    )
    two.pods, two.nftables = Pods(two.settings, two.directory), Nftables(two.settings)
    try:
        for net in (one, two):
            await net.pods.start()
            await net.add_pod("a")
            await net.serve("a")
        await one.nftables.apply(RuleSet((rule(80, (one.ips["a"], PORT)),)))
        await two.nftables.apply(RuleSet((rule(80, (two.ips["a"], PORT), ip="10.196.0.7"),)))
        # What leaves a cluster leaves it with the machine's address.
        assert await one.call("a", two.ips["a"], PORT) == f"a {two.settings.gateway}"
        await one.close()
        assert (await two.call("", "10.196.0.7", 80)).startswith("a ")
        assert len(await traces_of(two)) == 3
    finally:
        for net in (one, two):
            await net.close()
    assert await traces_of(one) == []
    assert await traces_of(two) == []


async def test_a_failed_attach_gives_its_address_back(net: Net) -> None:
    with pytest.raises(FileNotFoundError):
        await net.pods.attach(str(net.directory / "nowhere"), "x", ObjectKey("default", "x"))
    assert "x" not in net.pods.owners()
