"""Writes a set of files so that a reader sees all of the old or all of the new, never a mixture.

    volume/
    ├── ..2026_11_23_07_00_00.1234/   the files as they are now
    ├── ..data -> ..2026_11_23_07_00_00.1234
    ├── config.yaml -> ..data/config.yaml
    └── sub -> ..data/sub

A change writes a new directory and swaps the one link `..data` by rename; what containers have open
stays readable. This is Kubernetes' own layout, which programs that watch `..data` rely on.
"""

from __future__ import annotations

import os
import shutil
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from wherry.agent.volumes.interface import File, Files

DATA = "..data"
_NEW_DATA = "..data_tmp"


def write_files(directory: Path, files: Files, *, now_s: float, group: int | None = None) -> bool:
    """Make `directory` show exactly `files`; whether anything changed.

    Args:
        directory: the volume; made when missing.
        files: relative path -> content; checked by volumes/keys.py not to leave the volume.
        now_s: for the new directory's name.
        group: owner group of the files (fsGroup), who may read them then.
    """
    directory.mkdir(parents=True, exist_ok=True)
    directory.chmod(0o755)
    link = directory / DATA
    old = directory / link.readlink() if link.is_symlink() else None
    wanted = {path: _owned(file, group) for path, file in files.items()}
    if old is not None and _shows(old, wanted, group):
        _link_names(directory, wanted)
        return False
    fresh = _write_fresh(directory, wanted, now_s, group)
    swap = directory / _NEW_DATA
    swap.unlink(missing_ok=True)
    swap.symlink_to(fresh.name)
    swap.rename(link)
    _link_names(directory, wanted)
    _remove_stale(directory, fresh.name)
    return True


def _owned(file: File, group: int | None) -> File:
    # The group reads what the owner reads.
    return file if group is None else File(file.data, file.mode | (file.mode & 0o400) >> 3)


def _shows(old: Path, files: Files, group: int | None) -> bool:
    present = {str(path.relative_to(old)) for path in old.rglob("*") if path.is_file()}
    if present != {str(PurePosixPath(path)) for path in files}:
        return False
    for name, file in files.items():
        state = (old / name).stat()
        if state.st_mode & 0o7777 != file.mode or (group is not None and state.st_gid != group):
            return False
        if state.st_size != len(file.data) or (old / name).read_bytes() != file.data:
            return False
    return True


def _write_fresh(directory: Path, files: Files, now_s: float, group: int | None) -> Path:
    stamp = datetime.fromtimestamp(now_s, UTC).strftime("..%Y_%m_%d_%H_%M_%S")
    number = 0
    while True:
        fresh = directory / f"{stamp}.{number}"
        try:
            fresh.mkdir(mode=0o755)
            break
        except FileExistsError:
            number += 1
    fresh.chmod(0o755)
    for name, file in files.items():
        path = fresh / name
        if "/" in name:
            path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(file.data)
            if group is not None:
                os.fchown(stream.fileno(), -1, group)
            os.fchmod(stream.fileno(), file.mode)
    return fresh


def _link_names(directory: Path, files: Files) -> None:
    """A link for each name at the top; links to what is gone are removed."""
    names = {PurePosixPath(path).parts[0] for path in files}
    for name in names:
        link = directory / name
        if not link.is_symlink():
            link.symlink_to(f"{DATA}/{name}")
    for entry in directory.iterdir():
        if entry.is_symlink() and not entry.name.startswith("..") and entry.name not in names:
            entry.unlink()


def _remove_stale(directory: Path, keep: str) -> None:
    for entry in directory.iterdir():
        if entry.name.startswith("..") and entry.name != keep and entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
