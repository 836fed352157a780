"""Commands run inside a container: `crun exec` with pipes or a terminal.

The user is always given as numbers (crun below 1.27 may mistake a name), and a session that ends, for
whatever reason, takes the command and what it has started with it.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import secrets
import signal
import socket
import struct
import termios
from collections.abc import AsyncIterator, Sequence
from functools import partial
from pathlib import Path

import orjson

from wherry.kit import process
from wherry.kit.files import write_atomically
from wherry.kit.linux.pidfd import identify, send_signal
from wherry.kit.pipes import open_reader
from wherry.kit.tasks import TaskScope
from wherry.kit.threads import run_in_thread
from wherry.runtime.interface import DeadlineExceeded, ExecResult, FailedPrecondition, Unavailable
from wherry.runtime.oci.container import Machine
from wherry.runtime.oci.monitor import EXIT_CANNOT_START, start_error
from wherry.runtime.oci.privacy import enter_private_mounts
from wherry.runtime.oci.terminal import TerminalWriter

_READ_BYTES = 32768
_CONSOLE_TIMEOUT_S = 30.0
# exec_sync keeps this much of each output, as containerd and CRI-O do.
SYNC_OUTPUT_BYTES_MAX = 16 * 1024 * 1024


def process_spec(machine: Machine, container_id: str, command: Sequence[str], *, tty: bool) -> dict[str, object]:
    """The container's own process (user, environment, rights) with another command.

    Raises:
        FailedPrecondition: the command is empty or contains a NUL.
    """
    if not command or not command[0] or any("\0" in word for word in command):
        raise FailedPrecondition("the command is empty or contains a NUL character")
    spec = orjson.loads(machine.paths.config(container_id).read_bytes())
    found: dict[str, object] = {**spec["process"], "args": list(command), "terminal": tty}
    if tty and not any(entry.startswith("TERM=") for entry in spec["process"]["env"]):
        found["env"] = [*spec["process"]["env"], "TERM=xterm"]
    return found


class CrunExec:
    """A command inside a container. Satisfies runtime.interface.ExecSession."""

    def __init__(self, machine: Machine, container_id: str, command: Sequence[str], *, tty: bool, stdin: bool) -> None:
        """Nothing happens before `start`."""
        self._machine = machine
        self._container_id = container_id
        self._command = command
        self._tty = tty
        self._stdin = stdin
        token = secrets.token_hex(8)
        self._spec_file = machine.paths.execs / f"{token}.json"
        self._pid_file = machine.paths.execs / f"{token}.pid"
        self._socket_file = machine.paths.execs / f"{token}.sock"
        self._process: process.Process | None = None
        self._terminal: int | None = None
        self._terminal_reader: asyncio.StreamReader | None = None
        self._terminal_transport: asyncio.BaseTransport | None = None
        self._terminal_writer: TerminalWriter | None = None

    async def start(self) -> None:
        """Start the command."""
        spec = process_spec(self._machine, self._container_id, self._command, tty=self._tty)
        write_atomically(self._spec_file, orjson.dumps(spec), fsync=False)
        arguments = [f"--process={self._spec_file}", f"--pid-file={self._pid_file}"]
        listener: socket.socket | None = None
        try:
            if self._tty:
                listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
                listener.bind(str(self._socket_file))
                listener.listen(1)
                listener.settimeout(_CONSOLE_TIMEOUT_S)
                arguments.append(f"--console-socket={self._socket_file}")
            pipes = process.DEVNULL if self._tty else process.PIPE
            self._process = await process.spawn(
                self._machine.argv_inside(self._container_id, "exec", *arguments, self._container_id),
                stdin=process.PIPE if self._stdin and not self._tty else process.DEVNULL,
                stdout=pipes,
                stderr=process.PIPE,
                enter=partial(enter_private_mounts, self._machine.layout),
            )
            if listener is not None:
                await self._take_terminal(listener)
        except BaseException:
            await self.close()
            raise
        finally:
            if listener is not None:
                listener.close()

    async def _take_terminal(self, listener: socket.socket) -> None:
        """Receive the terminal that crun has made in the container."""
        assert self._process is not None
        loop = asyncio.get_running_loop()
        listener.setblocking(False)
        async with TaskScope("exec-terminal") as scope:
            accepting = scope.start("accept", loop.sock_accept(listener))
            ending = scope.start("end", self._process.wait())
            await asyncio.wait({accepting, ending}, return_when=asyncio.FIRST_COMPLETED, timeout=_CONSOLE_TIMEOUT_S)
        if accepting.cancelled():
            raise start_error(await self._said())
        connection = accepting.result()[0]
        connection.setblocking(True)
        connection.settimeout(_CONSOLE_TIMEOUT_S)
        with connection:
            _, descriptors, _, _ = await run_in_thread(socket.recv_fds, connection, 4096, 1)
        if not descriptors:
            raise Unavailable("the container runtime did not hand over a terminal")
        await self._open_terminal(descriptors[0])

    async def _open_terminal(self, terminal: int) -> None:
        self._terminal = terminal
        os.set_inheritable(terminal, False)
        self._terminal_reader, self._terminal_transport = await open_reader(terminal)
        if self._stdin:
            self._terminal_writer = TerminalWriter(terminal)

    async def _said(self) -> str:
        assert self._process is not None
        assert self._process.stderr is not None
        self._process.kill()
        return (await self._process.stderr.read(_READ_BYTES)).decode("utf-8", "replace")

    async def write_stdin(self, data: bytes) -> None:
        """Feed the command; b"" closes its input (with a terminal: types Ctrl-D)."""
        if self._terminal_writer is not None:
            await self._terminal_writer.write(data or b"\x04")
            return
        writer = self._process.stdin if self._process else None
        if writer is None or writer.is_closing():
            return
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            if data:
                writer.write(data)
                await writer.drain()
            else:
                writer.close()

    async def output(self) -> AsyncIterator[tuple[str, bytes]]:
        """What the command says, as it comes."""
        if self._terminal_reader is not None:
            while chunk := await _read_terminal(self._terminal_reader):
                yield "stdout", chunk
            return
        assert self._process is not None
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        readers = {"stdout": self._process.stdout, "stderr": self._process.stderr}
        waiting = {asyncio.gather(reader.read(_READ_BYTES)): name for name, reader in readers.items()}
        try:
            while waiting:
                done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                for future in done:
                    name = waiting.pop(future)
                    chunk = future.result()[0]
                    if chunk:
                        waiting[asyncio.gather(readers[name].read(_READ_BYTES))] = name
                        yield name, chunk
        finally:
            for future in waiting:
                # Somebody must have seen its end, or asyncio complains in the log.
                future.add_done_callback(asyncio.Future.cancelled)
                future.cancel()

    def resize(self, columns: int, rows: int) -> None:
        """Set the terminal's size; values that no terminal can have are ignored."""
        if self._terminal is not None and 0 < columns < 65536 and 0 < rows < 65536:
            fcntl.ioctl(self._terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    async def wait(self) -> int:
        """Its exit code; 128 and the signal's number when a signal ended it."""
        assert self._process is not None
        code = await self._process.wait()
        return code if code >= 0 else EXIT_CANNOT_START - code

    async def close(self) -> None:
        """Kill the command and what it has started, and let go of everything. Safe to call twice."""
        if self._process is not None:
            if self._process.exit_code is None:
                # Its first words may come before crun has written the pid file: then it is found below crun.
                kill_tree(self._pid_file, self._process.pid)
            await self._process.close()
        if self._terminal_transport is not None:
            self._terminal_transport.close()
            self._terminal_transport = None
        if self._terminal_writer is not None:
            self._terminal_writer.close()
        if self._terminal is not None:
            os.close(self._terminal)
            self._terminal = None
        for file in (self._spec_file, self._pid_file, self._socket_file):
            file.unlink(missing_ok=True)


async def _read_terminal(reader: asyncio.StreamReader) -> bytes:
    # The kernel reports the end of a terminal's last user as an error.
    try:
        return await reader.read(_READ_BYTES)
    except OSError:
        return b""


def kill_tree(pid_file: Path, *pids: int) -> None:
    """Kill the process of a pid file, if there is one, these others, and all their descendants."""
    pending, found = [*pids], []
    with contextlib.suppress(OSError, ValueError):
        pending.append(int(pid_file.read_text(encoding="ascii")))
    while pending:
        pid = pending.pop()
        identity = identify(pid)
        if identity is None:
            continue
        found.append(identity)
        with contextlib.suppress(OSError, ValueError):
            children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
            pending.extend(int(child) for child in children.split())
    for identity in found:
        send_signal(identity, signal.SIGKILL)


async def exec_sync(machine: Machine, container_id: str, command: Sequence[str], timeout_s: float) -> ExecResult:
    """Run a command to its end.

    Raises:
        DeadlineExceeded: it took longer than `timeout_s` and was killed; 0 or less means no limit.
    """
    session = CrunExec(machine, container_id, command, tty=False, stdin=False)
    kept = {"stdout": bytearray(), "stderr": bytearray()}
    try:
        async with asyncio.timeout(timeout_s if timeout_s > 0 else None):
            await session.start()
            async for name, chunk in session.output():
                kept[name] += chunk[: SYNC_OUTPUT_BYTES_MAX - len(kept[name])]
            code = await session.wait()
    except TimeoutError as error:
        raise DeadlineExceeded(f"command {' '.join(command)!r} timed out after {timeout_s:g} s") from error
    finally:
        await session.close()
    return ExecResult(code, bytes(kept["stdout"]), bytes(kept["stderr"]))
