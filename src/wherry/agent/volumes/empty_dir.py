"""emptyDir: an empty directory that lives as long as the pod, on disk or in memory."""

from __future__ import annotations

from pathlib import Path

from wherry.agent.volumes.interface import PlaceType, VolumeContext
from wherry.api.core.volume import Volume
from wherry.apimachinery.quantity import value

# Everybody in the pod may write, whatever user the container runs as.
MODE = 0o777


async def _prepare(volume: Volume, context: VolumeContext) -> Path:
    assert volume.empty_dir is not None
    is_new = not context.directory.exists()
    context.directory.mkdir(parents=True, exist_ok=True)
    if volume.empty_dir.medium == "Memory":
        limit = volume.empty_dir.size_limit
        context.mounts.tmpfs(context.directory, value(limit) if limit is not None else None)
        is_new = True
    if is_new:
        context.directory.chmod(MODE)
    return context.directory


EMPTY_DIR = PlaceType("empty_dir", _prepare)
