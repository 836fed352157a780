"""Images out of the store into one file: an OCI layout as a tar, which skopeo, containerd, podman and Wherry read.

The layers are written as they were, so every digest is the one that it was. Documents of whoever writes the file
(a README, a release) stand beside the images; readers of layouts pass over them.
"""

from __future__ import annotations

import io
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import msgspec

from wherry.runtime.images.image_store import ImageStore
from wherry.runtime.images.manifest import LAYER_TAR, MANIFEST, Descriptor, ImageDocument, Index, Manifest
from wherry.runtime.images.skeleton import write_tar
from wherry.runtime.interface import FailedPrecondition, NotFound

REF_NAME = "org.opencontainers.image.ref.name"
CONTAINERD_NAME = "io.containerd.image.name"
_LAYOUT = b'{"imageLayoutVersion":"1.0.0"}'
_BLOCK = tarfile.BLOCKSIZE


@dataclass(frozen=True, slots=True)
class Exported:
    """An image to be exported and the name that it has in the file."""

    digest: str
    name: str


def write_layout(
    store: ImageStore, images: Sequence[Exported], target: BinaryIO, documents: Mapping[str, bytes]
) -> None:
    """Write images and documents as one tar; blocks.

    Raises:
        NotFound: an image is not here.
        FailedPrecondition: it cannot be written as it was.
    """
    with tarfile.open(fileobj=target, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, data in (*documents.items(), ("oci-layout", _LAYOUT), ("index.json", _index(store, images))):
            _add(archive, name, data)
        written: set[str] = set()
        for image in images:
            _write_image(store, image, archive, written)


def _index(store: ImageStore, images: Sequence[Exported]) -> bytes:
    entries = []
    for image in images:
        found = store.find(f"x@{image.digest}")
        if found is None:
            raise NotFound(f"The image {image.name} ({image.digest}) is not on this machine")
        annotations = {REF_NAME: image.name, CONTAINERD_NAME: f"docker.io/library/{image.name}"}
        entries.append(Descriptor(MANIFEST, image.digest, len(store.read_blob(image.digest)), None, annotations))
    document = {"schemaVersion": 2, **msgspec.to_builtins(Index(tuple(entries)))}
    for entry in document["manifests"]:
        entry.pop("platform", None)
    return msgspec.json.encode(document)


def _write_image(store: ImageStore, image: Exported, archive: tarfile.TarFile, written: set[str]) -> None:
    raw = store.read_blob(image.digest)
    manifest = msgspec.json.decode(raw, type=Manifest)
    config = store.read_blob(manifest.config.digest)
    diff_ids = msgspec.json.decode(config, type=ImageDocument).rootfs.diff_ids
    for digest, data in ((image.digest, raw), (manifest.config.digest, config)):
        if digest not in written:
            _add(archive, _blob_name(digest), data)
            written.add(digest)
    for place, (layer, diff_id) in enumerate(zip(manifest.layers, diff_ids, strict=True)):
        if layer.media_type != LAYER_TAR or layer.digest != diff_id:
            raise FailedPrecondition(
                f"the image {image.name} came here compressed, and cannot be written again as it was; "
                "hand on the file that it was imported from"
            )
        if diff_id not in written:
            _write_layer(store, archive, diff_ids[:place], layer)
            written.add(diff_id)


def _write_layer(store: ImageStore, archive: tarfile.TarFile, below: Sequence[str], layer: Descriptor) -> None:
    skeleton = store.skeleton(layer.digest)
    if skeleton is None:
        raise FailedPrecondition(
            f"the layer {layer.digest} was made by an older Wherry, which kept too little of it; "
            "build or import its image again"
        )
    directory = store.layer_directories((*below, layer.digest))[-1]
    info = tarfile.TarInfo(_blob_name(layer.digest))
    info.size, info.mode = layer.size, 0o644
    header = info.tobuf(archive.format, archive.encoding, archive.errors)
    target = archive.fileobj
    assert target is not None
    _ = target.write(header)
    write_tar(skeleton, directory, layer.digest, target.write)
    padding = -layer.size % _BLOCK
    _ = target.write(b"\0" * padding)
    archive.offset += len(header) + layer.size + padding


def _add(archive: tarfile.TarFile, name: str, data: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mode = len(data), 0o644
    archive.addfile(info, io.BytesIO(data))


def _blob_name(digest: str) -> str:
    return f"blobs/sha256/{digest.removeprefix('sha256:')}"


def read_documents(path: Path, names: Sequence[str], size_max: int) -> dict[str, bytes]:
    """The documents of these names in such a file; those that are missing or too big are left out."""
    found: dict[str, bytes] = {}
    with tarfile.open(path, mode="r:") as archive:
        for member in archive:
            if member.name in names and member.isreg() and member.size <= size_max:
                stream = archive.extractfile(member)
                found[member.name] = b"" if stream is None else stream.read()
    return found
