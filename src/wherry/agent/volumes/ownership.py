"""fsGroup: the group of a pod's volumes, so that programs of different users can share them."""

from __future__ import annotations

import os
import stat
from pathlib import Path

GROUP_READ_WRITE = 0o660
GROUP_ENTER = 0o110


def give_to_group(top: Path, group: int) -> None:
    """Let `group` own, read and write everything in `top`; what is made later inherits it (setgid).

    Links are not followed. Nothing is walked when the top belongs to the group already.
    """
    state = top.lstat()
    if state.st_gid == group and state.st_mode & stat.S_ISGID:
        return
    for directory, names, files in os.walk(top):
        for name in (*names, *files):
            _give(Path(directory) / name, group)
    _give(top, group)


def _give(path: Path, group: int) -> None:
    state = path.lstat()
    if stat.S_ISLNK(state.st_mode):
        os.lchown(path, -1, group)
        return
    os.chown(path, -1, group, follow_symlinks=False)
    extra = GROUP_READ_WRITE | (GROUP_ENTER | stat.S_ISGID if stat.S_ISDIR(state.st_mode) else 0)
    path.chmod(stat.S_IMODE(state.st_mode) | extra)
