"""Where containers' logs are, and keeping them small.

    logs/<namespace>_<pod>_<uid>/<container>/<attempt>.log               written by the runtime, in CRI form
                                             <attempt>.log.20261123-070000   rotated away

Rotation without a timer: the kernel tells once (inotify, one-shot) that a log has grown. Some seconds
later it is measured, rotated when it is too big, and the kernel is asked again. A silent container costs
nothing, a chatty one a look every CHECK_AFTER_S seconds.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import shutil
import struct
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

from wherry.agent.log_lines import message_of
from wherry.api.core.pod import Pod
from wherry.kit.clock import Clock
from wherry.kit.linux.inotify import IN_MODIFY
from wherry.kit.linux.syscalls import checked, encoded, libc
from wherry.kit.log import get_logger
from wherry.kit.tasks import TaskScope
from wherry.runtime.interface import RuntimeFailure

CHECK_AFTER_S = 5.0
IN_ONESHOT = 0x80000000
_HEADER = struct.Struct("iIII")
_READ_BYTES = 65536
TAIL_BLOCK_BYTES = 64 * 1024

log = get_logger(__name__)


class LogFiles:
    """The logs of one node."""

    def __init__(self, directory: Path) -> None:
        """`directory` holds one directory per pod."""
        self.directory = directory

    def pod_directory(self, namespace: str, name: str, uid: str) -> Path:
        """Where a pod's logs are."""
        return self.directory / f"{namespace}_{name}_{uid}"

    def path(self, pod: Pod, container: str, attempt: int) -> Path:
        """The log of one run of a container; its directory is made."""
        meta = pod.metadata
        directory = self.pod_directory(meta.namespace, meta.name, meta.uid) / container
        directory.mkdir(parents=True, exist_ok=True)
        return directory / f"{attempt}.log"

    def attempts(self, pod: Pod, container: str) -> list[int]:
        """The runs of which there is a log, oldest first."""
        meta = pod.metadata
        directory = self.pod_directory(meta.namespace, meta.name, meta.uid) / container
        return sorted(int(path.stem) for path in directory.glob("*.log") if path.stem.isdigit())

    def prune(self, pod: Pod, container: str, keep_from: int) -> None:
        """Remove the logs of the runs before `keep_from`."""
        for attempt in self.attempts(pod, container):
            if attempt < keep_from:
                path = self.path(pod, container, attempt)
                for old in (path, *rotated(path)):
                    old.unlink(missing_ok=True)

    def remove(self, pod: Pod) -> None:
        """Remove all logs of a pod. Safe to call twice."""
        meta = pod.metadata
        shutil.rmtree(self.pod_directory(meta.namespace, meta.name, meta.uid), ignore_errors=True)

    def last_lines(self, path: Path, lines: int, size_bytes: int) -> bytes:
        """The end of what a program said, without times: at most so many lines and bytes."""
        try:
            with path.open("rb") as stream:
                stream.seek(max(0, path.stat().st_size - TAIL_BLOCK_BYTES))
                block = stream.read()
        except OSError:
            return b""
        said = [message_of(line) for line in block.splitlines()[-lines:]]
        return b"".join(said)[-size_bytes:]


def rotated(path: Path) -> list[Path]:
    """The older parts of a log, oldest first."""
    return sorted(path.parent.glob(f"{path.name}.*"))


class LogRotation:
    """Keeps every running container's log below a size."""

    def __init__(
        self,
        scope: TaskScope,
        clock: Clock,
        reopen: Callable[[str], Awaitable[None]],
        *,
        max_bytes: int,
        max_files: int,
    ) -> None:
        """`reopen(container_id)` makes the runtime write to a new file at the same path."""
        self._scope = scope
        self._clock = clock
        self._reopen = reopen
        self._max_bytes = max_bytes
        self._max_files = max_files
        self._paths: dict[str, Path] = {}
        self._watches: dict[int, str] = {}
        self._descriptor = checked(libc().inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC), "inotify_init1")
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._descriptor, self._read)

    def close(self) -> None:
        """Watch no more."""
        self._loop.remove_reader(self._descriptor)
        os.close(self._descriptor)

    def add(self, container_id: str, path: Path) -> None:
        """Keep this container's log small."""
        self._paths[container_id] = path
        self._arm(container_id)

    def discard(self, container_id: str) -> None:
        """It has ended."""
        self._paths.pop(container_id, None)

    def _arm(self, container_id: str) -> None:
        with contextlib.suppress(OSError):  # no log, or no watches left: then this log is not rotated
            watch = checked(
                libc().inotify_add_watch(
                    self._descriptor, encoded(self._paths[container_id]), ctypes.c_uint32(IN_MODIFY | IN_ONESHOT)
                ),
                "inotify_add_watch",
            )
            self._watches[watch] = container_id

    def _read(self) -> None:
        with contextlib.suppress(BlockingIOError):
            data = os.read(self._descriptor, _READ_BYTES)
            offset = 0
            while offset < len(data):
                watch, bits, _, length = _HEADER.unpack_from(data, offset)
                offset += _HEADER.size + length
                container_id = self._watches.get(watch)
                if bits & IN_MODIFY and container_id in self._paths:
                    del self._watches[watch]
                    _ = self._scope.start("rotate", self._check(container_id))

    async def _check(self, container_id: str) -> None:
        await self._clock.sleep(CHECK_AFTER_S)
        path = self._paths.get(container_id)
        if path is None:
            return
        try:
            if path.stat().st_size > self._max_bytes:
                await self._rotate(container_id, path)
        except OSError as error:
            log.warning("Could not rotate log", path=str(path), err=str(error))
        if container_id in self._paths:
            self._arm(container_id)

    async def _rotate(self, container_id: str, path: Path) -> None:
        stamp = datetime.fromtimestamp(self._clock.now_s(), UTC).strftime("%Y%m%d-%H%M%S.%f")
        aside = path.with_name(f"{path.name}.{stamp}")
        _move(path, aside)
        try:
            await self._reopen(container_id)
        except RuntimeFailure as error:
            # The runtime goes on writing to the file that it has open, wherever that is now.
            _move(aside, path)
            log.warning("Could not reopen log", path=str(path), err=str(error))
            return
        for old in rotated(path)[: -max(1, self._max_files - 1)]:
            old.unlink(missing_ok=True)


def _move(source: Path, target: Path) -> None:
    source.replace(target)
