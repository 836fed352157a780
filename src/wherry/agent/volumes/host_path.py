"""hostPath: a file or directory of the machine itself, checked (or made) as its type says."""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path

from wherry.agent.volumes.interface import PlaceType, VolumeContext, VolumeFailure
from wherry.api.core.volume import Volume

DIRECTORY_MODE = 0o755
FILE_MODE = 0o644

_CHECKS: dict[str, tuple[Callable[[int], bool], str]] = {
    "Directory": (stat.S_ISDIR, "a directory"),
    "DirectoryOrCreate": (stat.S_ISDIR, "a directory"),
    "File": (stat.S_ISREG, "a file"),
    "FileOrCreate": (stat.S_ISREG, "a file"),
    "Socket": (stat.S_ISSOCK, "a socket file"),
    "CharDevice": (stat.S_ISCHR, "a character device"),
    "BlockDevice": (stat.S_ISBLK, "a block device"),
}


def prepare_host_path(path: Path, kind: str) -> Path:
    """Check that `path` is what `kind` says, making it where that is allowed. Raises VolumeFailure."""
    if kind == "DirectoryOrCreate" and not path.exists():
        path.mkdir(parents=True, mode=DIRECTORY_MODE)
    elif kind == "FileOrCreate" and not path.exists():
        path.touch(mode=FILE_MODE)
    elif not kind and not path.exists():
        # Without a type nothing is checked; the runtime makes what is missing, as others do.
        path.mkdir(parents=True, mode=DIRECTORY_MODE)
    if kind:
        check, noun = _CHECKS[kind]
        if not path.exists() or not check(path.stat().st_mode):
            raise VolumeFailure(f"hostPath type check failed: {path} is not {noun}")
    return path


async def _prepare(volume: Volume, context: VolumeContext) -> Path:
    del context
    assert volume.host_path is not None
    return prepare_host_path(Path(volume.host_path.path), volume.host_path.type)


HOST_PATH = PlaceType("host_path", _prepare, owned=False)
