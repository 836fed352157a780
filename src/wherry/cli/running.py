"""Whether the masters of a folder run."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wherry.cluster.data_dir import DataDir


def running_pid(data_dir: DataDir) -> int:
    """The process id of the server that holds this folder (-1: not known); 0 when nobody does."""
    from wherry.kit.files import DirectoryLock

    holder = DirectoryLock(data_dir.root).holder()
    return 0 if holder is None else holder or -1
