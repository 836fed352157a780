"""How layers and archives are packed, seen from their first bytes: gzip, bzip2, xz, zstd where Python can, or not."""

from __future__ import annotations

import bz2
import gzip
import importlib
import lzma
from typing import BinaryIO, cast

from wherry.runtime.interface import FailedPrecondition

MAGIC_BYTES = 6
# Python 3.14 has it, its backport brings it to others.
_ZSTD_MODULES = ("compression.zstd", "backports.zstd")


def uncompressed(stream: BinaryIO) -> BinaryIO:
    """The content of a stream that can be read again from its beginning."""
    magic = stream.read(MAGIC_BYTES)
    _ = stream.seek(0)
    return decompressor(stream, magic)


def decompressor(stream: BinaryIO, magic: bytes) -> BinaryIO:
    """The content of a stream that begins with `magic`, which was not taken from it. Raises FailedPrecondition."""
    if magic.startswith(b"\x1f\x8b"):
        return cast("BinaryIO", gzip.GzipFile(fileobj=stream))
    if magic.startswith(b"BZh"):
        return cast("BinaryIO", bz2.BZ2File(stream))
    if magic.startswith(b"\xfd7zXZ\x00"):
        return cast("BinaryIO", lzma.LZMAFile(stream))
    if magic.startswith(b"\x28\xb5\x2f\xfd"):
        return _zstd(stream)
    return stream


def _zstd(stream: BinaryIO) -> BinaryIO:
    for name in _ZSTD_MODULES:
        try:
            module = importlib.import_module(name)
        except ImportError:
            continue
        return cast("BinaryIO", module.ZstdFile(stream))
    raise FailedPrecondition(
        "the image is compressed with zstd, which this Python cannot read; give Wherry's Python what it takes "
        "(pip install backports.zstd), or write the image again with gzip "
        "(`docker save`, or `skopeo copy --dest-compress-format gzip`)"
    )
