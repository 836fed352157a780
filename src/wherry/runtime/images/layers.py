"""Unpacking an image's layer: a tar file from a stranger becomes a directory that overlayfs understands.

Nothing of it may land outside the directory: names are taken apart by hand, links are followed inside the
layer only, device nodes are left out, and size, number and length of everything have limits. Deletions
("whiteouts", `.wh.name`) become overlayfs' own marks.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, BinaryIO

from wherry.runtime.interface import FailedPrecondition
from wherry.runtime.oci.rootfs import resolve_in_root

WHITEOUT_PREFIX = ".wh."
OPAQUE_MARK = ".wh..wh..opq"
_OPAQUE_ATTRIBUTE = "trusted.overlay.opaque"
_PAX_ATTRIBUTE = "SCHILY.xattr."
# Attributes that mean something to programs; others (trusted.overlay...) would speak to the machine's kernel.
_ATTRIBUTES_KEPT = ("user.", "security.capability")
_COPY_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """What one layer may hold at most: far above real images, far below a full disk."""

    entries_max: int = 1_000_000
    bytes_max: int = 32 * 1024**3
    path_chars_max: int = 4096
    attribute_bytes_max: int = 65536


class HashingReader:
    """A stream that knows the digest and size of what was read from it."""

    def __init__(self, stream: BinaryIO | IO[bytes]) -> None:
        """Reads from `stream`."""
        self._stream = stream
        self._hash = hashlib.sha256()
        self.size = 0

    def read(self, size: int = -1) -> bytes:
        """Read on."""
        data = self._stream.read(size)
        self._hash.update(data)
        self.size += len(data)
        return data

    def finish(self) -> str:
        """Read the rest; gives the digest of everything."""
        while self.read(_COPY_BYTES):
            pass
        return "sha256:" + self._hash.hexdigest()


@dataclass(slots=True)
class _Unpacking:
    root: Path
    limits: Limits
    is_root: bool = field(default_factory=lambda: os.geteuid() == 0)
    entries: int = 0
    size_bytes: int = 0
    directory_times: list[tuple[Path, float]] = field(default_factory=list)


def unpack_layer(stream: HashingReader, target: Path, limits: Limits | None = None) -> int:
    """Unpack an uncompressed tar stream into the empty directory `target`; gives the bytes of its files.

    Raises:
        FailedPrecondition: it is broken, or breaks a limit.
    """
    state = _Unpacking(target, limits or Limits())
    try:
        # The generic stream mode of tarfile: never seeks, so that the digest is of all bytes in order.
        with tarfile.open(fileobj=stream, mode="r|") as archive:  # type: ignore[call-overload]  # any object with read
            for member in _members(archive):
                _unpack_member(state, archive, member)
    except (tarfile.TarError, EOFError, UnicodeError, ValueError, OSError) as error:
        raise FailedPrecondition(f"a layer of the image cannot be unpacked: {error}") from error
    for path, modified_s in reversed(state.directory_times):
        os.utime(path, (modified_s, modified_s), follow_symlinks=False)
    return state.size_bytes


def _members(archive: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    while (member := archive.next()) is not None:
        # tarfile remembers every member; a million of them would be a lot of memory.
        archive.members = []  # type: ignore[attr-defined]  # documented by its use, not typed
        yield member


def _unpack_member(state: _Unpacking, archive: tarfile.TarFile, member: tarfile.TarInfo) -> None:
    state.entries += 1
    if state.entries > state.limits.entries_max:
        raise FailedPrecondition(f"a layer of the image has more than {state.limits.entries_max} entries")
    parts = _safe_parts(member.name, state.limits)
    if not parts:
        if member.isdir():
            _set_owner_and_mode(state, state.root, member)
        return
    parent = _parent_directory(state.root, parts[:-1])
    name = parts[-1]
    if name == OPAQUE_MARK:
        os.setxattr(parent, _OPAQUE_ATTRIBUTE, b"y")
        return
    if name.startswith(WHITEOUT_PREFIX):
        hidden = parent / name[len(WHITEOUT_PREFIX) :]
        if hidden.name in ("", ".", ".."):
            raise FailedPrecondition(f"a layer of the image deletes {member.name!r}")
        _remove(hidden)
        os.mknod(hidden, stat.S_IFCHR, os.makedev(0, 0))
        return
    _write_entry(state, archive, member, parent / name)


def _safe_parts(name: str, limits: Limits) -> list[str]:
    if len(name) > limits.path_chars_max or "\0" in name:
        raise FailedPrecondition("a layer of the image has an impossible file name")
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if ".." in parts:
        raise FailedPrecondition(f"a layer of the image reaches outside: {name!r}")
    return parts


def _parent_directory(root: Path, parts: list[str]) -> Path:
    """The directory an entry goes into, links followed inside the layer, missing ones made."""
    current = root / resolve_in_root(root, "/".join(parts)).lstrip("/")
    if not current.is_dir():
        if current.is_symlink() or current.exists():
            _remove(current)
        current.mkdir(parents=True, mode=0o755)
    return current


def _write_entry(state: _Unpacking, archive: tarfile.TarFile, member: tarfile.TarInfo, path: Path) -> None:
    if member.isdir():
        if path.is_symlink() or not path.is_dir():
            _remove(path)
            path.mkdir()
        state.directory_times.append((path, member.mtime))
    elif member.isreg():
        _remove(path)
        _write_file(state, archive, member, path)
    elif member.issym():
        _remove(path)
        path.symlink_to(member.linkname)
    elif member.islnk():
        source = _safe_parts(member.linkname, state.limits)
        origin = _parent_directory(state.root, source[:-1]) / source[-1]
        if origin == path:
            return
        _remove(path)
        # A link's own name, not what it leads to: a link may lead outside the layer.
        os.link(origin, path, follow_symlinks=False)
        return
    elif member.isfifo():
        _remove(path)
        os.mkfifo(path)
    else:
        return
    _set_owner_and_mode(state, path, member)


def _write_file(state: _Unpacking, archive: tarfile.TarFile, member: tarfile.TarInfo, path: Path) -> None:
    state.size_bytes += member.size
    if state.size_bytes > state.limits.bytes_max:
        raise FailedPrecondition(f"a layer of the image is bigger than {state.limits.bytes_max} bytes")
    source = archive.extractfile(member)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as target:
        if source is not None:
            shutil.copyfileobj(source, target, _COPY_BYTES)


def _set_owner_and_mode(state: _Unpacking, path: Path, member: tarfile.TarInfo) -> None:
    if state.is_root:
        os.chown(path, member.uid, member.gid, follow_symlinks=False)
    if member.issym():
        return
    path.chmod(member.mode & 0o7777)
    for key, value in member.pax_headers.items():
        name = key.removeprefix(_PAX_ATTRIBUTE)
        if key.startswith(_PAX_ATTRIBUTE) and name.startswith(_ATTRIBUTES_KEPT):
            data = value.encode("utf-8", "surrogateescape")
            if len(data) <= state.limits.attribute_bytes_max:
                os.setxattr(path, name, data, follow_symlinks=False)
    if not member.isdir():
        os.utime(path, (member.mtime, member.mtime), follow_symlinks=False)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
