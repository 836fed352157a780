"""All volumes of one pod: put in place, kept current, and taken away again."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path

from wherry.agent.downward import NodeFacts
from wherry.agent.volumes.atomic_writer import write_files
from wherry.agent.volumes.interface import (
    ContentType,
    Mounts,
    Objects,
    Tokens,
    VolumeContext,
    VolumeFailure,
)
from wherry.agent.volumes.ownership import give_to_group
from wherry.agent.volumes.registry import type_of
from wherry.agent.volumes.sub_path import bind_sub_path
from wherry.api.core.container import VolumeMount
from wherry.api.core.pod import Pod
from wherry.api.core.volume import Volume
from wherry.kit.clock import Clock
from wherry.kit.threads import run_in_thread


@dataclass(slots=True)
class PodVolumes:
    """One pod's volumes below `directory` (the pod's own; removed whole at the end).

    `refresh_at_s` is when (wall-clock seconds) a content has to be looked at again even if nothing
    changes: a token that grows old. 0: never.
    """

    directory: Path
    objects: Objects
    tokens: Tokens
    mounts: Mounts
    node: NodeFacts
    clock: Clock
    refresh_at_s: float = 0.0
    _places: dict[str, Path] = field(default_factory=dict)

    async def mount(self, pod: Pod) -> None:
        """Put every volume in place, or bring it up to date. Raises VolumeFailure, naming the volume."""
        refresh: list[float] = []
        for volume in pod.spec.volumes:
            try:
                self._places[volume.name] = await self._mount_one(volume, pod, refresh)
            except VolumeFailure as error:
                raise self._failure(volume, pod, str(error), waits=error.waits) from error
            except OSError as error:
                raise self._failure(volume, pod, str(error), waits=False) from error
        self.refresh_at_s = min(refresh, default=0.0)

    def _failure(self, volume: Volume, pod: Pod, message: str, *, waits: bool) -> VolumeFailure:
        del pod
        return VolumeFailure(f'MountVolume.SetUp failed for volume "{volume.name}" : {message}', waits=waits)

    async def _mount_one(self, volume: Volume, pod: Pod, refresh: list[float]) -> Path:
        kind = type_of(volume)
        directory = self.directory / "volumes" / kind.name / volume.name
        context = VolumeContext(pod, directory, self.objects, self.tokens, self.mounts, self.node, self.clock, refresh)
        security = pod.spec.security_context
        group = security.fs_group if security is not None else None
        if isinstance(kind, ContentType):
            files = await kind.render(volume, context)
            write_files(directory, files, now_s=self.clock.now_s(), group=group)
            return directory
        is_first = volume.name not in self._places
        place = await kind.prepare(volume, context)
        if group is not None and is_first and kind.name != "host_path" and place.is_dir():
            # A big volume takes long to walk; the loop goes on meanwhile.
            await run_in_thread(give_to_group, place, group)
        return place

    def place(self, mount: VolumeMount, container: str, index: int, sub_path: str) -> Path:
        """What a container is to see at a mount. Raises VolumeFailure.

        Args:
            mount: the container's wish.
            container: its name.
            index: the mount's number in the container, which names the place of a subPath.
            sub_path: the mount's subPath, expanded.
        """
        if mount.name not in self._places:
            raise VolumeFailure(f'volume "{mount.name}" is not in place')
        place = self._places[mount.name]
        if not sub_path:
            return place
        target = self.directory / "volume-subpaths" / mount.name / container / str(index)
        return bind_sub_path(place, sub_path, target, self.mounts)

    def unmount(self) -> None:
        """Take everything away. Safe to call twice, and by an agent that did not mount it."""
        self._places.clear()
        remove_directory(self.directory, self.mounts)


def remove_directory(directory: Path, mounts: Mounts) -> None:
    """Remove a pod's directory with all that is mounted in it. Raises OSError."""
    if not directory.exists():
        return
    mounted = mounts.below(directory)
    for target in mounted:
        mounts.unmount(target)
    if mounted and (left := mounts.below(directory)):
        # Removing files through a mount would remove them where they really are.
        raise OSError(f"{left[0]} is still mounted")
    shutil.rmtree(directory)
