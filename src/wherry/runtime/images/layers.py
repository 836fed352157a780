"""Unpacking an image's layer: a tar file from a stranger becomes a directory that overlayfs understands.

Nothing of it may land outside the directory: names are taken apart by hand, links are followed inside the
layer only, device nodes are left out, and size, number and length of everything have limits. Deletions
("whiteouts", `.wh.name`) become overlayfs' own marks; they are about the layers below, never about this one.

A layer may hold `tmp/x` without saying what `tmp` is: then it is what the layers below say (its owner, its mode,
or that it is a link). Such a layer leans on those below, and is kept for that place only; see `unpack_layer`.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
import tarfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from wherry.runtime.images.merged import OPAQUE_ATTRIBUTE, WHITEOUT_DEVICE, find_in_layers, is_whiteout
from wherry.runtime.images.skeleton import RecordingReader
from wherry.runtime.interface import FailedPrecondition
from wherry.runtime.oci.rootfs import LINKS_MAX

WHITEOUT_PREFIX = ".wh."
OPAQUE_MARK = ".wh..wh..opq"
# The headers whose content tarfile reads into memory in one piece.
_READ_WHOLE = (
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
)
HEADER_BYTES_MAX = 1024 * 1024
# How often the free space is looked up while small files are written.
_ENTRIES_PER_LOOK = 256
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
    free_bytes_min: int = 256 * 1024**2
    """What must stay free on the disk: a layer of a few kilobytes may unpack to anything."""


class _Header(tarfile.TarInfo):
    """A tar header that refuses names and attributes too long to be read into memory."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> _Header:
        """Take it apart."""
        header = super().frombuf(buf, encoding, errors)
        if header.type in _READ_WHOLE and header.size > HEADER_BYTES_MAX:
            raise FailedPrecondition(f"a layer of the image has a name or attribute of {header.size} bytes")
        return header


@dataclass(slots=True)
class _Unpacking:
    root: Path
    limits: Limits
    below: Sequence[Path]
    stream: RecordingReader
    is_root: bool = field(default_factory=lambda: os.geteuid() == 0)
    leans: bool = False
    entries: int = 0
    size_bytes: int = 0
    directory_times: list[tuple[Path, float]] = field(default_factory=list)


def unpack_layer(
    stream: RecordingReader, target: Path, limits: Limits | None = None, below: Sequence[Path] = ()
) -> bool:
    """Unpack an uncompressed tar stream into the empty directory `target`; blocks.

    Args:
        stream: the tar.
        target: an empty directory.
        limits: what it may hold.
        below: the unpacked layers below it, lowest first.

    Returns:
        Whether it leans on the layers below: above others, it would have become something else.

    Raises:
        FailedPrecondition: it is broken, breaks a limit, or does not fit on the disk.
    """
    state = _Unpacking(target, limits or Limits(), below, stream)
    try:
        # The generic stream mode of tarfile: never seeks, so that the digest is of all bytes in order.
        with tarfile.open(fileobj=stream, mode="r|", tarinfo=_Header) as archive:  # type: ignore[call-overload]  # any object with read
            for member in _members(archive):
                _unpack_member(state, archive, member)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise FailedPrecondition(_no_room(target)) from error
        raise FailedPrecondition(f"a layer of the image cannot be unpacked: {error}") from error
    except (tarfile.TarError, EOFError, zlib.error, UnicodeError, ValueError) as error:
        raise FailedPrecondition(f"a layer of the image cannot be unpacked: {error}") from error
    for path, modified_s in reversed(state.directory_times):
        os.utime(path, (modified_s, modified_s), follow_symlinks=False)
    return state.leans


def _no_room(place: Path) -> str:
    free = shutil.disk_usage(place).free
    return f"the image does not fit on the disk of {place.parents[2]} ({free / 1e6:.0f} MB are free)"


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
    parent = _parent_directory(state, parts[:-1])
    name = parts[-1]
    if name == OPAQUE_MARK:
        os.setxattr(parent, OPAQUE_ATTRIBUTE, b"y")
    elif name.startswith(WHITEOUT_PREFIX):
        _hide(parent / name[len(WHITEOUT_PREFIX) :], member.name)
    else:
        _write_entry(state, archive, member, parent / name)


def _hide(hidden: Path, mark: str) -> None:
    """What the layers below have at this name is gone; what this layer itself has there stays."""
    if hidden.name in ("", ".", ".."):
        raise FailedPrecondition(f"a layer of the image deletes {mark!r}")
    if hidden.is_dir() and not hidden.is_symlink():
        os.setxattr(hidden, OPAQUE_ATTRIBUTE, b"y")
    elif not os.path.lexists(hidden):
        os.mknod(hidden, stat.S_IFCHR, WHITEOUT_DEVICE)


def _safe_parts(name: str, limits: Limits) -> list[str]:
    if len(name) > limits.path_chars_max or "\0" in name:
        raise FailedPrecondition("a layer of the image has an impossible file name")
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if ".." in parts:
        raise FailedPrecondition(f"a layer of the image reaches outside: {name!r}")
    return parts


def _parent_directory(state: _Unpacking, parts: Sequence[str]) -> Path:
    """The directory an entry goes into, links followed inside the image, missing ones made as they are below."""
    pending, done, links = list(reversed(parts)), list[str](), 0
    while pending:
        part = pending.pop()
        if part == "..":
            # At the root, as in the kernel, the parent is the root itself.
            done = done[:-1]
            continue
        here = state.root.joinpath(*done, part)
        link = here if here.is_symlink() else None if here.is_dir() else _missing_directory(state, here, [*done, part])
        if link is None:
            done.append(part)
            continue
        links += 1
        if links > LINKS_MAX:
            raise FailedPrecondition(f"the image's links at {'/'.join(parts)} go in circles")
        target = str(link.readlink())
        done = [] if target.startswith("/") else done
        pending.extend(piece for piece in reversed(target.split("/")) if piece not in ("", "."))
    return state.root.joinpath(*done)


def _missing_directory(state: _Unpacking, path: Path, parts: Sequence[str]) -> Path | None:
    """Make a directory that the layer itself does not describe, or give the link of a layer below that is there."""
    if os.path.lexists(path):
        _make_directory(path)
        return None
    state.leans = True
    under = find_in_layers(state.below, parts)
    if under is not None and under.is_symlink():
        return under
    _make_directory(path)
    if under is not None and under.is_dir():
        status = under.lstat()
        if state.is_root:
            os.chown(path, status.st_uid, status.st_gid)
        path.chmod(stat.S_IMODE(status.st_mode))
        state.directory_times.append((path, status.st_mtime))
    return None


def _make_directory(path: Path) -> None:
    """Make a directory in place of whatever this layer had there; one in place of a deletion begins empty."""
    hides = is_whiteout(path)
    _remove(path)
    path.mkdir()
    path.chmod(0o755)  # whatever the umask
    if hides:
        os.setxattr(path, OPAQUE_ATTRIBUTE, b"y")


def _write_entry(state: _Unpacking, archive: tarfile.TarFile, member: tarfile.TarInfo, path: Path) -> None:
    if member.isdir():
        if path.is_symlink() or not path.is_dir():
            _make_directory(path)
        state.directory_times.append((path, member.mtime))
    elif member.isreg():
        _remove(path)
        _write_file(state, archive, member, path)
    elif member.issym():
        _remove(path)
        path.symlink_to(member.linkname)
    elif member.islnk():
        _write_hard_link(state, member, path)
        return
    elif member.isfifo():
        _remove(path)
        os.mkfifo(path)
    else:
        return
    _set_owner_and_mode(state, path, member)


def _write_hard_link(state: _Unpacking, member: tarfile.TarInfo, path: Path) -> None:
    source = _safe_parts(member.linkname, state.limits)
    if not source:
        raise FailedPrecondition(f"a layer of the image links {member.name!r} to nothing")
    origin = _parent_directory(state, source[:-1]) / source[-1]
    if origin == path:
        return
    if not os.path.lexists(origin):
        state.leans = True
        under = find_in_layers(state.below, source)
        if under is None or under.is_dir():
            raise FailedPrecondition(
                f"a layer of the image links {member.name!r} to {member.linkname!r}, which is missing"
            )
        _copy_up(state, under, origin)
    _remove(path)
    # A link's own name, not what it leads to: a link may lead outside the layer.
    os.link(origin, path, follow_symlinks=False)


def _copy_up(state: _Unpacking, source: Path, target: Path) -> None:
    """Bring a file of a layer below into this one, as overlayfs does when a file gets another name."""
    shutil.copy2(source, target, follow_symlinks=False)
    status = source.lstat()
    if state.is_root:
        os.chown(target, status.st_uid, status.st_gid, follow_symlinks=False)
    if not target.is_symlink():
        target.chmod(stat.S_IMODE(status.st_mode))


def _write_file(state: _Unpacking, archive: tarfile.TarFile, member: tarfile.TarInfo, path: Path) -> None:
    state.size_bytes += member.size
    if state.size_bytes > state.limits.bytes_max:
        raise FailedPrecondition(f"a layer of the image is bigger than {state.limits.bytes_max} bytes")
    looks = member.size > _COPY_BYTES or state.entries % _ENTRIES_PER_LOOK == 0
    if looks and shutil.disk_usage(state.root).free - member.size < state.limits.free_bytes_min:
        raise FailedPrecondition(_no_room(state.root))
    if member.size and member.sparse is None:
        state.stream.content(member.offset_data, member.size, path.relative_to(state.root))
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
