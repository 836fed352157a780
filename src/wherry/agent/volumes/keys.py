"""Which keys of a ConfigMap or Secret become which files. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

from wherry.agent.volumes.interface import File, VolumeFailure
from wherry.api.core.volume import KeyToPath

DEFAULT_MODE = 0o644


def select_files(
    data: Mapping[str, bytes], items: Sequence[KeyToPath], mode: int, *, source: str, optional: bool
) -> dict[str, File]:
    """All keys as files of their names, or only `items` under theirs. Raises VolumeFailure."""
    if not items:
        return {key: File(content, mode) for key, content in data.items()}
    files = {}
    for item in items:
        check_path(item.path)
        if item.key in data:
            files[item.path] = File(data[item.key], mode if item.mode is None else item.mode)
        elif not optional:
            raise VolumeFailure(f"{source} references non-existent config key: {item.key}", waits=True)
    return files


def check_path(path: str) -> None:
    """A volume's file stays inside the volume. Raises VolumeFailure."""
    parts = PurePosixPath(path).parts
    if not parts or path.startswith("/") or ".." in parts or parts[0].startswith(".."):
        raise VolumeFailure(f'invalid path "{path}": must be relative and not contain ".."')
