"""cluster-dns: answers the pods' questions, over UDP and TCP, for the cluster's names and all others."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, cast

import msgspec

from wherry.api.core.service import SERVICES
from wherry.api.discovery.endpointslice import ENDPOINT_SLICES
from wherry.client.informer import SharedInformers
from wherry.kit.log import get_logger
from wherry.kit.metrics import Registry
from wherry.kit.tasks import TaskScope
from wherry.network.dns import answers
from wherry.network.dns.records import Zone, build_zone
from wherry.network.dns.upstream import Upstream
from wherry.network.settings import NetworkSettings

if TYPE_CHECKING:
    from dnslib import DNSRecord

log = get_logger(__name__)

# Questions that wait for an upstream server; beyond this many the answer is SERVFAIL at once.
FORWARDED_MAX = 256
# A client that opens a TCP connection and then says nothing must not hold it forever.
TCP_IDLE_S = 10.0


class Resolver:
    """Answers one question at a time; knows nothing of sockets."""

    def __init__(self, zone: Callable[[], Zone], upstream: Upstream, random: Random) -> None:
        """`zone` gives the names as they are now."""
        self._zone = zone
        self._upstream = upstream
        self._random = random
        self._forwarded = 0
        self.answered = 0

    def answer_at_once(self, message: bytes) -> bytes | None:
        """The answer, when it can be given without asking anybody; b"" when the message deserves none."""
        question = answers.parse(message)
        if question is None:
            return b""
        zone = self._zone()
        if not zone.is_ours(answers.question_name(question)) or answers.alias_target(question, zone):
            return None
        self.answered += 1
        reply = answers.answer(question, zone, self._random)
        return answers.pack_for_udp(question, reply)

    async def answer(self, message: bytes, *, by_tcp: bool) -> bytes:
        """The answer; asks upstream for names that are not ours."""
        question = answers.parse(message)
        if question is None:
            return b""
        self.answered += 1
        zone = self._zone()
        is_ours = zone.is_ours(answers.question_name(question))
        target = answers.alias_target(question, zone) if is_ours else ""
        if is_ours:
            reply = answers.answer(question, zone, self._random)
            if target:
                await self._add_target(reply, question.q.qtype, target)
        else:
            forwarded = await self._forward(message, by_tcp=by_tcp)
            if forwarded is not None:
                return forwarded
            reply = answers.failure(question)
        data: bytes = reply.pack() if by_tcp else answers.pack_for_udp(question, reply)
        return data

    async def _forward(self, message: bytes, *, by_tcp: bool) -> bytes | None:
        if self._forwarded >= FORWARDED_MAX:
            return None
        self._forwarded += 1
        try:
            return await self._upstream.ask(message, by_tcp=by_tcp)
        finally:
            self._forwarded -= 1

    async def _add_target(self, reply: DNSRecord, kind: int, target: str) -> None:
        """Follow an ExternalName out of the cluster, as resolvers in containers do not do it themselves."""
        if any(record.rtype == kind for record in reply.rr):
            return
        data = await self._forward(answers.query(target, kind), by_tcp=False)
        if data is not None:
            answers.add_records_of(reply, data)


class DnsServer:
    """A Component: the DNS server of the cluster on one address."""

    name = "cluster-dns"

    def __init__(
        self,
        informers: SharedInformers,
        settings: NetworkSettings,
        *,
        host: str,
        port: int = 53,
        resolv_conf: Path = Path("/etc/resolv.conf"),
        random: Random | None = None,
    ) -> None:
        """`host` is the address to listen on (the bridge's); `port` 0 takes a free one."""
        self.ready = asyncio.Event()
        self.host = host
        self.port = port
        self._settings = settings
        self._services = informers.informer(SERVICES)
        self._slices = informers.informer(ENDPOINT_SLICES)
        self._zone: Zone | None = None
        upstream = Upstream(resolv_conf, own_addresses=(host, settings.dns_ip))
        self._upstream = upstream
        # S311: the order of answers is no secret.
        self._resolver = Resolver(self._current_zone, upstream, random or Random())  # noqa: S311

    async def run(self) -> None:
        """Answer until cancelled."""
        await self._services.synced.wait()
        await self._slices.synced.wait()
        self._services.add_handler(self._on_change)
        self._slices.add_handler(self._on_change)
        loop = asyncio.get_running_loop()
        self._upstream.start()
        try:
            async with TaskScope(self.name) as scope:

                def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                    _ = scope.start("tcp", self._serve_tcp(reader, writer))

                listener = await asyncio.start_server(serve, self.host, self.port)
                self.port = listener.sockets[0].getsockname()[1]
                transport, _ = await loop.create_datagram_endpoint(
                    lambda: _UdpSide(self._resolver, scope), local_addr=(self.host, self.port)
                )
                try:
                    self.ready.set()
                    await asyncio.Event().wait()
                finally:
                    transport.close()
                    listener.close()
        finally:
            self._upstream.stop()
            self.ready.clear()

    def measure(self, registry: Registry) -> None:
        """Show how many questions were answered; implements kit.component.Measured."""
        answered = registry.counter("coredns_dns_requests_total", "Questions that were answered.")
        answered.labels().read_from(lambda: float(self._resolver.answered))

    def _on_change(self, old: msgspec.Struct | None, new: msgspec.Struct | None) -> None:
        self._zone = None

    def _current_zone(self) -> Zone:
        # Built anew at the first question after a change: changes come in bursts, questions wait for the result.
        if self._zone is None:
            settings = self._settings
            self._zone = build_zone(
                settings.cluster_domain,
                self._services.lister.list(),
                self._slices.lister.list(),
                reverse_cidrs=(settings.service_cidr, settings.pod_cidr),
            )
        return self._zone

    async def _serve_tcp(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                async with asyncio.timeout(TCP_IDLE_S):
                    message = await reader.readexactly(int.from_bytes(await reader.readexactly(2)))
                reply = await self._resolver.answer(message, by_tcp=True)
                if not reply:
                    return
                writer.write(len(reply).to_bytes(2) + reply)
                await writer.drain()
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


class _UdpSide(asyncio.DatagramProtocol):
    def __init__(self, resolver: Resolver, scope: TaskScope) -> None:
        self._resolver = resolver
        self._scope = scope

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        # The cluster's own names need no waiting, so they need no task.
        reply = self._resolver.answer_at_once(data)
        if reply is None:
            _ = self._scope.start("forward", self._forward(data, address))
        elif reply:
            self._transport.sendto(reply, address)

    async def _forward(self, data: bytes, address: tuple[str, int]) -> None:
        reply = await self._resolver.answer(data, by_tcp=False)
        if reply and not self._transport.is_closing():
            self._transport.sendto(reply, address)
