"""Bringing an image here from a file: what `docker save`, `podman save` or `skopeo` have written.

Understands Docker's form (manifest.json) and the OCI layout (index.json), as a tar file or a directory.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import tarfile
import zlib
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, cast

import msgspec

from wherry.runtime.images.image_store import ImageStore
from wherry.runtime.images.manifest import (
    CONFIG,
    INDEX_TYPES,
    LAYER_TAR,
    Descriptor,
    ImageDocument,
    Index,
    Manifest,
    digest_of,
    own_architecture,
)
from wherry.runtime.interface import FailedPrecondition, ImageStatus, NotFound

DOCUMENT_BYTES_MAX = 4 * 1024 * 1024
INDEX_DEPTH_MAX = 4
LAYERS_MAX = 500
_NAME_ANNOTATIONS = ("io.containerd.image.name", "org.opencontainers.image.ref.name")


class DockerManifest(msgspec.Struct, frozen=True, rename="pascal"):
    """One image in Docker's manifest.json."""

    config: str
    layers: tuple[str, ...]
    repo_tags: tuple[str, ...] | None = None


class _Source:
    """A tar file or a directory, read by name."""

    def __init__(self, path: Path) -> None:
        self._directory = path if path.is_dir() else None
        self._archive = None if path.is_dir() else tarfile.open(path)  # noqa: SIM115 - closed in __exit__

    def __enter__(self) -> _Source:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._archive is not None:
            self._archive.close()

    def open(self, name: str) -> BinaryIO | None:
        parts = name.split("/")
        if ".." in parts or name.startswith("/"):
            raise FailedPrecondition(f"the archive points outside itself: {name!r}")
        if self._directory is not None:
            path = self._directory / name
            return path.open("rb") if path.is_file() and not path.is_symlink() else None
        assert self._archive is not None
        for candidate in (name, f"./{name}"):
            try:
                found = self._archive.extractfile(candidate)
            except KeyError:
                continue
            # A member's stream has everything of a binary file but the type.
            return None if found is None else cast("BinaryIO", found)
        return None

    def document(self, name: str) -> bytes | None:
        stream = self.open(name)
        if stream is None:
            return None
        with stream:
            data = stream.read(DOCUMENT_BYTES_MAX + 1)
        if len(data) > DOCUMENT_BYTES_MAX:
            raise FailedPrecondition(f"the archive's {name} is too big")
        return data

    def blob(self, digest: str) -> bytes:
        data = self.document(_blob_name(digest))
        if data is None or digest_of(data) != digest:
            raise FailedPrecondition(f"the archive's {digest} is {'missing' if data is None else 'damaged'}")
        return data


def import_archive(store: ImageStore, path: Path, tag: str | None = None) -> list[ImageStatus]:
    """Put the images of a file or directory into the store; blocks.

    Args:
        store: where they go.
        path: a tar file (also compressed with gzip, bzip2 or xz) or an OCI layout directory.
        tag: the name they get instead of those in the file.

    Raises:
        NotFound: no such file.
        FailedPrecondition: no image in it, damaged, or for another kind of machine.
    """
    if not path.exists():
        raise NotFound(f"There is no file {path}")
    try:
        with _Source(path) as source, store.writing():
            docker, layout = source.document("manifest.json"), source.document("index.json")
            if docker is not None:
                return _import_docker(store, source, docker, tag)
            if layout is not None:
                return _import_layout(store, source, layout, tag)
    except (tarfile.TarError, msgspec.DecodeError, EOFError, zlib.error, lzma.LZMAError) as error:
        raise FailedPrecondition(f"{path} is not an image archive: {error}") from error
    raise FailedPrecondition(f"{path} holds no image: neither manifest.json nor index.json is in it")


def _import_docker(store: ImageStore, source: _Source, data: bytes, tag: str | None) -> list[ImageStatus]:
    imported = []
    for image in msgspec.json.decode(data, type=list[DockerManifest]):
        config = source.document(image.config)
        if config is None:
            raise FailedPrecondition(f"the archive's {image.config} is missing")
        document = _checked(config, len(image.layers))
        sizes = [
            _add_layer(store, source, name, diff_id)
            for name, diff_id in zip(image.layers, document.rootfs.diff_ids, strict=True)
        ]
        manifest = Manifest(
            config=Descriptor(CONFIG, digest_of(config), len(config)),
            layers=tuple(
                Descriptor(LAYER_TAR, diff_id, size)
                for diff_id, size in zip(document.rootfs.diff_ids, sizes, strict=True)
            ),
        )
        names = [tag] if tag else list(image.repo_tags or ())
        imported.append(store.add_image(msgspec.json.encode(manifest), config, names, sum(sizes)))
    return imported


def _import_layout(store: ImageStore, source: _Source, data: bytes, tag: str | None) -> list[ImageStatus]:
    imported = []
    for descriptor in msgspec.json.decode(data, type=Index).manifests:
        annotations = descriptor.annotations or {}
        name = tag or next((annotations[key] for key in _NAME_ANNOTATIONS if key in annotations), "")
        raw = _manifest_bytes(source, descriptor, 0)
        manifest = msgspec.json.decode(raw, type=Manifest)
        config = source.blob(manifest.config.digest)
        document = _checked(config, len(manifest.layers))
        sizes = [
            _add_layer(store, source, _blob_name(layer.digest), diff_id)
            for layer, diff_id in zip(manifest.layers, document.rootfs.diff_ids, strict=True)
        ]
        imported.append(store.add_image(raw, config, [name] if name else [], sum(sizes)))
    return imported


def _manifest_bytes(source: _Source, descriptor: Descriptor, depth: int) -> bytes:
    data = source.blob(descriptor.digest)
    if descriptor.media_type not in INDEX_TYPES:
        return data
    if depth >= INDEX_DEPTH_MAX:
        raise FailedPrecondition("the archive's index leads to itself")
    choices = msgspec.json.decode(data, type=Index).manifests
    for choice in choices:
        if choice.platform is None or (choice.platform.os, choice.platform.architecture) == (
            "linux",
            own_architecture(),
        ):
            return _manifest_bytes(source, choice, depth + 1)
    raise FailedPrecondition(f"the archive has no image for linux/{own_architecture()}")


def _checked(config: bytes, layers: int) -> ImageDocument:
    document = msgspec.json.decode(config, type=ImageDocument)
    if layers != len(document.rootfs.diff_ids) or layers > LAYERS_MAX:
        raise FailedPrecondition(f"the image has {layers} layers and describes {len(document.rootfs.diff_ids)}")
    if document.architecture not in ("", own_architecture()) or document.os not in ("", "linux"):
        raise FailedPrecondition(
            f"the image is for {document.os}/{document.architecture}, this machine is linux/{own_architecture()}"
        )
    return document


def _add_layer(store: ImageStore, source: _Source, name: str, diff_id: str) -> int:
    stream = source.open(name)
    if stream is None:
        raise FailedPrecondition(f"the archive's {name} is missing")
    with stream:
        _, size = store.add_layer(_uncompressed(stream), expected=diff_id)
    return size


def _uncompressed(stream: BinaryIO) -> BinaryIO:
    magic = stream.read(6)
    stream.seek(0)
    if magic.startswith(b"\x1f\x8b"):
        return cast("BinaryIO", gzip.GzipFile(fileobj=stream))
    if magic.startswith(b"BZh"):
        return cast("BinaryIO", bz2.BZ2File(stream))
    if magic.startswith(b"\xfd7zXZ\x00"):
        return cast("BinaryIO", lzma.LZMAFile(stream))
    if magic.startswith(b"\x28\xb5\x2f\xfd"):
        raise FailedPrecondition(
            "a layer of the image is compressed with zstd, which this Python cannot read; "
            "write the file again with gzip (`docker save` or `skopeo copy --dest-compress-format gzip`)"
        )
    return stream


def _blob_name(digest: str) -> str:
    algorithm, _, value = digest.partition(":")
    if algorithm != "sha256" or not value.isalnum():
        raise FailedPrecondition(f"{digest!r} is no digest")
    return f"blobs/{algorithm}/{value}"
