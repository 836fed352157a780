"""The server process: one folder, one lock, one loop; stops on SIGTERM and leaves the containers running."""

from __future__ import annotations

import asyncio
import errno
import os
import re
import socket
from dataclasses import dataclass, field

from wherry.cluster.boot import Boot, Report, StartFailed, refused_by_machine
from wherry.cluster.data_dir import DataDir, Identity, new_cluster_id, read_identity, write_identity
from wherry.cluster.machine import examine
from wherry.cluster.wanted import Wanted
from wherry.kit import failpoints
from wherry.kit.files import DamagedFile, DirectoryInUse, DirectoryLock, write_atomically
from wherry.kit.log import configure, get_logger
from wherry.kit.loop import new_event_loop, on_stop_signals
from wherry.kit.settings import SettingsError, environment, load_settings
from wherry.kit.tasks import first_error
from wherry.runtime.registry.endpoints import RegistrySettings

DEFAULT_PORT = 6443
PORTS_TRIED = 50
OPEN_FILES_WANTED = 65_536

log = get_logger(__name__)


@dataclass(frozen=True)
class ServerSettings:
    """What the environment may change.

    WHERRY_EVENT_TTL_S: how long Events are kept after they were last written (default: an hour, as upstream).
    WHERRY_FAILPOINT: see kit/failpoints.py; for tests.
    WHERRY_REGISTRY_MIRRORS: who is asked for images before their registry, as `docker.io=https://mirror.example.com`;
    several with commas between them, `*` for every registry.
    WHERRY_REGISTRY_INSECURE: registries (`registry.local:5000`, with commas) whose certificate nobody checks, and that
    may speak plain HTTP; registries on this machine's loopback may anyway.
    WHERRY_REGISTRY_CA: who signs a registry's certificate, as `registry.example.com=/etc/shop-ca.pem`.
    """

    event_ttl_s: float = 3600.0
    failpoint: str = ""
    registry: RegistrySettings = field(default_factory=RegistrySettings)


def serve(data_dir: DataDir, wanted: Wanted, report: Report) -> None:
    """Run the cluster in `data_dir` until SIGTERM or SIGINT. Raises StartFailed."""
    try:
        _serve(data_dir, wanted, report)
    except DamagedFile as error:
        raise StartFailed(str(error), error.remedy) from error
    except OSError as error:
        raise refused_by_machine(error) from error


def _serve(data_dir: DataDir, wanted: Wanted, report: Report) -> None:
    configure(json=True, level="INFO")
    _arm_failpoints()
    _raise_open_files_limit()
    lock = DirectoryLock(data_dir.root)
    try:
        lock.acquire()
    except DirectoryInUse as error:
        raise StartFailed(f"this cluster is running already: {error}", "wherry status") from error
    try:
        before = read_identity(data_dir)
        real_node = wanted.real_node if wanted.real_node is not None else before is None or before.real_node
        missing = [finding for finding in examine(data_dir, real_node=real_node) if not finding.ok]
        if missing:
            first = missing[0]
            raise StartFailed(f"{first.what}: {first.meaning}", f"{first.remedy}; then check with: wherry doctor")
        data_dir.make()
        identity = _identify(data_dir, wanted, before, real_node=real_node)
        write_atomically(data_dir.pid_file, f"{os.getpid()}\n", mode=0o644, fsync=False)
        try:
            _run(data_dir, identity, wanted.bind, Boot(report))
        finally:
            data_dir.pid_file.unlink(missing_ok=True)
    finally:
        lock.release()


def _run(data_dir: DataDir, identity: Identity, bind: str, boot: Boot) -> None:
    from wherry.cluster.standalone import run_cluster
    from wherry.runtime.interface import RuntimeFailure
    from wherry.store.interface import StoreError
    from wherry.store.sqlite_log import CorruptDatabase

    settings = _settings()

    async def main() -> None:
        stop = asyncio.Event()
        on_stop_signals(stop.set)
        await run_cluster(data_dir, identity, bind=bind, boot=boot, stop=stop, event_ttl_s=settings.event_ttl_s)

    try:
        with asyncio.Runner(loop_factory=new_event_loop) as runner:
            try:
                runner.run(main())
            finally:
                if identity.real_node and not boot.is_ready:
                    from wherry.cluster.teardown import undo_start

                    runner.run(undo_start(data_dir, identity))
    except BaseExceptionGroup as group:
        refusals, others = group.split(RuntimeFailure)
        if refusals is None or others is not None:
            raise
        raise StartFailed(str(first_error(refusals)), "see what this machine lacks: wherry doctor") from group
    except CorruptDatabase as error:
        aside = f"mv {error.path} {error.path}.damaged; mv {error.path}-wal {error.path}.damaged-wal"
        raise StartFailed(str(error), f"put back a copy; or, for an empty cluster: {aside}; wherry up") from error
    except StoreError as error:
        raise StartFailed(f"the database cannot be used: {error}", f"look at {data_dir.database.parent}") from error
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise _port_in_use(identity.port) from error
        raise


def _identify(data_dir: DataDir, wanted: Wanted, before: Identity | None, *, real_node: bool) -> Identity:
    """The cluster's id, addresses, port and nodes: as before, or chosen now."""
    port, simulated = wanted.port or (before.port if before else None), wanted.simulated_nodes
    if port is not None and not _is_free(wanted.bind, port):
        raise _port_in_use(port)
    chosen = port or _first_free_port(wanted.bind)
    slot = before.slot if before else None
    if before is not None and before.real_node and not real_node and before.run_dir.exists():
        raise StartFailed("containers of this cluster are still on this machine", "wherry down")
    if real_node:
        slot = _claim_slot(data_dir, slot)
    identity = Identity(
        id=before.id if before else new_cluster_id(),
        slot=slot or 0,
        port=chosen,
        node_name=(before.node_name if before else "") or node_name(),
        real_node=real_node,
        simulated_nodes=simulated if simulated is not None else before.simulated_nodes if before else 0,
    )
    if identity != before:
        write_identity(data_dir, identity)
    return identity


def _claim_slot(data_dir: DataDir, slot: int | None) -> int:
    from wherry.cluster.address_slots import NoFreeSlot, claim_slot

    try:
        return claim_slot(data_dir, slot)
    except NoFreeSlot as error:
        raise StartFailed(str(error), error.remedy) from error


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


def _settings() -> ServerSettings:
    try:
        return load_settings(ServerSettings, environ=environment()).value
    except SettingsError as error:
        raise StartFailed(str(error), "unset the variable, or give it a value that fits") from error


def _arm_failpoints() -> None:
    try:
        failpoints.configure(_settings().failpoint)
    except ValueError as error:
        raise StartFailed(f"WHERRY_FAILPOINT: {error}", "unset WHERRY_FAILPOINT") from error


def _raise_open_files_limit() -> None:
    """Each watch is a connection: take as many open files as we may have."""
    try:
        import resource
    except ImportError:
        # Windows has no such limit.
        return

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = min(OPEN_FILES_WANTED, hard) if hard != resource.RLIM_INFINITY else OPEN_FILES_WANTED
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def node_name() -> str:
    """This machine's host name, as a name that Kubernetes takes."""
    name = re.sub(r"[^a-z0-9.-]+", "-", socket.gethostname().lower()).strip("-.")
    return name[:63].strip("-.") or "node-1"
