"""Bringing an image here from a file: what `docker save`, `podman save` or `skopeo` have written.

Understands Docker's form (manifest.json) and the OCI layout (index.json), as a tar file or a directory.
"""

from __future__ import annotations

import errno
import gzip
import lzma
import shutil
import tarfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, cast

import msgspec

from wherry.runtime.images.choosing import checked_config, own_images
from wherry.runtime.images.compression import MAGIC_BYTES, decompressor, uncompressed
from wherry.runtime.images.image_store import ImageStore, NewImage
from wherry.runtime.images.layers import Limits
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
from wherry.runtime.images.reference import InvalidReference, parse_reference
from wherry.runtime.interface import FailedPrecondition, ImageStatus, NotFound

DOCUMENT_BYTES_MAX = 4 * 1024 * 1024
INDEX_DEPTH_MAX = 4
_COPY_BYTES = 1024 * 1024


class DockerManifest(msgspec.Struct, frozen=True, rename="pascal"):
    """One image in Docker's manifest.json."""

    config: str
    layers: tuple[str, ...]
    repo_tags: tuple[str, ...] | None = None


class _Source:
    """A tar file or a directory, read by name."""

    def __init__(self, path: Path) -> None:
        self._directory = path.resolve() if path.is_dir() else None
        self._archive = None if path.is_dir() else tarfile.open(path, mode="r:")  # noqa: SIM115 - closed in __exit__

    def __enter__(self) -> _Source:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._archive is not None:
            self._archive.close()

    def open(self, name: str) -> BinaryIO | None:
        if ".." in name.split("/") or name.startswith("/"):
            raise FailedPrecondition(f"the archive points outside itself: {name!r}")
        if self._directory is not None:
            path = (self._directory / name).resolve()
            if not path.is_relative_to(self._directory):
                raise FailedPrecondition(f"the archive points outside itself: {name!r}")
            return path.open("rb") if path.is_file() else None
        assert self._archive is not None
        for candidate in (name, f"./{name}"):
            try:
                found = self._archive.extractfile(candidate)
            except KeyError:
                continue
            except RecursionError as error:
                raise FailedPrecondition(f"the archive's {name} is a link to itself") from error
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
    """Put the images of a file or directory into the store, all or none; blocks.

    Args:
        store: where they go.
        path: a tar file (also compressed with gzip, bzip2 or xz), a pipe with one, or an OCI layout directory.
        tag: the name that the one image gets instead of those in the file.

    Raises:
        NotFound: no such file.
        FailedPrecondition: no image in it, damaged, for another kind of machine, or no room for it.
    """
    if not path.exists():
        raise NotFound(f"There is no file {path}")
    try:
        with store.writing(all_or_nothing=True), store.temporary_directory() as scratch:
            images = _read_images(store, path, Path(scratch), tag)
            if tag and len(images) > 1:
                raise FailedPrecondition(
                    f"{path} holds {len(images)} images, so one name does not fit them; import it without a name"
                )
            if not images:
                raise FailedPrecondition(f"{path} is an image archive without an image in it")
            return list(store.add_images(images))
    except msgspec.DecodeError as error:
        raise FailedPrecondition(f"a document in {path} is not as the image format has it: {error}") from error
    except (tarfile.TarError, EOFError, zlib.error, lzma.LZMAError, gzip.BadGzipFile) as error:
        raise FailedPrecondition(
            f"{path} is not an image archive, or not all of it; wanted is what `docker save` or `skopeo copy` have "
            "written, or an OCI layout directory"
        ) from error
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise FailedPrecondition(f"there is no room for the image on the disk of {store.directory}") from error


def _read_images(store: ImageStore, path: Path, scratch: Path, tag: str | None) -> list[NewImage]:
    """The images of an archive, their layers unpacked."""
    plain = path if path.is_dir() else _seekable(path, scratch)
    with _Source(plain) as source:
        docker, layout = source.document("manifest.json"), source.document("index.json")
        # `docker save` writes both; the layout has the digests that registries and manifests know.
        if layout is not None and source.document("oci-layout") is not None:
            return _read_layout(store, source, layout, _Naming(tag, _name_from(path)))
        if docker is not None:
            return _read_docker(store, source, docker, tag)
        if layout is not None:
            return _read_layout(store, source, layout, _Naming(tag, _name_from(path)))
    missing = "an oci-layout and an index.json" if path.is_dir() else "a manifest.json or an index.json"
    raise FailedPrecondition(f"{path} holds no image: {missing} should be in it")


def _seekable(path: Path, scratch: Path) -> Path:
    """The archive as a plain file: a compressed one or a pipe is written out first, as it is read more than once."""
    if path.is_file():
        with path.open("rb") as stream:
            if uncompressed(stream) is stream:
                return path
    plain = scratch / "archive.tar"
    with path.open("rb") as stream, plain.open("wb") as target:
        source = decompressor(stream, stream.peek(MAGIC_BYTES))
        while data := source.read(_COPY_BYTES):
            if shutil.disk_usage(scratch).free < Limits().free_bytes_min:
                raise FailedPrecondition(f"there is no room for {path} on the disk of {scratch.parents[1]}")
            target.write(data)
    return plain


def _read_docker(store: ImageStore, source: _Source, data: bytes, tag: str | None) -> list[NewImage]:
    images = []
    for image in msgspec.json.decode(data, type=list[DockerManifest]):
        config = source.document(image.config)
        if config is None:
            raise FailedPrecondition(f"the archive's {image.config} is missing")
        document = checked_config(config, len(image.layers))
        sizes = _add_layers(store, source, image.layers, document)
        manifest = Manifest(
            config=Descriptor(CONFIG, digest_of(config), len(config)),
            layers=tuple(
                Descriptor(LAYER_TAR, diff_id, size)
                for diff_id, size in zip(document.rootfs.diff_ids, sizes, strict=True)
            ),
        )
        names = [tag] if tag else list(image.repo_tags or ())
        images.append(NewImage(msgspec.json.encode(manifest), config, names, sum(sizes)))
    return images


@dataclass(frozen=True, slots=True)
class _Naming:
    """How the images of a layout are named: `tag` by the user, `base` where the layout has only a tag."""

    tag: str | None
    base: str

    def names(self, annotations: Mapping[str, str]) -> list[str]:
        if self.tag:
            return [self.tag]
        full = annotations.get("io.containerd.image.name", "")
        name = full or annotations.get("org.opencontainers.image.ref.name", "")
        if not name or "/" in name or ":" in name:
            return [name] if name else []
        # "1.0" alone says which version, not of what: the file's own name does, orders.tar holds orders:1.0.
        return [f"{self.base}:{name}"] if self.base else [name]


def _name_from(path: Path) -> str:
    """An image name made of a file's name; "" when it makes none."""
    stem = path.resolve().name.lower()
    for ending in (".gz", ".tgz", ".bz2", ".xz", ".tar", ".oci"):
        stem = stem.removesuffix(ending)
    try:
        return parse_reference(f"{stem}:x").canonical.removesuffix(":x") if path.is_file() or path.is_dir() else ""
    except InvalidReference:
        return ""


def _read_layout(store: ImageStore, source: _Source, data: bytes, naming: _Naming) -> list[NewImage]:
    images: dict[str, NewImage] = {}
    for name, descriptor in _choose(msgspec.json.decode(data, type=Index).manifests):
        raw = _manifest_bytes(source, descriptor, 0)
        manifest = msgspec.json.decode(raw, type=Manifest)
        config = source.blob(manifest.config.digest)
        document = checked_config(config, len(manifest.layers))
        sizes = _add_layers(store, source, [_blob_name(layer.digest) for layer in manifest.layers], document)
        names = [*images[digest_of(raw)].names] if digest_of(raw) in images else []
        names += [new for new in naming.names(name) if new not in names]
        images[digest_of(raw)] = NewImage(raw, config, names, sum(sizes))
    return list(images.values())


def _choose(manifests: Sequence[Descriptor]) -> list[tuple[Mapping[str, str], Descriptor]]:
    """The images of a layout's top level: without attestations, and of those for several machines only ours."""
    return [(one.annotations or {}, one) for one in own_images(manifests, "the archive")]


def _manifest_bytes(source: _Source, descriptor: Descriptor, depth: int) -> bytes:
    data = source.blob(descriptor.digest)
    if descriptor.media_type not in INDEX_TYPES:
        return data
    if depth >= INDEX_DEPTH_MAX:
        raise FailedPrecondition("the archive's index leads to itself")
    chosen = _choose(msgspec.json.decode(data, type=Index).manifests)
    if not chosen:
        raise FailedPrecondition(f"the archive has no image for linux/{own_architecture()}")
    return _manifest_bytes(source, chosen[0][1], depth + 1)


def _add_layers(store: ImageStore, source: _Source, names: Sequence[str], document: ImageDocument) -> list[int]:
    diff_ids = document.rootfs.diff_ids
    sizes = []
    for place, (name, diff_id) in enumerate(zip(names, diff_ids, strict=True)):
        stream = source.open(name)
        if stream is None:
            raise FailedPrecondition(f"the archive's {name} is missing")
        with stream:
            _, size = store.add_layer(uncompressed(stream), expected=diff_id, below=diff_ids[:place])
        sizes.append(size)
    return sizes


def _blob_name(digest: str) -> str:
    algorithm, _, value = digest.partition(":")
    if algorithm != "sha256" or not value.isalnum():
        raise FailedPrecondition(f"{digest!r} is no digest")
    return f"blobs/{algorithm}/{value}"
