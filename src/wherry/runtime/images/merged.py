"""What unpacked layers, one above the other, show at a path: as overlayfs would, without mounting anything."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from pathlib import Path

OPAQUE_ATTRIBUTE = "trusted.overlay.opaque"
WHITEOUT_DEVICE = os.makedev(0, 0)


def find_in_layers(layers: Sequence[Path], parts: Sequence[str]) -> Path | None:
    """The uppermost file, link or directory at a path, or None; links on the way are not followed.

    Example: `find_in_layers([base, app], ["etc", "passwd"])` is base/etc/passwd unless app has one of its own.
    """
    assert parts, "the root is in every layer"
    directories = list(reversed(layers))
    for depth, part in enumerate(parts):
        found = list[Path]()
        for directory in directories:
            path = directory / part
            if not os.path.lexists(path):
                continue
            if not path.is_dir() or path.is_symlink():
                if not found and depth == len(parts) - 1 and not is_whiteout(path):
                    return path
                break
            found.append(path)
            if is_opaque(path):
                break
        if not found:
            return None
        directories = found
    return directories[0]


def is_whiteout(path: Path) -> bool:
    """Whether overlayfs takes this for a deletion."""
    try:
        status = path.lstat()
    except OSError:
        return False
    return stat.S_ISCHR(status.st_mode) and status.st_rdev == WHITEOUT_DEVICE


def is_opaque(directory: Path) -> bool:
    """Whether overlayfs shows nothing of the layers below in it."""
    try:
        return os.getxattr(directory, OPAQUE_ATTRIBUTE) == b"y"
    except OSError:
        return False
