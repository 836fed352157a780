"""Names that are not the cluster's: ask the name servers that the machine itself asks."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import cast

from wherry.kit.linux.inotify import IN_CLOSE_WRITE, IN_CREATE, IN_MOVED_TO, DirectoryWatch

# Long enough for a far server, short enough that a second one is asked before a client gives up (5 s).
ANSWER_S = 2.0
_PORT = 53


def parse_resolv_conf(text: str) -> tuple[str, ...]:
    """The name servers that a resolv.conf lists (IPv4 and IPv6), in order."""
    found = []
    for line in text.splitlines():
        words = line.split()
        if len(words) >= 2 and words[0] == "nameserver":
            found.append(words[1])
    return tuple(found)


class Upstream:
    """Asks the machine's name servers, one after the other."""

    def __init__(self, resolv_conf: Path, *, own_addresses: Sequence[str] = (), port: int = _PORT) -> None:
        """`own_addresses` are never asked: that would be asking ourselves."""
        self._path = resolv_conf
        self._own = frozenset(own_addresses)
        self._port = port
        self._servers: tuple[str, ...] | None = None
        # resolv.conf is often a link to a file that somebody else replaces: watch where it really is, too.
        directories = {resolv_conf.parent, resolv_conf.resolve().parent}
        events = IN_CLOSE_WRITE | IN_CREATE | IN_MOVED_TO
        self._watches = [DirectoryWatch(path, events, self._on_change) for path in directories if path.is_dir()]

    def start(self) -> None:
        """Notice changes of resolv.conf from now on."""
        for watch in self._watches:
            watch.start()

    def stop(self) -> None:
        """No longer."""
        for watch in self._watches:
            watch.stop()

    @property
    def servers(self) -> tuple[str, ...]:
        """Who would be asked."""
        if self._servers is None:
            try:
                text = self._path.read_text()
            except OSError:
                text = ""
            self._servers = tuple(address for address in parse_resolv_conf(text) if address not in self._own)
        return self._servers

    async def ask(self, message: bytes, *, by_tcp: bool = False) -> bytes | None:
        """The first answer that somebody gives; None when nobody does."""
        for server in self.servers:
            try:
                async with asyncio.timeout(ANSWER_S):
                    if by_tcp:
                        return await self._ask_by_tcp(server, message)
                    return await self._ask_by_udp(server, message)
            except (OSError, TimeoutError, asyncio.IncompleteReadError):
                continue
        return None

    async def _ask_by_udp(self, server: str, message: bytes) -> bytes:
        loop = asyncio.get_running_loop()
        # A socket of its own for each question: its random port is what makes forged answers hard.
        transport, protocol = await loop.create_datagram_endpoint(
            lambda: _Asker(message[:2]), remote_addr=(server, self._port)
        )
        try:
            transport.sendto(message)
            return await protocol.answer
        finally:
            transport.close()

    async def _ask_by_tcp(self, server: str, message: bytes) -> bytes:
        reader, writer = await asyncio.open_connection(server, self._port)
        try:
            writer.write(len(message).to_bytes(2) + message)
            return await reader.readexactly(int.from_bytes(await reader.readexactly(2)))
        finally:
            writer.close()

    def _on_change(self, name: str, bits: int) -> None:
        self._servers = None


class _Asker(asyncio.DatagramProtocol):
    def __init__(self, identity: bytes) -> None:
        self._identity = identity
        self.answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    def datagram_received(self, data: bytes, address: object) -> None:
        if data[:2] == self._identity and not self.answer.done():
            self.answer.set_result(data)

    def error_received(self, exc: Exception) -> None:
        if not self.answer.done():
            self.answer.set_exception(cast("OSError", exc))
