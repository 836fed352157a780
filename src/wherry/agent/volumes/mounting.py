"""The mounts of volumes, as the kernel does them."""

from __future__ import annotations

import contextlib
from pathlib import Path

from wherry.kit.linux import mounts


class KernelMounts:
    """volumes/interface.Mounts on this machine. Needs root."""

    def tmpfs(self, target: Path, size_bytes: int | None) -> None:
        """A file system in memory, unless there is one already."""
        if not target.is_mount():
            options = "mode=777" if size_bytes is None else f"mode=777,size={size_bytes}"
            mounts.mount("tmpfs", target, "tmpfs", mounts.MS_NOSUID | mounts.MS_NODEV, options)

    def bind(self, source: Path, target: Path) -> None:
        """Show `source` at `target`, too."""
        mounts.bind(source, target)

    def unmount(self, target: Path) -> None:
        """Take it away; nothing there is fine."""
        with contextlib.suppress(FileNotFoundError):
            mounts.unmount(target, missing_ok=True)

    def below(self, directory: Path) -> list[Path]:
        """What is mounted in a directory, the deepest first."""
        return sorted(mounts.mounted_below(directory), key=lambda path: len(path.parts), reverse=True)
