"""The server process: one folder, one lock, one loop; stops on SIGTERM and leaves the containers running."""

from __future__ import annotations

import asyncio
import errno
import os
import re
import signal
import socket
from dataclasses import dataclass

from wherry.cluster.address_slots import NoFreeSlot, claim_slot
from wherry.cluster.boot import Boot, Report, StartFailed, refused_by_machine
from wherry.cluster.data_dir import DataDir, Identity, new_cluster_id, read_identity, write_identity
from wherry.cluster.machine import examine
from wherry.kit import failpoints
from wherry.kit.files import DamagedFile, DirectoryInUse, DirectoryLock, write_atomically
from wherry.kit.log import configure, get_logger
from wherry.kit.settings import environment, load_settings

DEFAULT_PORT = 6443
PORTS_TRIED = 50
OPEN_FILES_WANTED = 65_536

log = get_logger(__name__)


@dataclass(frozen=True)
class ServerSettings:
    """What the environment may change: WHERRY_FAILPOINT (see kit/failpoints.py; for tests)."""

    failpoint: str = ""


def serve(data_dir: DataDir, *, port: int | None, bind: str, report: Report) -> None:
    """Run the cluster in `data_dir` until SIGTERM or SIGINT. Raises StartFailed."""
    try:
        _serve(data_dir, port, bind, report)
    except DamagedFile as error:
        raise StartFailed(str(error), error.remedy) from error
    except OSError as error:
        raise refused_by_machine(error) from error


def _serve(data_dir: DataDir, port: int | None, bind: str, report: Report) -> None:
    configure(json=True, level="INFO")
    _arm_failpoints()
    _raise_open_files_limit()
    lock = DirectoryLock(data_dir.root)
    try:
        lock.acquire()
    except DirectoryInUse as error:
        raise StartFailed(f"this cluster is running already: {error}", "wherry status") from error
    try:
        missing = [finding for finding in examine(data_dir) if not finding.ok]
        if missing:
            first = missing[0]
            raise StartFailed(f"{first.what}: {first.meaning}", f"{first.remedy}; then check with: wherry doctor")
        data_dir.make()
        identity = _identify(data_dir, port, bind)
        write_atomically(data_dir.pid_file, f"{os.getpid()}\n", mode=0o644, fsync=False)
        try:
            _run(data_dir, identity, bind, Boot(report))
        finally:
            data_dir.pid_file.unlink(missing_ok=True)
    finally:
        lock.release()


def _run(data_dir: DataDir, identity: Identity, bind: str, boot: Boot) -> None:
    import uvloop

    from wherry.cluster.standalone import run_cluster
    from wherry.cluster.teardown import undo_start
    from wherry.runtime.interface import RuntimeFailure
    from wherry.store.interface import StoreError
    from wherry.store.sqlite import CorruptDatabase

    async def main() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await run_cluster(data_dir, identity, bind=bind, node_name=identity.node_name, boot=boot, stop=stop)

    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            try:
                runner.run(main())
            finally:
                if not boot.is_ready:
                    runner.run(undo_start(data_dir, identity))
    except BaseExceptionGroup as group:
        refusals, others = group.split(RuntimeFailure)
        if refusals is None or others is not None:
            raise
        raise StartFailed(str(_first_of(refusals)), "see what this machine lacks: wherry doctor") from group
    except CorruptDatabase as error:
        aside = f"mv {error.path} {error.path}.damaged; mv {error.path}-wal {error.path}.damaged-wal"
        raise StartFailed(str(error), f"put back a copy; or, for an empty cluster: {aside}; wherry up") from error
    except StoreError as error:
        raise StartFailed(f"the database cannot be used: {error}", f"look at {data_dir.database.parent}") from error
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise _port_in_use(identity.port) from error
        raise


def _first_of(group: BaseExceptionGroup[BaseException]) -> BaseException:
    error = group.exceptions[0]
    return _first_of(error) if isinstance(error, BaseExceptionGroup) else error


def _identify(data_dir: DataDir, port: int | None, bind: str) -> Identity:
    """The cluster's id, addresses and port: as before, or chosen now."""
    before = read_identity(data_dir)
    wanted = port or (before.port if before else None)
    if wanted is not None and not _is_free(bind, wanted):
        raise _port_in_use(wanted)
    chosen = wanted or _first_free_port(bind)
    try:
        slot = claim_slot(data_dir, before.slot if before else None)
    except NoFreeSlot as error:
        raise StartFailed(str(error), error.remedy) from error
    identity = Identity(
        id=before.id if before else new_cluster_id(),
        slot=slot,
        port=chosen,
        node_name=(before.node_name if before else "") or node_name(),
    )
    if identity != before:
        write_identity(data_dir, identity)
    return identity


def _port_in_use(port: int) -> StartFailed:
    return StartFailed(
        f"port {port} is in use by another program", f"choose another: the same command with --port {port + 1000}"
    )


def _first_free_port(bind: str) -> int:
    for port in range(DEFAULT_PORT, DEFAULT_PORT + PORTS_TRIED):
        if _is_free(bind, port):
            return port
    raise StartFailed(
        f"every port from {DEFAULT_PORT} to {DEFAULT_PORT + PORTS_TRIED - 1} is in use", "wherry up --port N"
    )


def _is_free(bind: str, port: int) -> bool:
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((bind, port))
        except OSError:
            return False
    return True


def _arm_failpoints() -> None:
    settings = load_settings(ServerSettings, environ=environment()).value
    try:
        failpoints.configure(settings.failpoint)
    except ValueError as error:
        raise StartFailed(f"WHERRY_FAILPOINT: {error}", "unset WHERRY_FAILPOINT") from error


def _raise_open_files_limit() -> None:
    """Each watch is a connection: take as many open files as we may have."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = min(OPEN_FILES_WANTED, hard) if hard != resource.RLIM_INFINITY else OPEN_FILES_WANTED
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def node_name() -> str:
    """This machine's host name, as a name that Kubernetes takes."""
    name = re.sub(r"[^a-z0-9.-]+", "-", socket.gethostname().lower()).strip("-.")
    return name[:63].strip("-.") or "node-1"
