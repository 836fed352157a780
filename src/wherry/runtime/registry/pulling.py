"""One image out of its registry: the manifest for this machine, its layers side by side, then all of it at once.

    resolve: what does the registry call this name?     HEAD or GET manifests/1.27
    choose:  of an index, the image for this machine     GET manifests/sha256:...
    fetch:   configuration, then the layers that lack    GET blobs/sha256:...
    keep:    unpack the layers, then name the image      nothing of it shows before its name does

Who may be asked (mirrors, then the registry) and as whom (each credential that fits) are tried in their order; the
last one's refusal is what people are told.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import msgspec

from wherry.kit.tasks import TaskScope, first_error
from wherry.kit.threads import run_in_fresh_thread, run_in_thread
from wherry.runtime.images.choosing import checked_config, own_images
from wherry.runtime.images.compression import uncompressed
from wherry.runtime.images.image_store import ImageStore, NewImage, own_name
from wherry.runtime.images.manifest import INDEX_TYPES, MANIFEST, Descriptor, Index, Manifest, digest_of
from wherry.runtime.images.reference import Reference, is_digest
from wherry.runtime.interface import FailedPrecondition, ImageStatus, Keyring
from wherry.runtime.registry import failures
from wherry.runtime.registry.connections import DOCUMENT_BYTES_MAX, document, header
from wherry.runtime.registry.downloads import Downloads, telling_disk
from wherry.runtime.registry.endpoints import RegistrySettings, endpoints
from wherry.runtime.registry.session import Session
from wherry.runtime.registry.talks import Talks, refusal

LAYERS_AT_ONCE_MAX = 3
"""As with containerd and Docker: more do not come faster from one registry."""
INDEX_DEPTH_MAX = 4
_DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
_ACCEPT = ", ".join((*INDEX_TYPES, MANIFEST, _DOCKER_MANIFEST))


@dataclass(frozen=True, slots=True)
class _Found:
    """A manifest as the registry has it."""

    data: bytes
    media_type: str
    digest: str


class Puller:
    """Pulls images into one store; any number at a time."""

    def __init__(
        self,
        store: ImageStore,
        settings: RegistrySettings,
        downloads: Downloads,
        environ: Mapping[str, str],
    ) -> None:
        """`environ` may name a proxy."""
        self._store = store
        self._settings = settings
        self._downloads = downloads
        self._talks = Talks(environ)
        self._unpacking = asyncio.Lock()

    async def pull(self, reference: Reference, keyring: Keyring) -> ImageStatus:
        """Fetch the image, or only ask whether the one that is here is still the registry's.

        Raises:
            RegistryFailure: the registry does not give it.
            FailedPrecondition: it is no image for this machine, damaged, or there is no room.
        """
        about, asked = failures.About(reference), endpoints(self._settings, reference.registry)
        image = await self._talks.ask(about, asked, keyring, lambda session: self._pull_from(session, about))
        await run_in_thread(self._downloads.sweep)
        return image

    async def _pull_from(self, session: Session, about: failures.About) -> ImageStatus:
        wanted = about.reference.digest or about.reference.tag
        here, known = self._store.find(about.name), self._store.pulled_as(about.name)
        if here is not None and known:
            status, digest, _ = await session.head(f"manifests/{wanted}", _ACCEPT)
            if status == 200 and digest == known:
                return here
        found = await self._manifest(session, about, wanted)
        chosen = await self._choose(session, about, found, 0)
        manifest = msgspec.json.decode(chosen.data, type=Manifest)
        return await self._fetch(session, about, found.digest, chosen.data, manifest)

    async def _manifest(self, session: Session, about: failures.About, wanted: str) -> _Found:
        response = await session.call("GET", session.url(f"manifests/{wanted}"), headers={"accept": _ACCEPT})
        data = await document(response)
        if response.status != 200:
            raise refusal(about, session, response.status, failures.server_message(data))
        digest, said = digest_of(data), header(response, "docker-content-digest")
        expected = wanted if is_digest(wanted) else said
        if is_digest(expected) and digest != expected:
            raise FailedPrecondition(
                f"{about.begin}: failed size or digest validation: the manifest {expected} came as "
                f"{digest} from {session.endpoint.url}"
            )
        return _Found(data, response.content_type.partition(";")[0].strip(), digest)

    async def _choose(self, session: Session, about: failures.About, found: _Found, depth: int) -> _Found:
        """The image itself, out of an index for several machines."""
        if found.media_type not in INDEX_TYPES:
            if "docker.distribution.manifest.v1+" in found.media_type:
                raise FailedPrecondition(
                    f"{about.begin}: the image is in Docker's oldest form (schema 1), which nobody "
                    "reads any more; push it again with a current program"
                )
            return found
        if depth >= INDEX_DEPTH_MAX:
            raise FailedPrecondition(f"{about.begin}: the registry's index leads to itself")
        ours = own_images(msgspec.json.decode(found.data, type=Index).manifests, about.name)
        if not ours:
            raise FailedPrecondition(f"{about.begin}: the registry's index is empty")
        chosen = await self._manifest(session, about, ours[0].digest)
        return await self._choose(session, about, chosen, depth + 1)

    async def _fetch(
        self, session: Session, about: failures.About, pulled_as: str, raw: bytes, manifest: Manifest
    ) -> ImageStatus:
        for descriptor in (manifest.config, *manifest.layers):
            if not is_digest(descriptor.digest) or descriptor.size < 0:
                raise FailedPrecondition(f"{about.begin}: {descriptor.digest!r} is no digest")
        if manifest.config.size > DOCUMENT_BYTES_MAX:
            raise FailedPrecondition(f"{about.begin}: a configuration of {manifest.config.size} bytes is none")
        async with AsyncExitStack() as held:
            path = await held.enter_async_context(self._downloads.blob(session, manifest.config))
            config = await run_in_thread(path.read_bytes)
            diff_ids = checked_config(config, len(manifest.layers)).rootfs.diff_ids
            layers = await self._layers(session, held, manifest, diff_ids)
            size = manifest.config.size + sum(layer.size for layer in manifest.layers)
            image = NewImage(raw, config, [own_name(about.reference)], size, pulled_as)
            # One at a time: each of them would wait for the store's lock in a thread.
            async with self._unpacking:
                return await run_in_fresh_thread(keep, self._store, image, diff_ids, layers)

    async def _layers(
        self, session: Session, held: AsyncExitStack, manifest: Manifest, diff_ids: Sequence[str]
    ) -> dict[int, Path]:
        """The files of the layers that are not here yet, by their place."""
        at_once, files = asyncio.Semaphore(LAYERS_AT_ONCE_MAX), dict[int, Path]()

        async def fetch(place: int, layer: Descriptor) -> None:
            async with at_once:
                files[place] = await held.enter_async_context(self._downloads.blob(session, layer))

        try:
            async with TaskScope("layers") as scope:
                for place, layer in enumerate(manifest.layers):
                    if not self._store.has_layer(diff_ids[place], diff_ids[:place]):
                        _ = scope.start(layer.digest, fetch(place, layer))
                await scope.join()
        except BaseExceptionGroup as group:
            # One layer's trouble is the image's; the others have been cancelled for it.
            raise first_error(group) from group
        return files


def keep(store: ImageStore, image: NewImage, diff_ids: Sequence[str], files: Mapping[int, Path]) -> ImageStatus:
    """Unpack an image's layers and name it, all or nothing; blocks.

    `files` has the layers that were not here, by their place; one that has gone meanwhile is a failure.
    """
    with telling_disk(store.directory), store.writing(all_or_nothing=True):
        for place, diff_id in enumerate(diff_ids):
            if store.has_layer(diff_id, diff_ids[:place]):
                continue
            if place not in files:
                raise FailedPrecondition(f"the layer {diff_id} has been removed while its image was fetched")
            with files[place].open("rb") as stream:
                _ = store.add_layer(uncompressed(stream), expected=diff_id, below=diff_ids[:place])
        return store.add_images([image])[0]
