from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random
from typing import cast

import pytest
from dnslib import EDNS0, QTYPE, RCODE, RR, A, DNSQuestion, DNSRecord

from wherry.api.core.service import SERVICES, Service, ServicePort, ServiceSpec
from wherry.api.discovery.endpointslice import (
    ENDPOINT_SLICES,
    Endpoint,
    EndpointConditions,
    EndpointPort,
    EndpointSlice,
)
from wherry.apimachinery.meta import ObjectMeta
from wherry.client.client import Client
from wherry.client.informer import SharedInformers
from wherry.client.transport import InProcess
from wherry.kit.clock import FakeClock
from wherry.kit.http.types import Request, Response
from wherry.kit.tasks import TaskScope
from wherry.network.dns.records import ServerRecord, Zone, build_zone, reverse_name
from wherry.network.dns.server import DnsServer, Resolver
from wherry.network.dns.upstream import Upstream, parse_resolv_conf
from wherry.network.services.rules import SERVICE_NAME_LABEL
from wherry.network.settings import NetworkSettings

DOMAIN = "cluster.local"


def service(name: str, ip: str = "", **spec: object) -> Service:
    return Service(
        metadata=ObjectMeta(name=name, namespace="default", uid=name, resource_version="1"),
        spec=ServiceSpec(
            cluster_ip=ip,
            ports=(ServicePort(name="http", port=80, protocol="TCP"),),
            **spec,  # type: ignore[arg-type]  # tests name single fields
        ),
    )


def slice_of(name: str, *endpoints: Endpoint) -> EndpointSlice:
    return EndpointSlice(
        metadata=ObjectMeta(
            name=f"{name}-1", namespace="default", uid=name, resource_version="1", labels={SERVICE_NAME_LABEL: name}
        ),
        address_type="IPv4",
        endpoints=endpoints,
        ports=(EndpointPort(name="http", port=8080, protocol="TCP"),),
    )


def endpoint(ip: str, hostname: str = "", *, ready: bool = True) -> Endpoint:
    return Endpoint(addresses=(ip,), hostname=hostname, conditions=EndpointConditions(ready=ready))


OBJECTS = [
    service("web", "10.96.0.7"),
    service("db", "None"),
    service("all", "None", publish_not_ready_addresses=True),
    service("out", type="ExternalName", external_name="Example.COM."),
    service("alias", type="ExternalName", external_name=f"web.default.svc.{DOMAIN}"),
]
SLICES = [
    slice_of("db", endpoint("10.244.0.5", "db-0"), endpoint("10.244.0.6"), endpoint("10.244.0.9", ready=False)),
    slice_of("all", endpoint("10.244.0.9", ready=False)),
    slice_of("web", endpoint("10.244.0.5", "web-0")),
]


@pytest.fixture
def zone() -> Zone:
    return build_zone(DOMAIN, OBJECTS, SLICES, reverse_cidrs=["10.96.0.0/16", "10.244.0.0/16"])


def addresses(zone: Zone, name: str) -> list[str] | None:
    node = zone.find(f"{name}.{DOMAIN}")
    return None if node is None else node.addresses


def test_a_service_has_its_cluster_ip_and_a_headless_one_its_ready_endpoints(zone: Zone) -> None:
    assert addresses(zone, "web.default.svc") == ["10.96.0.7"]
    assert addresses(zone, "db.default.svc") == ["10.244.0.5", "10.244.0.6"]
    assert addresses(zone, "all.default.svc") == ["10.244.0.9"]


def test_an_endpoint_of_a_headless_service_has_a_name_of_its_own(zone: Zone) -> None:
    assert addresses(zone, "db-0.db.default.svc") == ["10.244.0.5"]
    assert addresses(zone, "10-244-0-6.db.default.svc") == ["10.244.0.6"]
    assert addresses(zone, "web-0.web.default.svc") is None


def test_named_ports_have_srv_records(zone: Zone) -> None:
    web = zone.find(f"_http._tcp.web.default.svc.{DOMAIN}")
    db = zone.find(f"_http._tcp.db.default.svc.{DOMAIN}")
    assert web is not None
    assert db is not None
    assert web.servers == [ServerRecord(80, f"web.default.svc.{DOMAIN}")]
    assert [server.target for server in db.servers] == [
        f"db-0.db.default.svc.{DOMAIN}",
        f"10-244-0-6.db.default.svc.{DOMAIN}",
    ]


def test_a_pod_has_a_name_by_its_address(zone: Zone) -> None:
    assert addresses(zone, "10-244-0-5.default.pod") == ["10.244.0.5"]
    for wrong in ("10-244-0.default.pod", "a-b-c-d.default.pod", "10-244-0-5.pod", "10-244-0-5.a.b.pod"):
        assert addresses(zone, wrong) is None


def test_addresses_have_names(zone: Zone) -> None:
    web, db = zone.find(reverse_name("10.96.0.7")), zone.find(reverse_name("10.244.0.5"))
    assert web is not None
    assert db is not None
    assert (web.pointer, db.pointer) == (f"web.default.svc.{DOMAIN}", f"db-0.db.default.svc.{DOMAIN}")
    assert zone.is_ours(reverse_name("10.96.3.4"))
    assert not zone.is_ours(reverse_name("8.8.8.8"))
    assert not zone.is_ours("notcluster.local")


@pytest.fixture
def resolver(zone: Zone, tmp_path: Path) -> Resolver:
    return Resolver(lambda: zone, Upstream(tmp_path / "resolv.conf"), Random(1))


async def ask(resolver: Resolver, name: str, kind: str = "A") -> DNSRecord:
    question = DNSRecord(q=DNSQuestion(name, getattr(QTYPE, kind)))
    at_once = resolver.answer_at_once(question.pack())
    reply = await resolver.answer(question.pack(), by_tcp=False)
    assert at_once is None or len(at_once) == len(reply)
    return DNSRecord.parse(reply)


async def test_names_are_answered_whatever_their_case(resolver: Resolver) -> None:
    reply = await ask(resolver, f"WEB.Default.svc.{DOMAIN}")
    assert (str(reply.rr[0].rdata), reply.rr[0].ttl, reply.header.aa) == ("10.96.0.7", 5, 1)


@pytest.mark.parametrize(
    ("name", "kind", "code"),
    [
        ("web.default.svc", "AAAA", RCODE.NOERROR),
        ("web.default.svc", "MX", RCODE.NOERROR),
        ("default.svc", "A", RCODE.NOERROR),
        ("_tcp.web.default.svc", "A", RCODE.NOERROR),
        ("nothing.default.svc", "A", RCODE.NXDOMAIN),
        ("nothing.default.svc", "AAAA", RCODE.NXDOMAIN),
        ("example.com.default.svc", "A", RCODE.NXDOMAIN),
    ],
)
async def test_no_data_is_not_no_name(resolver: Resolver, name: str, kind: str, code: int) -> None:
    reply = await ask(resolver, f"{name}.{DOMAIN}", kind)
    assert reply.header.rcode == code
    assert reply.rr == []
    assert [QTYPE[record.rtype] for record in reply.auth] == ["SOA"]


async def test_srv_ptr_and_an_alias_inside_the_cluster(resolver: Resolver) -> None:
    srv = await ask(resolver, f"_http._tcp.web.default.svc.{DOMAIN}", "SRV")
    assert (srv.rr[0].rdata.port, str(srv.rr[0].rdata.target)) == (80, f"web.default.svc.{DOMAIN}.")
    ptr = await ask(resolver, "7.0.96.10.in-addr.arpa", "PTR")
    assert str(ptr.rr[0].rdata) == f"web.default.svc.{DOMAIN}."
    alias = await ask(resolver, f"alias.default.svc.{DOMAIN}")
    assert [QTYPE[record.rtype] for record in alias.rr] == ["CNAME", "A"]


async def test_without_an_upstream_other_names_fail_at_once(resolver: Resolver) -> None:
    assert (await ask(resolver, "example.com")).header.rcode == RCODE.SERVFAIL
    out = await ask(resolver, f"out.default.svc.{DOMAIN}")
    assert [str(record.rdata) for record in out.rr] == ["example.com."]


@pytest.mark.parametrize("message", [b"", b"abc", b"\x00" * 12, b"\xff" * 40, DNSRecord().reply().pack()])
async def test_what_is_no_question_gets_no_answer(resolver: Resolver, message: bytes) -> None:
    assert resolver.answer_at_once(message) == b""
    assert await resolver.answer(message, by_tcp=True) == b""


async def test_a_long_answer_is_cut_by_udp_and_whole_with_room_or_by_tcp(tmp_path: Path) -> None:
    many = slice_of("db", *[endpoint(f"10.244.1.{number}") for number in range(60)])
    zone = build_zone(DOMAIN, [service("db", "None")], [many])
    resolver = Resolver(lambda: zone, Upstream(tmp_path / "none"), Random(1))
    question = DNSRecord(q=DNSQuestion(f"db.default.svc.{DOMAIN}"))
    cut = await resolver.answer(question.pack(), by_tcp=False)
    assert DNSRecord.parse(cut).header.tc == 1
    assert len(cut) <= 512
    assert len(DNSRecord.parse(await resolver.answer(question.pack(), by_tcp=True)).rr) == 60
    question.add_ar(EDNS0(udp_len=4096))
    assert len(DNSRecord.parse(await resolver.answer(question.pack(), by_tcp=False)).rr) == 60


def test_resolv_conf_is_read_without_ourselves(tmp_path: Path) -> None:
    path = tmp_path / "resolv.conf"
    path.write_text("# x\nsearch a\nnameserver 10.96.0.10\nnameserver 9.9.9.9\nnameserver fe80::1 # c\nnameserver\n")
    assert parse_resolv_conf(path.read_text()) == ("10.96.0.10", "9.9.9.9", "fe80::1")
    assert Upstream(path, own_addresses=["10.96.0.10"]).servers == ("9.9.9.9", "fe80::1")


class FakeUpstream(asyncio.DatagramProtocol):
    """A name server that knows one address for everything."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        question = DNSRecord.parse(data)
        reply = question.reply()
        reply.add_answer(RR(question.q.qname, QTYPE.A, rdata=A("203.0.113.9"), ttl=60))
        self.transport.sendto(reply.pack(), address)


@pytest.fixture
async def upstream(tmp_path: Path) -> AsyncIterator[Upstream]:
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(FakeUpstream, local_addr=("127.0.0.1", 0))
    path = tmp_path / "resolv.conf"
    path.write_text("nameserver 127.0.0.1\n")
    yield Upstream(path, port=transport.get_extra_info("sockname")[1])
    transport.close()


async def test_other_names_are_asked_for_upstream(zone: Zone, upstream: Upstream) -> None:
    resolver = Resolver(lambda: zone, upstream, Random(1))
    assert str((await ask(resolver, "example.org")).rr[0].rdata) == "203.0.113.9"
    out = await ask(resolver, f"out.default.svc.{DOMAIN}")
    assert [str(record.rdata) for record in out.rr] == ["example.com.", "203.0.113.9"]


async def test_a_changed_resolv_conf_is_noticed(upstream: Upstream, tmp_path: Path) -> None:
    upstream.start()
    try:
        assert upstream.servers == ("127.0.0.1",)
        (tmp_path / "new").write_text("nameserver 127.0.0.2\n")
        (tmp_path / "new").rename(tmp_path / "resolv.conf")
        while upstream.servers == ("127.0.0.1",):
            await asyncio.get_running_loop().run_in_executor(None, int)
        assert upstream.servers == ("127.0.0.2",)
    finally:
        upstream.stop()


async def no_server(request: Request) -> Response:
    raise AssertionError("informers are fed by hand")


async def test_the_server_answers_by_udp_and_tcp_and_follows_changes(clock: FakeClock, tmp_path: Path) -> None:
    informers = SharedInformers(Client(InProcess(no_server, user="test")), clock)
    services = informers.informer(SERVICES)
    server = DnsServer(
        informers, NetworkSettings(cluster_id="x"), host="127.0.0.1", port=0, resolv_conf=tmp_path / "none"
    )
    async with TaskScope("test") as scope:
        _ = scope.start("dns", server.run())
        services.replace([], "1")
        informers.informer(ENDPOINT_SLICES).replace([], "1")
        await server.ready.wait()
        question = DNSRecord(q=DNSQuestion(f"web.default.svc.{DOMAIN}"))
        upstream = Upstream(tmp_path / "self", port=server.port)
        (tmp_path / "self").write_text("nameserver 127.0.0.1")
        by_udp = await upstream.ask(question.pack())
        assert by_udp is not None
        assert DNSRecord.parse(by_udp).header.rcode == RCODE.NXDOMAIN
        services.change(service("web", "10.96.0.7"), "2")
        by_tcp = await upstream.ask(question.pack(), by_tcp=True)
        assert by_tcp is not None
        assert str(DNSRecord.parse(by_tcp).rr[0].rdata) == "10.96.0.7"
        elsewhere = await upstream.ask(DNSRecord(q=DNSQuestion("example.com")).pack())
        assert elsewhere is not None
        assert DNSRecord.parse(elsewhere).header.rcode == RCODE.SERVFAIL
