"""Blobs on their way to the disk: checked while they come, gone on with after a cut, fetched once for all who wait.

One file for each blob in one folder, locked by the process that uses it. A process that is killed leaves its files:
the next one that wants such a blob goes on where it was. What nobody goes on with is swept away.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import fcntl
import hashlib
import os
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import BinaryIO, ParamSpec, TypeVar

from wherry.kit.backoff import Backoff
from wherry.kit.clock import Clock
from wherry.kit.http.client_connection import ConnectionFailed
from wherry.kit.http.types import Response
from wherry.kit.threads import run_in_thread
from wherry.runtime.images.layers import Limits
from wherry.runtime.images.manifest import Descriptor
from wherry.runtime.interface import FailedPrecondition
from wherry.runtime.registry.connections import discard, header, parts_of
from wherry.runtime.registry.session import Session

P = ParamSpec("P")
T = TypeVar("T")

AT_ONCE_MAX = 6
"""Blobs that come side by side, for all pulls together: more only share the same line, and the same two cores."""
TRIES_MAX = 5
"""Attempts in a row that bring nothing new."""
FIRST_WAIT_S, LONGEST_WAIT_S = 0.2, 5.0
PIECE_BYTES = 1024 * 1024
"""So much is gathered before a thread writes it."""
LEFT_ALONE_S = 3600.0
"""A file of a killed process that nobody has gone on with for so long is of no use."""


class Unavailable(Exception):
    """The blob cannot be had from this endpoint: its answer's status."""

    def __init__(self, status: int) -> None:
        """`status` is never a good one."""
        super().__init__(str(status))
        self.status = status


@dataclass(slots=True)
class _File:
    """An open, locked file and the hash of what is in it."""

    path: Path
    stream: BinaryIO
    size: int = 0
    digest: hashlib._Hash = field(default_factory=hashlib.sha256)

    def append(self, data: bytes) -> None:
        _ = self.stream.write(data)
        self.stream.flush()
        self.digest.update(data)
        self.size += len(data)

    def empty(self) -> None:
        _ = self.stream.seek(0)
        _ = self.stream.truncate()
        self.size, self.digest = 0, hashlib.sha256()

    def read_what_is_there(self) -> None:
        """A killed process has left it."""
        _ = self.stream.seek(0)
        while data := self.stream.read(PIECE_BYTES):
            self.digest.update(data)
            self.size += len(data)


@dataclass(slots=True)
class _Wanted:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    users: int = 0
    file: _File | None = None
    is_complete: bool = False


class Downloads:
    """The blobs that pulls of this process are fetching or using."""

    def __init__(self, directory: Path, clock: Clock, random: Random) -> None:
        """`directory` is made when it is needed."""
        self._directory = directory
        self._clock = clock
        self._random = random
        self._wanted: dict[str, _Wanted] = {}
        self._at_once = asyncio.Semaphore(AT_ONCE_MAX)

    @contextlib.asynccontextmanager
    async def blob(self, session: Session, descriptor: Descriptor) -> AsyncIterator[Path]:
        """The file of a blob, complete and checked, for as long as the block lasts.

        Raises:
            Unavailable: the registry does not have it, or does not give it.
            ConnectionFailed: it did not come, after several attempts.
            FailedPrecondition: it is not what its digest says, or there is no room.
        """
        wanted = self._wanted.setdefault(descriptor.digest, _Wanted())
        wanted.users += 1
        try:
            async with wanted.lock:
                if not wanted.is_complete:
                    if wanted.file is None:
                        wanted.file = await self._on_disk(self._open, descriptor.digest)
                    async with self._at_once:
                        await self._fetch(session, descriptor, wanted.file)
                    wanted.is_complete = True
            assert wanted.file is not None
            yield wanted.file.path
        finally:
            wanted.users -= 1
            if not wanted.users:
                del self._wanted[descriptor.digest]
                if wanted.file is not None:
                    _let_go(wanted.file, is_complete=wanted.is_complete)

    def sweep(self, *, older_than_s: float = LEFT_ALONE_S) -> int:
        """Remove what killed processes have left; gives how many files. Blocks."""
        return sweep(self._directory, self._clock.now_s() - older_than_s)

    def _open(self, digest: str) -> _File:
        """Its file: what is there of it already, or an empty one. Another process that has it keeps it to itself."""
        self._directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        name = digest.removeprefix("sha256:")
        for attempt in range(100):
            path = self._directory / (f"{name}.part" if not attempt else f"{name}.{os.getpid()}-{attempt}.part")
            stream = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), "r+b")
            if _lock(stream) and _is_same(path, stream):
                file = _File(path, stream)
                file.read_what_is_there()
                return file
            stream.close()
        raise FailedPrecondition(f"the folder {self._directory} is full of files that are in use")

    async def _fetch(self, session: Session, descriptor: Descriptor, file: _File) -> None:
        backoff = Backoff(self._random, initial_s=FIRST_WAIT_S, maximum_s=LONGEST_WAIT_S)
        tries_left = TRIES_MAX
        while not await self._is_whole(descriptor, file):
            before = file.size
            try:
                await self._go_on(session, descriptor, file)
            except ConnectionFailed:
                # What has come counts: a line that breaks every minute still brings a big image.
                tries_left = TRIES_MAX if file.size > before else tries_left - 1
                if not tries_left:
                    raise
                await self._clock.sleep(backoff.next_s())

    async def _is_whole(self, descriptor: Descriptor, file: _File) -> bool:
        if file.size < descriptor.size:
            return False
        if file.size == descriptor.size and f"sha256:{file.digest.hexdigest()}" == descriptor.digest:
            return True
        size, found = file.size, file.digest.hexdigest()
        await self._on_disk(file.empty)
        raise FailedPrecondition(
            f"failed size or digest validation: {descriptor.digest} ({descriptor.size} bytes) came as sha256:{found} "
            f"({size} bytes or more); it is fetched anew at the next attempt"
        )

    async def _go_on(self, session: Session, descriptor: Descriptor, file: _File) -> None:
        """Fetch what is missing, or all of it when the registry cannot go on in the middle."""
        free = shutil.disk_usage(self._directory).free
        if free - (descriptor.size - file.size) < Limits().free_bytes_min:
            raise FailedPrecondition(
                f"no space left on device: {descriptor.size / 1e6:.0f} MB do not fit on the disk of {self._directory} "
                f"({free / 1e6:.0f} MB are free); make room there: wherry image list, wherry image rm"
            )
        asked = {"range": f"bytes={file.size}-"} if file.size else {}
        response = await session.call("GET", session.url(f"blobs/{descriptor.digest}"), headers=asked)
        if response.status == 416 or (response.status == 206 and not _begins_at(response, file.size)):
            await discard(response)
            await self._on_disk(file.empty)
            raise ConnectionFailed(f"{session.endpoint.url} does not go on where we are")
        if response.status not in (200, 206):
            await discard(response)
            raise Unavailable(response.status)
        if response.status == 200 and file.size:
            await self._on_disk(file.empty)
        await self._write(response, descriptor, file)

    async def _write(self, response: Response, descriptor: Descriptor, file: _File) -> None:
        gathered = bytearray()
        async with aclosing(parts_of(response.body)) as parts:
            try:
                async for part in parts:
                    gathered += part
                    if file.size + len(gathered) > descriptor.size:
                        break
                    if len(gathered) >= PIECE_BYTES:
                        await self._on_disk(file.append, bytes(gathered))
                        gathered.clear()
            finally:
                if gathered:
                    await self._on_disk(file.append, bytes(gathered))

    async def _on_disk(self, deed: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do it in a thread; trouble of the disk is none of the network's."""
        with telling_disk(self._directory):
            return await run_in_thread(deed, *args, **kwargs)


@contextlib.contextmanager
def telling_disk(directory: Path) -> Iterator[None]:
    """Make an error of the disk a sentence. Raises FailedPrecondition."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise FailedPrecondition(
                f"no space left on device: the image does not fit on the disk of {directory}; make room there: "
                "wherry image list, wherry image rm"
            ) from error
        raise FailedPrecondition(f"the image cannot be kept in {directory}: {error}") from error


def _begins_at(response: Response, place: int) -> bool:
    return header(response, "content-range").startswith(f"bytes {place}-")


def _let_go(file: _File, *, is_complete: bool) -> None:
    """A blob that came whole has been used; of another what has come is kept for the next attempt."""
    if is_complete or not file.size:
        file.path.unlink(missing_ok=True)
    file.stream.close()


def _lock(stream: BinaryIO) -> bool:
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _is_same(path: Path, stream: BinaryIO) -> bool:
    """Whether the file is still the one at that path: a sweep may have been there in between."""
    try:
        return os.path.samestat(path.stat(), os.fstat(stream.fileno()))
    except OSError:
        return False


def sweep(directory: Path, before_s: float) -> int:
    """Remove the files of downloads that no process has and that have not changed since `before_s`; blocks."""
    gone = 0
    for path in _files(directory):
        with contextlib.suppress(OSError), path.open("rb") as stream:
            if _lock(stream) and path.stat().st_mtime < before_s:
                path.unlink()
                gone += 1
    return gone


def _files(directory: Path) -> Iterator[Path]:
    return directory.glob("*.part")
