"""An attachment to a container's own program, through its monitor's socket.

conmon sends packets whose first byte names the stream (2 output, 3 errors) and takes input as plain
bytes; terminal sizes go through its control FIFO.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator

from wherry.runtime.interface import FailedPrecondition, RuntimeFailure
from wherry.runtime.oci.monitor import resize_terminal
from wherry.runtime.oci.paths import Paths

_STREAMS = {2: "stdout", 3: "stderr"}
# conmon reads and sends at most 8 KiB at a time, and one byte for the stream.
_PACKET_BYTES_MAX = 8193
_INPUT_BYTES_MAX = 8192


class Attachment:
    """Satisfies runtime.interface.ExecSession. Closing it leaves the program alone."""

    def __init__(self, paths: Paths, container_id: str, ended: asyncio.Future[int]) -> None:
        """`ended` is done with the exit code when the container ends."""
        self._paths = paths
        self._container_id = container_id
        self._ended = ended
        self._socket: socket.socket | None = None

    async def connect(self) -> None:
        """Connect to the monitor.

        Raises:
            FailedPrecondition: it does not listen (the container has ended).
        """
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET | socket.SOCK_NONBLOCK)
        # The path may be longer than a socket's address can be; one through a descriptor never is.
        directory = os.open(self._paths.container(self._container_id), os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            connection.connect(f"/proc/self/fd/{directory}/attach")
        except OSError as error:
            connection.close()
            raise FailedPrecondition(f"container {self._container_id} cannot be attached to: {error}") from error
        finally:
            os.close(directory)
        self._socket = connection

    async def write_stdin(self, data: bytes) -> None:
        """Feed the program; b"" closes its input."""
        if self._socket is None:
            return
        with contextlib.suppress(OSError):
            if not data:
                self._socket.shutdown(socket.SHUT_WR)
            loop = asyncio.get_running_loop()
            for start in range(0, len(data), _INPUT_BYTES_MAX):
                await loop.sock_sendall(self._socket, data[start : start + _INPUT_BYTES_MAX])

    async def output(self) -> AsyncIterator[tuple[str, bytes]]:
        """What the program says from now on."""
        loop = asyncio.get_running_loop()
        while self._socket is not None:
            try:
                packet = await loop.sock_recv(self._socket, _PACKET_BYTES_MAX)
            except OSError:
                return
            if not packet:
                return
            stream = _STREAMS.get(packet[0])
            if stream is not None and len(packet) > 1:
                yield stream, packet[1:]

    def resize(self, columns: int, rows: int) -> None:
        """Set the terminal's size."""
        if 0 < columns < 65536 and 0 < rows < 65536:
            with contextlib.suppress(RuntimeFailure):
                resize_terminal(self._paths, self._container_id, columns, rows)

    async def wait(self) -> int:
        """The container's exit code."""
        return await asyncio.shield(self._ended)

    async def close(self) -> None:
        """Hang up. Safe to call twice."""
        if self._socket is not None:
            connection, self._socket = self._socket, None
            # A reader that waits in `output` gets its end from this.
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()
