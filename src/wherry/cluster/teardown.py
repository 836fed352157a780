"""Clears a machine of a cluster whose masters have stopped, also after a crash: every step may be done already."""

from __future__ import annotations

import asyncio
import shutil

from wherry.cluster.data_dir import DataDir, Identity
from wherry.cluster.parts import make_network, make_runtime, network_settings, runtime_state_dir
from wherry.kit.clock import SystemClock
from wherry.kit.linux.mounts import mount_points, unmount
from wherry.network.services.nftables import Nftables
from wherry.runtime.interface import RuntimeService

GRACE_S = 5.0
"""For containers to finish what they do: `down` is asked for by a person who waits."""


async def tear_down(data_dir: DataDir, identity: Identity) -> None:
    """Stop all containers, then remove namespaces, mounts, limits, addresses and rules."""
    runtime = make_runtime(data_dir, identity, SystemClock())
    await runtime.start()
    try:
        await _stop_containers(runtime)
    finally:
        await runtime.stop()
    await _clear(data_dir, identity)


async def undo_start(data_dir: DataDir, identity: Identity) -> None:
    """Take back what a failed start has put on the machine, unless containers of before are using it."""
    sandboxes = runtime_state_dir(data_dir) / "sandboxes"
    if not sandboxes.is_dir() or not any(sandboxes.iterdir()):
        await _clear(data_dir, identity)


async def _clear(data_dir: DataDir, identity: Identity) -> None:
    await Nftables(network_settings(identity)).remove()
    await make_network(data_dir, identity).remove()
    for point in reversed(mount_points()):
        if point.path.is_relative_to(data_dir.node) or point.path.is_relative_to(identity.run_dir):
            unmount(point.path, missing_ok=True)
    shutil.rmtree(identity.run_dir, ignore_errors=True)


async def _stop_containers(runtime: RuntimeService) -> None:
    containers = await runtime.list_containers()
    await asyncio.gather(*(runtime.stop_container(container.id, GRACE_S) for container in containers))
    for sandbox in await runtime.list_sandboxes():
        await runtime.stop_sandbox(sandbox.id)
        await runtime.remove_sandbox(sandbox.id)
