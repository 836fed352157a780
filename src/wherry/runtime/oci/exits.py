"""Noticing the end of containers: the monitors' exit files by inotify, and the monitors themselves by pidfd.

The exit file is the rule. A monitor that ends without having written one (somebody killed it) is the
exception: its container has nobody left to tell its exit code, and is ended too.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

from wherry.kit.linux.inotify import IN_CLOSE_WRITE, IN_MOVED_TO, DirectoryWatch
from wherry.kit.linux.pidfd import ProcessIdentity, identify


class ExitWatch:
    """Calls one function for every exit file and another for every monitor that ends."""

    def __init__(self, directory: Path, on_exit: Callable[[str], None], on_monitor_end: Callable[[str], None]) -> None:
        """Both get the container's id, on the loop. `on_exit` may come more than once per container."""
        self._directory = directory
        self._on_exit = on_exit
        self._on_monitor_end = on_monitor_end
        self._files = DirectoryWatch(directory, IN_MOVED_TO | IN_CLOSE_WRITE, self._on_file)
        self._monitors: dict[str, int] = {}

    def start(self) -> None:
        """Begin; files that are there already are not reported."""
        self._files.start()

    def stop(self) -> None:
        """End. Safe to call twice."""
        self._files.stop()
        for container_id in list(self._monitors):
            self.forget(container_id)

    def watch_monitor(self, container_id: str, monitor: ProcessIdentity) -> bool:
        """Watch a container's monitor; False when it has ended already."""
        self.forget(container_id)
        try:
            descriptor = os.pidfd_open(monitor.pid)
        except ProcessLookupError:
            return False
        if identify(monitor.pid) != monitor:
            os.close(descriptor)
            return False
        self._monitors[container_id] = descriptor
        asyncio.get_running_loop().add_reader(descriptor, self._on_monitor, container_id)
        return True

    def forget(self, container_id: str) -> None:
        """Stop watching a monitor. Safe to call twice."""
        descriptor = self._monitors.pop(container_id, None)
        if descriptor is not None:
            asyncio.get_running_loop().remove_reader(descriptor)
            os.close(descriptor)

    def _on_monitor(self, container_id: str) -> None:
        self.forget(container_id)
        self._on_monitor_end(container_id)

    def _on_file(self, name: str, _events: int) -> None:
        # An overflow of the kernel's queue names no file: look at all of them.
        for found in [name] if name else [path.name for path in self._directory.iterdir()]:
            if found.isalnum():
                self._on_exit(found)
