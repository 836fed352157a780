"""Starting the server in the background, and knowing whether it runs."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from pathlib import Path

from wherry.cli.output import Trouble, note, progress
from wherry.cli.running import running_pid
from wherry.cluster.data_dir import DataDir, Identity
from wherry.cluster.wanted import Wanted

ANYTHING = Wanted()
READY_TIMEOUT_S = 60.0
LOG_BYTES_MAX = 10 * 1024 * 1024
"""A server's log beyond this makes room at the next start; the one before is kept."""


def server_argv(data_dir: DataDir, wanted: Wanted) -> list[str]:
    """The command that runs the server."""
    return [sys.executable, "-m", "wherry", "--home", str(data_dir.root), "server", *wanted.to_arguments()]


async def start(data_dir: DataDir, wanted: Wanted) -> float:
    """Start the server in the background and follow its boot; gives the seconds it took."""
    from wherry.kit.process import PIPE, spawn

    started_s = time.monotonic()
    data_dir.root.mkdir(parents=True, exist_ok=True, mode=0o700)
    log = open_log(data_dir.log_file)
    log_start = os.fstat(log).st_size
    try:
        server = await spawn(server_argv(data_dir, wanted), stdout=PIPE, stderr=log)
    finally:
        os.close(log)
    assert server.stdout is not None
    try:
        async with asyncio.timeout(READY_TIMEOUT_S):
            while line := await server.stdout.readline():
                if show_boot_line(line):
                    return time.monotonic() - started_s
    except TimeoutError:
        raise Trouble(
            f"the cluster did not become ready in {READY_TIMEOUT_S:.0f} s",
            remedy=f"read {data_dir.log_file}, then: wherry doctor",
            exit_code=5,
        ) from None
    raise Trouble(
        f"the server ended before it was ready{last_words(data_dir.log_file, log_start)}",
        remedy=f"read {data_dir.log_file}, then: wherry doctor",
    )


def open_log(log_file: Path) -> int:
    """Open the server's log for appending, after a large one has made room."""
    if log_file.exists() and log_file.stat().st_size > LOG_BYTES_MAX:
        log_file.replace(log_file.with_suffix(".log.1"))
    return os.open(log_file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)


def show_boot_line(line: bytes) -> bool:
    """Print one line of the server's boot story; true when it says that it is ready."""
    try:
        told = json.loads(line)
    except ValueError:
        note(line.decode(errors="replace").rstrip())
        return False
    if "failed" in told:
        raise Trouble(told["failed"], remedy=told["remedy"])
    if "step" in told:
        progress(told["step"], told["ms"])
    return bool(told.get("ready"))


def last_words(log_file: Path, start_bytes: int = 0) -> str:
    """The log's last line from `start_bytes` on; without the frame that Python draws around grouped errors."""
    with log_file.open("rb") as log:
        _ = log.seek(start_bytes)
        lines = [line.strip(" |+-") for line in log.read().decode(errors="replace").splitlines()]
    return next((f": {line[:300]}" for line in reversed(lines) if line), "")


def bring_up(data_dir: DataDir, wanted: Wanted = ANYTHING) -> bool:
    """Make sure that the cluster runs. Returns whether this call has started it."""
    from wherry.cluster.data_dir import read_identity

    pid = running_pid(data_dir)
    if pid:
        identity = read_identity(data_dir)
        if identity is not None:
            refuse_other(data_dir, identity, wanted, pid)
        return False
    took_s = asyncio.run(start(data_dir, wanted))
    progress("the cluster is ready", took_s * 1000)
    return True


def refuse_other(data_dir: DataDir, identity: Identity, wanted: Wanted, pid: int) -> None:
    """A cluster that runs cannot become another one. Raises Trouble with the way out."""
    again = " ".join(["wherry down, then wherry up", *wanted.to_arguments()[2:]])
    if wanted.port not in (None, identity.port):
        raise Trouble(
            f"this cluster is running already, on port {identity.port} (process {pid})",
            remedy=f"{again}; or a second cluster: wherry --home {data_dir.root}-2 up --port {wanted.port}",
            exit_code=4,
        )
    has_other_nodes = wanted.simulated_nodes not in (None, identity.simulated_nodes)
    if has_other_nodes or wanted.real_node not in (None, identity.real_node):
        nodes = "this machine as a node" if identity.real_node else "no real node"
        raise Trouble(
            f"this cluster is running already, with {nodes} and {identity.simulated_nodes} simulated ones",
            remedy=again,
            exit_code=4,
        )
