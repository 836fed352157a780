"""The images on this machine.

Below one directory: `blobs/sha256/` holds manifests and configurations by digest, `layers/` the unpacked
layers by the digest of their tar file, `index.json` the names. The index is replaced atomically after
everything that it names is there, so a crash leaves at most unnamed rubbish, which `collect_garbage` finds.
Other processes (`wherry image build` beside a running cluster) may change it at any time.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

import msgspec

from wherry.kit.files import write_atomically
from wherry.kit.threads import run_in_thread
from wherry.runtime.images.layers import HashingReader, unpack_layer
from wherry.runtime.images.manifest import ImageDocument, Manifest, digest_of, image_config
from wherry.runtime.images.reference import InvalidReference, familiar_name, is_digest, parse_reference
from wherry.runtime.interface import FailedPrecondition, ImageStatus, NotFound

# A shortened id must be this long to mean an image, as with Docker.
SHORT_ID_CHARS_MIN = 12


class StoredIndex(msgspec.Struct, frozen=True):
    """`images` maps a full name to a manifest's digest; `sizes` a manifest's digest to the bytes of its layers."""

    images: dict[str, str] = {}
    sizes: dict[str, int] = {}


class ImageStore:
    """Keeps images. See runtime.interface.ImageService for the contract."""

    def __init__(self, directory: Path, in_use: Callable[[str], bool] = lambda _image_id: False) -> None:
        """`in_use` says whether a container runs from the image with this id; such an image is not removed."""
        self.directory = directory.absolute()
        self.in_use = in_use
        self._seen: tuple[int, int] | None = None
        self._index = StoredIndex()
        self._images: dict[str, ImageStatus] = {}

    @property
    def _index_file(self) -> Path:
        return self.directory / "index.json"

    def _blob(self, digest: str) -> Path:
        return self.directory / "blobs" / "sha256" / digest.removeprefix("sha256:")

    def layer_directory(self, diff_id: str) -> Path:
        """Where a layer is, or would be, unpacked."""
        return self.directory / "layers" / diff_id.removeprefix("sha256:")

    def has_layer(self, diff_id: str) -> bool:
        """Whether it is unpacked here."""
        return is_digest(diff_id) and self.layer_directory(diff_id).is_dir()

    # Reading.

    def _load(self) -> StoredIndex:
        try:
            status = self._index_file.stat()
        except FileNotFoundError:
            self._index, self._images, self._seen = StoredIndex(), {}, None
            return self._index
        seen = (status.st_mtime_ns, status.st_ino)
        if seen != self._seen:
            self._index = msgspec.json.decode(self._index_file.read_bytes(), type=StoredIndex)
            self._images = {}
            self._seen = seen
        return self._index

    def find(self, reference: str) -> ImageStatus | None:
        """The image that a name, digest or id means."""
        index = self._load()
        digest = self._digest_for(index, reference)
        return None if digest is None else self._status(index, digest)

    def _digest_for(self, index: StoredIndex, reference: str) -> str | None:
        digests = sorted(set(index.images.values()))
        if is_digest(reference) or is_digest(f"sha256:{reference}"):
            wanted = f"sha256:{reference.removeprefix('sha256:')}"
            return next((d for d in digests if wanted in (d, self._status(index, d).id)), None)
        try:
            parsed = parse_reference(reference)
        except InvalidReference:
            return None
        if parsed.digest:
            return parsed.digest if parsed.digest in digests else None
        found = index.images.get(parsed.canonical)
        if found is None and len(reference) >= SHORT_ID_CHARS_MIN and all(c in "0123456789abcdef" for c in reference):
            matches = [d for d in digests if self._status(index, d).id.startswith(f"sha256:{reference}")]
            found = matches[0] if len(matches) == 1 else None
        return found

    def list(self) -> list[ImageStatus]:
        """All images here."""
        index = self._load()
        return [self._status(index, digest) for digest in sorted(set(index.images.values()))]

    def _status(self, index: StoredIndex, digest: str) -> ImageStatus:
        known = self._images.get(digest)
        if known is not None:
            return known
        manifest = msgspec.json.decode(self._blob(digest).read_bytes(), type=Manifest)
        document = msgspec.json.decode(self._blob(manifest.config.digest).read_bytes(), type=ImageDocument)
        status = ImageStatus(
            id=manifest.config.digest,
            digest=digest,
            tags=tuple(sorted(familiar_name(name) for name, other in index.images.items() if other == digest)),
            size_bytes=index.sizes.get(digest, 0),
            created_at_s=self._blob(digest).stat().st_mtime,
            config=image_config(document),
            layers=tuple(self.layer_directory(diff_id) for diff_id in document.rootfs.diff_ids),
        )
        self._images[digest] = status
        return status

    def read_blob(self, digest: str) -> bytes:
        """A manifest's or configuration's bytes."""
        return self._blob(digest).read_bytes()

    # Writing.

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Keep other writers (and their garbage collection) out; blocks until they have finished. Does not nest."""
        self.directory.mkdir(parents=True, exist_ok=True, mode=0o711)
        for name in ("blobs/sha256", "layers", "tmp"):
            (self.directory / name).mkdir(parents=True, exist_ok=True, mode=0o711)
        descriptor = os.open(self.directory / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def temporary_directory(self) -> tempfile.TemporaryDirectory[str]:
        """A directory on the same disk that goes away; call inside `writing`."""
        return tempfile.TemporaryDirectory(dir=self.directory / "tmp")

    def add_layer(self, stream: BinaryIO, expected: str = "") -> tuple[str, int]:
        """Unpack an uncompressed tar stream; gives its diff id and size. Call inside `writing`.

        Raises:
            FailedPrecondition: broken, or not what `expected` says.
        """
        reader = HashingReader(stream)
        with self.temporary_directory() as temporary:
            target = Path(temporary) / "layer"
            target.mkdir(mode=0o755)
            unpack_layer(reader, target)
            diff_id = reader.finish()
            if expected and diff_id != expected:
                raise FailedPrecondition(f"a layer of the image is damaged: it is {diff_id}, not {expected}")
            if not self.has_layer(diff_id):
                target.rename(self.layer_directory(diff_id))
        return diff_id, reader.size

    def add_image(self, manifest: bytes, config: bytes, names: Sequence[str], size_bytes: int) -> ImageStatus:
        """Name an image whose layers are here; gives it. Call inside `writing`.

        Raises:
            FailedPrecondition: a layer is missing, or a name is no image name.
        """
        document = msgspec.json.decode(config, type=ImageDocument)
        missing = [diff_id for diff_id in document.rootfs.diff_ids if not self.has_layer(diff_id)]
        if missing:
            raise FailedPrecondition(f"the image's layer {missing[0]} is missing")
        digest = digest_of(manifest)
        try:
            canonical = [parse_reference(name).canonical for name in names] or [f"docker.io/library/unnamed@{digest}"]
        except InvalidReference as error:
            raise FailedPrecondition(str(error)) from error
        for data in (config, manifest):
            if not self._blob(digest_of(data)).exists():
                write_atomically(self._blob(digest_of(data)), data)
        index = self._load()
        self._save(
            StoredIndex({**index.images, **dict.fromkeys(canonical, digest)}, {**index.sizes, digest: size_bytes})
        )
        return self._status(self._load(), digest)

    def _save(self, index: StoredIndex) -> None:
        write_atomically(self._index_file, msgspec.json.format(msgspec.json.encode(index), indent=1), mode=0o644)
        # The time stamp of two quick changes may be the same; do not trust it for our own.
        self._seen = None

    async def pull(self, reference: str) -> ImageStatus:
        """Always refuses what is not here: registries are not supported yet."""
        found = self.find(reference)
        if found is not None:
            return found
        raise NotFound(
            f'The image "{reference}" is not on this machine, and Wherry does not pull from registries yet. '
            "Bring it here with `wherry image import FILE` (a file from `docker save`) or make it with "
            "`wherry image build DIR`."
        )

    async def remove(self, reference: str) -> None:
        """Remove a name, and the image with its last name."""
        await run_in_thread(self.remove_blocking, reference)

    def remove_blocking(self, reference: str) -> None:
        """The same for code in a thread."""
        with self.writing():
            image = self.find(reference)
            if image is None:
                raise NotFound(f'There is no image "{reference}" on this machine')
            index = self._load()
            names = {name for name, digest in index.images.items() if digest == image.digest}
            if not is_digest(reference) and familiar_name(reference) in image.tags:
                names = {name for name in names if familiar_name(name) == familiar_name(reference)}
            kept = {name: digest for name, digest in index.images.items() if name not in names}
            if image.digest not in kept.values() and self.in_use(image.id):
                raise FailedPrecondition(f'The image "{reference}" is used by a container; remove that first')
            sizes = {digest: size for digest, size in index.sizes.items() if digest in kept.values()}
            self._save(StoredIndex(kept, sizes))
            self._collect()

    def collect_garbage(self) -> int:
        """Remove what no image needs; gives the number of layers removed."""
        with self.writing():
            return self._collect()

    def _collect(self) -> int:
        index = self._load()
        blobs: set[str] = set()
        layers: set[str] = set()
        for digest in set(index.images.values()):
            status = self._status(index, digest)
            blobs |= {digest.removeprefix("sha256:"), status.id.removeprefix("sha256:")}
            layers |= {layer.name for layer in status.layers}
        for blob in (self.directory / "blobs" / "sha256").iterdir():
            if blob.name in blobs:
                continue
            if self.in_use(f"sha256:{blob.name}"):
                # A container runs from an image that has lost its name, to a newer build most likely.
                document = msgspec.json.decode(blob.read_bytes(), type=ImageDocument)
                layers |= {self.layer_directory(diff_id).name for diff_id in document.rootfs.diff_ids}
            else:
                blob.unlink()
        unused = [layer for layer in (self.directory / "layers").iterdir() if layer.name not in layers]
        for layer in (*unused, *(self.directory / "tmp").iterdir()):
            shutil.rmtree(layer, ignore_errors=True)
        return len(unused)
