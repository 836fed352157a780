"""A layer in the making: files by their place in the image, written as a tar that is the same every time.

Sorted names, no times, root as the owner: the same content gives the same digest, on every build.
"""

from __future__ import annotations

import io
import os
import stat
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

_COMPILED = ("__pycache__",)


@dataclass(frozen=True, slots=True)
class Entry:
    """One name. Exactly one of `source`, `data` and `link` is given for a file or link; none for a directory."""

    mode: int
    source: Path | None = None
    data: bytes | None = None
    link: str | None = None


class LayerTree:
    """The content of a layer. Names are absolute paths in the image."""

    def __init__(self) -> None:
        """Empty."""
        self._entries: dict[str, Entry] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and _clean(name) in self._entries

    def add_directory(self, name: str, mode: int = 0o755) -> None:
        """An empty directory."""
        self._entries[_clean(name)] = Entry(mode)

    def add_data(self, name: str, data: bytes | str, mode: int = 0o644) -> None:
        """A file with this content."""
        self._entries[_clean(name)] = Entry(mode, data=data.encode() if isinstance(data, str) else data)

    def add_link(self, name: str, target: str) -> None:
        """A symbolic link."""
        self._entries[_clean(name)] = Entry(0o777, link=target)

    def add_file(self, name: str, source: Path) -> None:
        """A file of the machine (what it is when a link leads to it), readable by everybody."""
        mode = 0o755 if source.stat().st_mode & stat.S_IXUSR else 0o644
        self._entries[_clean(name)] = Entry(mode, source=source)

    def add_tree(self, name: str, source: Path, skip: frozenset[str] = frozenset()) -> None:
        """A directory with everything below it; links stay links, what is compiled or in `skip` stays out."""
        for top, directories, files in os.walk(source):
            directories[:] = sorted(entry for entry in directories if entry not in skip and entry not in _COMPILED)
            place = f"{name}/{os.path.relpath(top, source)}"
            self.add_directory(place)
            for entry in sorted([*files, *directories]):
                path = Path(top, entry)
                if path.is_symlink():
                    self.add_link(f"{place}/{entry}", str(path.readlink()))
                elif entry in files and path.is_file() and not entry.endswith(".pyc") and entry not in skip:
                    self.add_file(f"{place}/{entry}", path)

    def files(self, ending: str) -> list[tuple[str, Path]]:
        """Place and source of the files of the machine whose name ends so, by place."""
        return [
            (f"/{name}", entry.source)
            for name, entry in sorted(self._entries.items())
            if entry.source is not None and name.endswith(ending)
        ]

    def write(self, stream: BinaryIO) -> None:
        """Write the tar."""
        with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as archive:
            for name in sorted(self._entries):
                if name:
                    _write_entry(archive, name, self._entries[name])


def _clean(name: str) -> str:
    return os.path.normpath("/" + name.lstrip("/")).lstrip("/")


def _write_entry(archive: tarfile.TarFile, name: str, entry: Entry) -> None:
    info = tarfile.TarInfo(name)
    info.mode = entry.mode
    if entry.link is not None:
        info.type, info.linkname = tarfile.SYMTYPE, entry.link
        archive.addfile(info)
    elif entry.source is not None:
        with entry.source.open("rb") as file:
            info.size = os.fstat(file.fileno()).st_size
            archive.addfile(info, file)
    elif entry.data is not None:
        info.size = len(entry.data)
        archive.addfile(info, io.BytesIO(entry.data))
    else:
        info.type = tarfile.DIRTYPE
        archive.addfile(info)
