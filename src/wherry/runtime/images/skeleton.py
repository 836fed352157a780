"""What a layer's tar consists of besides its files' content, so that the very same tar can be written again.

Layers are kept unpacked, as containers need them. A tar has more: the order of its entries, their headers, their
padding, and another tar would have another digest. So while a layer is unpacked, everything of the stream that is
not the content of a file is written down, with the names of the files in between:

    header bytes, "app/main.py", 1200, padding and header bytes, "app/x", 7, ..., the end's zeros
"""

from __future__ import annotations

import hashlib
import os
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import IO, BinaryIO

import msgspec

from wherry.runtime.interface import FailedPrecondition

_COPY_BYTES = 1024 * 1024
_LEVEL = 1
RAW_BYTES_MAX = 64 * 1024 * 1024
"""Of headers and the like. A tar with more (a sparse file, most likely) is unpacked, and cannot be written again."""

Piece = tuple[bytes, bytes, int]
"""Bytes as they are, then the name and size of the file whose content follows ("" and 0: none)."""


class RecordingReader:
    """A stream that knows the digest and size of what was read from it, and its skeleton."""

    def __init__(self, stream: BinaryIO | IO[bytes]) -> None:
        """Reads from `stream`."""
        self._stream = stream
        self._hash = hashlib.sha256()
        self._pieces: list[Piece] = []
        self._pending = bytearray()
        self._pending_at = 0
        self._is_lost = False
        self.size = 0

    def read(self, size: int = -1) -> bytes:
        """Read on."""
        data = self._stream.read(size)
        self._hash.update(data)
        start, self.size = self.size, self.size + len(data)
        # What lies before `_pending_at` is the content of a file.
        if self.size > self._pending_at and not self._is_lost:
            self._pending += data[max(0, self._pending_at - start) :]
            self._is_lost = len(self._pending) > RAW_BYTES_MAX
        return data

    def content(self, offset: int, size_bytes: int, path: Path) -> None:
        """Say that the content of the file `path` (below the layer's root) lies here in the stream."""
        head = offset - self._pending_at
        self._pieces.append((bytes(self._pending[:head]), os.fsencode(path), size_bytes))
        del self._pending[: head + size_bytes]
        self._pending_at = offset + size_bytes

    def finish(self) -> str:
        """Read the rest; gives the digest of everything."""
        while self.read(_COPY_BYTES):
            pass
        return "sha256:" + self._hash.hexdigest()

    def skeleton(self) -> bytes | None:
        """The skeleton, for a file; None when it would be too big."""
        if self._is_lost:
            return None
        pieces = [*self._pieces, (bytes(self._pending), b"", 0)]
        return zlib.compress(msgspec.msgpack.encode(pieces), _LEVEL)


def write_tar(skeleton: bytes, layer: Path, digest: str, write: Callable[[bytes], object]) -> None:
    """Write a layer's tar again. Raises FailedPrecondition when it would not be the same."""
    made = hashlib.sha256()

    def put(data: bytes) -> None:
        made.update(data)
        _ = write(data)

    for raw, name, size_bytes in msgspec.msgpack.decode(zlib.decompress(skeleton), type=list[Piece]):
        put(raw)
        if name:
            _put_file(layer / os.fsdecode(name), size_bytes, put)
    if f"sha256:{made.hexdigest()}" != digest:
        raise FailedPrecondition(f"the layer {digest} is not on this disk as it was; build or import its image again")


def _put_file(path: Path, size_bytes: int, put: Callable[[bytes], None]) -> None:
    left = size_bytes
    try:
        with path.open("rb") as file:
            while left and (data := file.read(min(left, _COPY_BYTES))):
                put(data)
                left -= len(data)
    except OSError as error:
        raise FailedPrecondition(f"the file {path} of a layer cannot be read: {error.strerror}") from error
    if left:
        raise FailedPrecondition(f"the file {path} of a layer is shorter than it was; build or import its image again")
