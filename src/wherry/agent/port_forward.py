"""Port forwarding on one WebSocket: channel 2i carries the i-th port's bytes, channel 2i+1 its errors.

The first message on each channel is the port as two bytes, little-endian. One connection per port.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress

from wherry.agent.channels import channel_upgrade
from wherry.kit.http.types import Upgrade, WebSocket, WebSocketClosed
from wherry.kit.tasks import TaskScope

READ_BYTES = 32 * 1024


def port_forward_upgrade(protocol: str, host: str, ports: Sequence[int]) -> Upgrade:
    """A WebSocket that is joined to `ports` of `host` until the client goes or all connections end."""

    async def talk(socket: WebSocket) -> None:
        forwards = [_Forward(socket, host, port, 2 * index) for index, port in enumerate(ports)]
        try:
            for forward in forwards:
                await forward.announce()
            async with TaskScope("port-forward") as scope:
                client = scope.start("client", _read_client(socket, forwards))
                pods = [scope.start(f"port/{forward.port}", forward.run()) for forward in forwards]
                everything = scope.start("ports", _all_ended(pods))
                await asyncio.wait({client, everything}, return_when=asyncio.FIRST_COMPLETED)
        except WebSocketClosed:
            pass
        finally:
            await socket.close()

    return channel_upgrade(protocol, talk)


class _Forward:
    """One port: a connection into the pod."""

    def __init__(self, socket: WebSocket, host: str, port: int, channel: int) -> None:
        self.port = port
        self.channel = channel
        self._socket = socket
        self._host = host
        self._writer: asyncio.Future[asyncio.StreamWriter | None] = asyncio.get_running_loop().create_future()

    async def announce(self) -> None:
        """Say which port the two channels are for."""
        number = self.port.to_bytes(2, "little")
        await self._socket.send(bytes((self.channel,)) + number)
        await self._socket.send(bytes((self.channel + 1,)) + number)

    async def write(self, data: bytes) -> None:
        """From the client into the pod."""
        writer = await self._writer
        if writer is not None:
            with suppress(OSError):
                writer.write(data)
                await writer.drain()

    async def run(self) -> None:
        """From the pod to the client, until the connection ends."""
        try:
            reader, writer = await asyncio.open_connection(self._host, self.port)
        except OSError as error:
            self._writer.set_result(None)
            with suppress(WebSocketClosed):
                text = f"unable to do port forwarding: connect to port {self.port} of the pod: {error}"
                await self._socket.send(bytes((self.channel + 1,)) + text.encode())
            return
        self._writer.set_result(writer)
        try:
            with suppress(WebSocketClosed, OSError):
                while data := await reader.read(READ_BYTES):
                    await self._socket.send(bytes((self.channel,)) + data)
        finally:
            writer.close()


async def _all_ended(tasks: Sequence[asyncio.Task[None]]) -> None:
    await asyncio.wait(tasks)


async def _read_client(socket: WebSocket, forwards: Sequence[_Forward]) -> None:
    by_channel = {forward.channel: forward for forward in forwards}
    with suppress(WebSocketClosed):
        while True:
            message = await socket.receive()
            forward = by_channel.get(message[0]) if message else None
            if forward is not None and len(message) > 1:
                await forward.write(message[1:])
