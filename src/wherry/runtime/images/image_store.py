"""The images on this machine.

Below one directory: `blobs/sha256/` holds manifests and configurations by digest, `layers/` the unpacked
layers by the digest of their tar file (with a hash of the layers below when it leans on them, see layers.py),
`skeletons/` what else their tar files had, `index.json` the names. The index is replaced atomically after
everything that it names is there, so a crash leaves at most unnamed rubbish, which `collect_garbage` finds.
Other processes (`wherry image build` beside a running cluster) may change it at any time.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import msgspec

from wherry.kit.files import write_atomically
from wherry.kit.linux.inotify import IN_MOVED_TO, DirectoryWatch
from wherry.kit.threads import run_in_thread
from wherry.runtime.images.layers import unpack_layer
from wherry.runtime.images.manifest import ImageDocument, Manifest, digest_of, image_config
from wherry.runtime.images.reference import InvalidReference, Reference, familiar_name, is_digest, parse_reference
from wherry.runtime.images.skeleton import RecordingReader
from wherry.runtime.interface import FailedPrecondition, ImageStatus, NotFound, Unavailable

# A shortened id must be this long to mean an image, as with Docker.
SHORT_ID_CHARS_MIN = 12
# A digest without its `sha256:`.
DIGEST_CHARS = 64
# The repository of images without a name.
UNNAMED = "docker.io/library/unnamed"


class StoredIndex(msgspec.Struct, frozen=True):
    """`images` maps a full name to a manifest's digest; `sizes` a manifest's digest to the bytes of its layers.

    `pulled` maps the names that came from their registries to what the registry calls them: the digest of the
    manifest, or of the index that it was chosen from.
    """

    images: dict[str, str] = {}
    sizes: dict[str, int] = {}
    pulled: dict[str, str] = {}

    def only(self, names: Iterable[str]) -> StoredIndex:
        """The same with these names alone."""
        images = {name: self.images[name] for name in names}
        sizes = {digest: size for digest, size in self.sizes.items() if digest in images.values()}
        return StoredIndex(images, sizes, {name: what for name, what in self.pulled.items() if name in images})


@dataclass(frozen=True, slots=True)
class NewImage:
    """An image whose layers are here: its documents, the names it is to have, and the bytes of its layers.

    `pulled_as` is what the registry that it was fetched from calls it: a digest, "" for one that comes from elsewhere.
    """

    manifest: bytes
    config: bytes
    names: Sequence[str]
    size_bytes: int
    pulled_as: str = ""


class ImageStore:
    """Keeps images. See runtime.interface.ImageService for the contract."""

    def __init__(self, directory: Path, in_use: Callable[[str], bool] = lambda _image_id: False) -> None:
        """`in_use` says whether a container runs from the image with this id; such an image is not removed."""
        self.directory = directory.absolute()
        self.in_use = in_use
        self._seen: tuple[int, int] | None = None
        self._index = StoredIndex()
        self._images: dict[str, ImageStatus] = {}
        self._added: list[Path] = []

    @property
    def _index_file(self) -> Path:
        return self.directory / "index.json"

    def _blob(self, digest: str) -> Path:
        return self.directory / "blobs" / "sha256" / digest.removeprefix("sha256:")

    def layer_directories(self, diff_ids: Sequence[str]) -> tuple[Path, ...]:
        """Where the layers of an image are, or would be, unpacked; lowest first."""
        found = []
        for place, diff_id in enumerate(diff_ids):
            leaning = self._leaning(diff_id, diff_ids[:place])
            found.append(leaning if leaning.is_dir() else self._layers / diff_id.removeprefix("sha256:"))
        return tuple(found)

    @property
    def _layers(self) -> Path:
        return self.directory / "layers"

    def _leaning(self, diff_id: str, below: Sequence[str]) -> Path:
        place = hashlib.sha256(" ".join(below).encode()).hexdigest()[:16]
        return self._layers / f"{diff_id.removeprefix('sha256:')}-{place}"

    def _skeleton(self, diff_id: str) -> Path:
        return self.directory / "skeletons" / diff_id.removeprefix("sha256:")

    def skeleton(self, diff_id: str) -> bytes | None:
        """What is needed besides its directory to write a layer's tar again (skeleton.py); None when it is lost."""
        try:
            return self._skeleton(diff_id).read_bytes()
        except FileNotFoundError:
            return None

    def has_layer(self, diff_id: str, below: Sequence[str] = ()) -> bool:
        """Whether it is unpacked here, for the place above the layers `below`."""
        return is_digest(diff_id) and self.layer_directories((*below, diff_id))[-1].is_dir()

    def diff_ids(self) -> frozenset[str]:
        """The layers unpacked here, above whatever layers."""
        return frozenset(f"sha256:{path.name[:DIGEST_CHARS]}" for path in self._layers.iterdir())

    # Reading.

    def _load(self) -> StoredIndex:
        try:
            status = self._index_file.stat()
        except FileNotFoundError:
            self._index, self._images, self._seen = StoredIndex(), {}, None
            return self._index
        seen = (status.st_mtime_ns, status.st_ino)
        if seen != self._seen:
            try:
                self._index = msgspec.json.decode(self._index_file.read_bytes(), type=StoredIndex)
            except msgspec.DecodeError as error:
                raise self._damaged(self._index_file, str(error)) from error
            self._images = {}
            self._seen = seen
        return self._index

    def _damaged(self, path: Path, detail: str) -> Unavailable:
        return Unavailable(
            f"{path} is damaged ({detail}), so no image can be used; move the folder {self.directory} away and "
            "build or import your images again"
        )

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
            return parsed.digest if parsed.digest in digests else _pulled_as(index, parsed)
        found = index.images.get(parsed.canonical)
        if found is None and len(reference) >= SHORT_ID_CHARS_MIN and all(c in "0123456789abcdef" for c in reference):
            matches = [d for d in digests if self._status(index, d).id.startswith(f"sha256:{reference}")]
            found = matches[0] if len(matches) == 1 else None
        return found

    def pulled_as(self, reference: str) -> str:
        """What the registry calls the image with this name; "" when it is not here, or did not come from there."""
        try:
            return self._load().pulled.get(own_name(parse_reference(reference)), "")
        except InvalidReference:
            return ""

    def list(self) -> list[ImageStatus]:
        """All images here."""
        index = self._load()
        return [self._status(index, digest) for digest in sorted(set(index.images.values()))]

    def _status(self, index: StoredIndex, digest: str) -> ImageStatus:
        known = self._images.get(digest)
        if known is not None:
            return known
        try:
            manifest = msgspec.json.decode(self._blob(digest).read_bytes(), type=Manifest)
            document = msgspec.json.decode(self._blob(manifest.config.digest).read_bytes(), type=ImageDocument)
        except (OSError, msgspec.DecodeError) as error:
            raise self._damaged(self._blob(digest), str(error)) from error
        status = ImageStatus(
            id=manifest.config.digest,
            digest=digest,
            tags=_tags(index, digest),
            size_bytes=index.sizes.get(digest, 0),
            created_at_s=self._blob(digest).stat().st_mtime,
            config=image_config(document),
            layers=self.layer_directories(document.rootfs.diff_ids),
            repo_digests=_repo_digests(index, digest),
        )
        self._images[digest] = status
        return status

    def read_blob(self, digest: str) -> bytes:
        """A manifest's or configuration's bytes."""
        return self._blob(digest).read_bytes()

    # Writing.

    @contextlib.contextmanager
    def writing(self, *, all_or_nothing: bool = False) -> Iterator[None]:
        """Keep other writers (and their garbage collection) out; blocks until they have finished. Does not nest.

        Args:
            all_or_nothing: layers added inside go away again when it fails; else they stay for the next attempt.
        """
        self.directory.mkdir(parents=True, exist_ok=True, mode=0o711)
        for name in ("blobs/sha256", "layers", "skeletons", "tmp"):
            (self.directory / name).mkdir(parents=True, exist_ok=True, mode=0o711)
        descriptor = os.open(self.directory / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            # Only who has the lock writes there: what is left is of a process that was killed.
            for left in (self.directory / "tmp").iterdir():
                shutil.rmtree(left, ignore_errors=True)
            self._added = []
            yield
        except BaseException:
            for layer in self._added if all_or_nothing else ():
                shutil.rmtree(layer, ignore_errors=True)
            raise
        finally:
            os.close(descriptor)

    def temporary_directory(self) -> tempfile.TemporaryDirectory[str]:
        """A directory on the same disk that goes away; call inside `writing`."""
        return tempfile.TemporaryDirectory(dir=self.directory / "tmp")

    def add_layer(self, stream: BinaryIO, expected: str = "", below: Sequence[str] = ()) -> tuple[str, int]:
        """Unpack an uncompressed tar stream; gives its diff id and size. Call inside `writing`.

        Args:
            stream: the tar.
            expected: the diff id it must have.
            below: the diff ids of the layers below it, lowest first.

        Raises:
            FailedPrecondition: broken, or not what `expected` says.
        """
        reader = RecordingReader(stream)
        with self.temporary_directory() as temporary:
            target = Path(temporary) / "layer"
            target.mkdir()
            target.chmod(0o755)  # whatever the umask: everybody in the container looks at its root
            leans = unpack_layer(reader, target, below=self.layer_directories(below))
            diff_id = reader.finish()
            if expected and diff_id != expected:
                raise FailedPrecondition(
                    f"a layer of the image is damaged: it is {diff_id}, not {expected}; make the archive again"
                )
            place = self._leaning(diff_id, below) if leans else self._layers / diff_id.removeprefix("sha256:")
            skeleton = reader.skeleton()
            if skeleton is not None and not self._skeleton(diff_id).exists():
                write_atomically(self._skeleton(diff_id), skeleton, fsync=False)
            if not place.is_dir():
                target.rename(place)
                self._added.append(place)
        return diff_id, reader.size

    def add_image(self, manifest: bytes, config: bytes, names: Sequence[str], size_bytes: int) -> ImageStatus:
        """The same as `add_images` for one."""
        return self.add_images([NewImage(manifest, config, names, size_bytes)])[0]

    def add_images(self, images: Sequence[NewImage]) -> tuple[ImageStatus, ...]:
        """Name images whose layers are here, all or none; gives them. Call inside `writing`.

        Raises:
            FailedPrecondition: a layer is missing, or a name is no image name.
        """
        index = self._load()
        names, sizes, pulled = dict(index.images), dict(index.sizes), dict(index.pulled)
        for image in images:
            digest = digest_of(image.manifest)
            self._check_layers(image.config)
            for name in _canonical(image.names):
                names[name] = digest
                _ = pulled.pop(name, "")
                if image.pulled_as:
                    pulled[name] = image.pulled_as
            if not image.names and digest not in names.values():
                names[f"{UNNAMED}@{digest}"] = digest
            elif image.names:
                names.pop(f"{UNNAMED}@{digest}", None)
            sizes[digest] = image.size_bytes
        for data in (data for image in images for data in (image.config, image.manifest)):
            if not self._blob(digest_of(data)).exists():
                write_atomically(self._blob(digest_of(data)), data)
        self._save(StoredIndex(names, sizes, pulled).only(names))
        index = self._load()
        return tuple(self._status(index, digest_of(image.manifest)) for image in images)

    def add_names(self, digest: str, names: Sequence[str]) -> None:
        """Give an image more names, which keep it here when its others go to newer builds. Call inside `writing`."""
        manifest = self.read_blob(digest)
        config = self.read_blob(msgspec.json.decode(manifest, type=Manifest).config.digest)
        self.add_image(manifest, config, names, self._load().sizes.get(digest, 0))

    def _check_layers(self, config: bytes) -> None:
        diff_ids = msgspec.json.decode(config, type=ImageDocument).rootfs.diff_ids
        for layer, diff_id in zip(self.layer_directories(diff_ids), diff_ids, strict=True):
            if not layer.is_dir():
                raise FailedPrecondition(f"the image's layer {diff_id} is missing")

    def _save(self, index: StoredIndex) -> None:
        write_atomically(self._index_file, msgspec.json.format(msgspec.json.encode(index), indent=1), mode=0o644)
        # The time stamp of two quick changes may be the same; do not trust it for our own.
        self._seen = None

    def follow(self, on_change: Callable[[], None]) -> Callable[[], None]:
        """Call `on_change` whenever images come or go, from whatever process; returns how to end that."""

        def changed(name: str, _events: int) -> None:
            if name in ("", self._index_file.name):
                on_change()

        self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        watch = DirectoryWatch(self.directory, IN_MOVED_TO, changed)
        watch.start()
        return watch.stop

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
            names = self._names_meant(index, reference, image)
            kept = {name: digest for name, digest in index.images.items() if name not in names}
            ids_kept = {self._status(index, digest).id for digest in kept.values()}
            if image.id not in ids_kept and self.in_use(image.id):
                raise FailedPrecondition(f'The image "{reference}" is used by a container; remove that first')
            self._save(index.only(kept))
            self._collect()

    def drop_names(self, names: Sequence[str]) -> None:
        """Take these names away, also from images that containers run from: those go once they are not needed."""
        gone = set(_canonical(names))
        with self.writing():
            index = self._load()
            self._save(index.only(name for name in index.images if name not in gone))
            self._collect()

    def _names_meant(self, index: StoredIndex, reference: str, image: ImageStatus) -> set[str]:
        familiar = familiar_name(reference)
        if familiar in image.tags:
            return {name for name in index.images if familiar_name(name) == familiar}
        digests = {image.digest}
        if not reference.endswith(image.digest.removeprefix("sha256:")):
            # An id: the same image may be here twice, once compressed and once not.
            digests = {d for d in index.images.values() if self._status(index, d).id == image.id}
        return {name for name, digest in index.images.items() if digest in digests}

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
                layers |= {layer.name for layer in self.layer_directories(document.rootfs.diff_ids)}
            else:
                blob.unlink()
        unused = [layer for layer in (self.directory / "layers").iterdir() if layer.name not in layers]
        for layer in (*unused, *(self.directory / "tmp").iterdir()):
            shutil.rmtree(layer, ignore_errors=True)
        kept = {name[:DIGEST_CHARS] for name in layers}
        for skeleton in (self.directory / "skeletons").iterdir():
            if skeleton.name not in kept:
                skeleton.unlink()
        return len(unused)


def own_name(reference: Reference) -> str:
    """The name that an image has in the index: with the digest when it is asked for by digest."""
    return f"{reference.repository}@{reference.digest}" if reference.digest else reference.canonical


def _pulled_as(index: StoredIndex, reference: Reference) -> str | None:
    """The manifest that a registry's digest means: that of an index leads to the one image of it that is here."""
    names = (name for name, digest in index.pulled.items() if digest == reference.digest)
    return next((index.images[name] for name in names if _repository(name) == reference.repository), None)


def _repository(name: str) -> str:
    return parse_reference(name).repository


def _canonical(names: Sequence[str]) -> list[str]:
    try:
        return [own_name(parse_reference(name)) for name in names]
    except InvalidReference as error:
        raise FailedPrecondition(str(error)) from error


def _tags(index: StoredIndex, digest: str) -> tuple[str, ...]:
    """The names people know it by; none when nobody has given it one."""
    names = (name for name, other in index.images.items() if other == digest)
    return tuple(sorted(familiar_name(name) for name in names if "@" not in name))


def _repo_digests(index: StoredIndex, digest: str) -> tuple[str, ...]:
    """By which names with a digest a registry has it."""
    names = (name for name, other in index.images.items() if other == digest and name in index.pulled)
    return tuple(sorted({f"{familiar_name(_repository(name) + ':x')[:-2]}@{index.pulled[name]}" for name in names}))
