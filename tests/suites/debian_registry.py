"""Debian's own registry program (the reference implementation of the distribution API), on a free port of loopback."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from suites.running_cluster import free_port

PROGRAM = shutil.which("docker-registry") or ""
USER, PASSWORD = "ana", "secret"
# bcrypt of "secret".
_HASH = "$2b$04$7H5S0XbB81Ctg9i8z2u5uOR1UJTgiZ/EFJE5gnoGzuJHao6SPW3f6"
STARTS_WITHIN_S = 20.0

needs_registry = pytest.mark.skipif(
    not PROGRAM, reason="there is no docker-registry here: scripts/setup dev installs it"
)


@dataclass(frozen=True)
class DebianRegistry:
    host: str
    folder: Path
    log: Path


@contextlib.contextmanager
def debian_registry(folder: Path, *, private: bool = False) -> Iterator[DebianRegistry]:
    """Runs it; with `private` only USER may read or write."""
    folder.mkdir(parents=True)
    (folder / "htpasswd").write_text(f"{USER}:{_HASH}\n")
    auth = f"auth:\n  htpasswd:\n    realm: tests\n    path: {folder}/htpasswd\n" if private else ""
    host, config = f"127.0.0.1:{free_port()}", folder / "config.yml"
    config.write_text(
        f"version: 0.1\nlog:\n  level: warn\nstorage:\n  filesystem:\n    rootdirectory: {folder}/data\n"
        f"http:\n  addr: {host}\n{auth}"
    )
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen([PROGRAM, "serve", str(config)], stdout=log, stderr=log, env={}) as running,
    ):
        try:
            _wait_until_open(host, running)
            yield DebianRegistry(host, folder, folder / "log")
        finally:
            running.terminate()
            running.wait(10)


def _wait_until_open(host: str, running: subprocess.Popen[bytes]) -> None:
    address, _, port = host.partition(":")
    until_s = time.monotonic() + STARTS_WITHIN_S
    while time.monotonic() < until_s and running.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection((address, int(port)), 1):
            return
        time.sleep(0.02)
    raise AssertionError("docker-registry does not answer")
