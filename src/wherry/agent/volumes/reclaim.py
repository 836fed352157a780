"""Removes the directories of local volumes that nobody claims any more (reclaim policy Delete).

The directory is on this node, so this node's agent removes it, and then the PersistentVolume itself.
Only volumes that Wherry made (annotation pv.kubernetes.io/provisioned-by) and that lie below its own
directory are touched.
"""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

from wherry.api.core.persistent_volume import PERSISTENT_VOLUMES, PersistentVolume
from wherry.apimachinery.errors import StatusError
from wherry.client.client import Client
from wherry.client.informer import SharedInformers
from wherry.kit.log import get_logger
from wherry.kit.threads import run_in_thread

PROVISIONER = "wherry.dev/local-path"
PROVISIONED_BY = "pv.kubernetes.io/provisioned-by"

log = get_logger(__name__)


class VolumeReclaimer:
    """Watches PersistentVolumes for those of this node that were released. A Component."""

    name = "volume-reclaimer"

    def __init__(self, client: Client, informers: SharedInformers, *, node_name: str, allowed: Path) -> None:
        """`allowed` is the directory outside of which nothing is ever removed."""
        self.ready = asyncio.Event()
        self._client = client
        self._informers = informers
        self._node_name = node_name
        self._allowed = allowed
        self._released: asyncio.Queue[PersistentVolume] = asyncio.Queue()

    async def run(self) -> None:
        """Work until cancelled."""
        self._informers.informer(PERSISTENT_VOLUMES).add_handler(self._changed)
        self.ready.set()
        while True:
            await self._reclaim(await self._released.get())

    def _changed(self, old: PersistentVolume | None, new: PersistentVolume | None) -> None:
        del old
        if new is not None and is_to_be_removed(new, self._node_name):
            self._released.put_nowait(new)

    async def _reclaim(self, volume: PersistentVolume) -> None:
        path = path_of(volume)
        if path is None or not _is_below(path, self._allowed):
            log.warning("Kept a released volume outside of the data directory", volume=volume.metadata.name)
            return
        try:
            if path.exists():
                await run_in_thread(shutil.rmtree, path)
            await self._client.delete(PERSISTENT_VOLUMES, volume.metadata.name, uid=volume.metadata.uid)
            log.info("Reclaimed volume", volume=volume.metadata.name, path=str(path))
        except (OSError, StatusError) as error:
            log.warning("Could not reclaim volume", volume=volume.metadata.name, err=str(error))


def is_to_be_removed(volume: PersistentVolume, node_name: str) -> bool:
    """Whether a volume is released, to be deleted, ours, and on this node."""
    spec = volume.spec
    return (
        volume.status.phase == "Released"
        and spec.persistent_volume_reclaim_policy == "Delete"
        and volume.metadata.annotations.get(PROVISIONED_BY) == PROVISIONER
        and not volume.metadata.is_being_deleted
        and _is_on(volume, node_name)
    )


def _is_on(volume: PersistentVolume, node_name: str) -> bool:
    affinity = volume.spec.node_affinity
    if affinity is None or affinity.required is None:
        return True
    return any(
        expression.key in ("kubernetes.io/hostname", "metadata.name") and node_name in expression.values
        for term in affinity.required.node_selector_terms
        for expression in (*term.match_expressions, *term.match_fields)
    )


def path_of(volume: PersistentVolume) -> Path | None:
    """Where the volume's files are."""
    if volume.spec.local is not None:
        return Path(volume.spec.local.path)
    return Path(volume.spec.host_path.path) if volume.spec.host_path is not None else None


def _is_below(path: Path, directory: Path) -> bool:
    resolved = path.resolve()
    return resolved != directory.resolve() and resolved.is_relative_to(directory.resolve())
