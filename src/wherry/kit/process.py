"""Other programs: start one, feed it, collect what it says, and know when it ends.

The only place that starts a program. The end of a program is noticed through its pidfd on the event
loop: no thread per child, no signal handler, no polling; it works with asyncio's loop and with uvloop.
Every program gets its own session, so that killing it kills what it has started too.

Programs are started with vfork (which is why there is no pre-exec hook) on the calling thread: they
inherit that thread's namespaces. `in_namespace` and `enter` start them from a fresh thread for this.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess  # noqa: TID251 - this is the one place
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from wherry.kit.pipes import open_reader, open_writer
from wherry.kit.threads import run_in_fresh_thread, start_in_thread

PIPE = subprocess.PIPE
DEVNULL = subprocess.DEVNULL

# What `run` keeps of each output; a program that says more is cut off here, not the memory of this one.
OUTPUT_BYTES_MAX = 16 * 1024 * 1024
_READ_BYTES = 65536
# What the PATH of a user, or of a root that `su` has made, leaves out.
PROGRAM_FOLDERS = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")


@dataclass(frozen=True, slots=True)
class Completed:
    """A program that has ended. `exit_code` is negative when a signal killed it (-9: SIGKILL)."""

    exit_code: int
    stdout: bytes
    stderr: bytes

    def message(self) -> str:
        """What it said about a failure, in one line."""
        text = (self.stderr.strip() or self.stdout.strip()).decode("utf-8", "replace")
        return text.replace("\n", "; ") or f"exit code {self.exit_code}"


def find_program(name: str) -> str | None:
    """Where a program is, also in the folders that a user's PATH leaves out."""
    return shutil.which(name) or shutil.which(name, path=os.pathsep.join(PROGRAM_FOLDERS))


@dataclass(frozen=True, slots=True)
class Launch:
    """How a program is to be started. Standard streams are a file descriptor, DEVNULL or PIPE."""

    argv: Sequence[str]
    stdin: int = DEVNULL
    stdout: int = DEVNULL
    stderr: int = DEVNULL
    env: Mapping[str, str] | None = None
    cwd: Path | str | None = None
    pass_fds: Sequence[int] = ()

    def start(self) -> subprocess.Popen[bytes]:
        """Start it on this thread."""
        return subprocess.Popen(  # noqa: S603 - an argument list, never a shell line
            list(self.argv),
            stdin=self.stdin,
            stdout=self.stdout,
            stderr=self.stderr,
            env=None if self.env is None else dict(self.env),
            cwd=self.cwd,
            pass_fds=tuple(self.pass_fds),
            # Python opens every file close-on-exec, so walking the open ones would only cost time.
            close_fds=bool(self.pass_fds),
            start_new_session=True,
        )


class Process:
    """A program that runs. Made by `spawn`; must be waited for (`wait`) or ended (`close`)."""

    def __init__(self, popen: subprocess.Popen[bytes]) -> None:
        """Watch `popen` from the running loop."""
        self._popen = popen
        self._loop = asyncio.get_running_loop()
        self._ended: asyncio.Future[int] = self._loop.create_future()
        self._transports: list[asyncio.BaseTransport] = []
        self.pid = popen.pid
        self.stdin: asyncio.StreamWriter | None = None
        self.stdout: asyncio.StreamReader | None = None
        self.stderr: asyncio.StreamReader | None = None
        self._pidfd = -1
        if hasattr(os, "pidfd_open"):
            self._pidfd = os.pidfd_open(popen.pid)
            self._loop.add_reader(self._pidfd, self._on_exit)
        else:
            # Not Linux: a thread waits.
            start_in_thread(popen.wait).add_done_callback(lambda _: self._on_exit())

    async def open_streams(self) -> None:
        """Connect the pipes that were asked for to the loop."""
        if self._popen.stdin is not None:
            with self._popen.stdin as pipe:
                self.stdin = await open_writer(pipe.fileno())
            self._transports.append(self.stdin.transport)
        if self._popen.stdout is not None:
            self.stdout = await self._open_reader(self._popen.stdout)
        if self._popen.stderr is not None:
            self.stderr = await self._open_reader(self._popen.stderr)

    async def _open_reader(self, stream: IO[bytes]) -> asyncio.StreamReader:
        with stream as pipe:
            reader, transport = await open_reader(pipe.fileno(), limit=_READ_BYTES)
        self._transports.append(transport)
        return reader

    @property
    def exit_code(self) -> int | None:
        """Its exit code (negative: the signal), or None while it runs."""
        return self._ended.result() if self._ended.done() else None

    def _on_exit(self) -> None:
        if self._pidfd >= 0:
            self._loop.remove_reader(self._pidfd)
            os.close(self._pidfd)
        code = self._popen.wait()
        if not self._ended.done():
            self._ended.set_result(code)

    async def wait(self) -> int:
        """Wait for its end; gives the exit code (negative: the signal that killed it)."""
        return await asyncio.shield(self._ended)

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if not self._ended.done():
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        """End it and everything it has started, at once. Safe to call twice."""
        if not self._ended.done():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)

    async def close(self) -> None:
        """Kill it if it still runs, wait for it, and let go of its pipes. Safe to call twice."""
        self.kill()
        try:
            await self.wait()
        finally:
            for transport in self._transports:
                transport.close()


async def spawn(
    argv: Sequence[str],
    *,
    stdin: int = DEVNULL,
    stdout: int = DEVNULL,
    stderr: int = DEVNULL,
    env: Mapping[str, str] | None = None,
    pass_fds: Sequence[int] = (),
    in_namespace: Path | str | None = None,
    enter: Callable[[], None] | None = None,
) -> Process:
    """Start a program that runs for a while.

    Args:
        argv: the program and its arguments; never a shell line.
        stdin: PIPE (then Process.stdin is a writer), DEVNULL or a file descriptor; the same for
            stdout and stderr (readers).
        env: its whole environment; None hands on ours.
        pass_fds: descriptors it keeps, at the same numbers.
        in_namespace: file of a network namespace to start it in.
        enter: called on the fresh thread that starts it, to change that thread's namespaces.

    Raises:
        FileNotFoundError: no such program.
    """
    return await _spawn(Launch(argv, stdin, stdout, stderr, env, None, pass_fds), in_namespace, enter)


async def _spawn(launch: Launch, in_namespace: Path | str | None, enter: Callable[[], None] | None) -> Process:
    if in_namespace is None and enter is None:
        popen = launch.start()
    else:
        popen = await run_in_fresh_thread(_start_inside, launch, in_namespace, enter)
    process = Process(popen)
    try:
        await process.open_streams()
    except BaseException:
        process.kill()
        raise
    return process


def _start_inside(
    launch: Launch, in_namespace: Path | str | None, enter: Callable[[], None] | None
) -> subprocess.Popen[bytes]:
    if in_namespace is not None:
        from wherry.kit.linux.namespaces import CLONE_NEWNET, enter_namespace

        enter_namespace(in_namespace, CLONE_NEWNET)
    if enter is not None:
        enter()
    return launch.start()


async def run(
    argv: Sequence[str],
    *,
    input: bytes = b"",  # noqa: A002 - the standard library's own word
    timeout_s: float,
    env: Mapping[str, str] | None = None,
    cwd: Path | str | None = None,
    in_namespace: Path | str | None = None,
    enter: Callable[[], None] | None = None,
) -> Completed:
    """Run a program to its end.

    Raises:
        FileNotFoundError: no such program.
        TimeoutError: it took longer than `timeout_s`; it and its children are killed by then.
    """
    process = await _spawn(Launch(argv, PIPE if input else DEVNULL, PIPE, PIPE, env, cwd), in_namespace, enter)
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        async with asyncio.timeout(timeout_s):
            _, stdout, stderr, code = await asyncio.gather(
                _feed(process, input), _read_all(process.stdout), _read_all(process.stderr), process.wait()
            )
    finally:
        await process.close()
    return Completed(code, stdout, stderr)


async def _feed(process: Process, data: bytes) -> None:
    if process.stdin is None:
        return
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        process.stdin.write(data)
        await process.stdin.drain()
    process.stdin.close()


async def _read_all(reader: asyncio.StreamReader) -> bytes:
    kept = bytearray()
    while chunk := await reader.read(_READ_BYTES):
        kept += chunk[: OUTPUT_BYTES_MAX - len(kept)]
    return bytes(kept)


def run_blocking(
    argv: Sequence[str],
    *,
    timeout_s: float,
    env: Mapping[str, str] | None = None,
    cwd: Path | str | None = None,
    pass_fds: Sequence[int] = (),
) -> Completed:
    """The same for code that is in a thread already: blocks it until the program has ended.

    Raises:
        FileNotFoundError: no such program.
        TimeoutError: it took longer than `timeout_s`; it and its children are killed by then.
    """
    popen = Launch(argv, DEVNULL, PIPE, PIPE, env, cwd, pass_fds).start()
    with popen:
        try:
            stdout, stderr = popen.communicate(timeout=timeout_s)
        except subprocess.TimeoutExpired as error:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(popen.pid, signal.SIGKILL)
            popen.communicate()
            raise TimeoutError(f"{argv[0]} took longer than {timeout_s} s") from error
    return Completed(popen.returncode, stdout, stderr)
