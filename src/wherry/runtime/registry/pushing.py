"""One image to a registry, byte by byte as it was made, so that its digest stays what it is.

Each blob that the registry lacks is sent (or taken over from another repository of the same registry), then the
configuration, then the manifest: whoever pulls meanwhile sees the image whole or not at all.

Layers that came here compressed are kept unpacked alone. They cannot be sent again as they were; the registry must
have them already, which it does when they came from it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlencode

import msgspec

from wherry.kit.http.types import BodyStream, Response
from wherry.kit.threads import run_in_fresh_thread, run_in_thread
from wherry.runtime.images.image_store import ImageStore
from wherry.runtime.images.manifest import Descriptor, ImageDocument, Manifest
from wherry.runtime.images.reference import Reference
from wherry.runtime.images.skeleton import write_tar
from wherry.runtime.interface import FailedPrecondition, ImageStatus, Keyring
from wherry.runtime.registry import failures
from wherry.runtime.registry.connections import discard, document, header, joined
from wherry.runtime.registry.downloads import telling_disk
from wherry.runtime.registry.endpoints import RegistrySettings, own_endpoints
from wherry.runtime.registry.session import PUSH, Session
from wherry.runtime.registry.talks import Talks, refusal

PIECE_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class _Layer:
    """A layer and what its tar is made of again."""

    descriptor: Descriptor
    diff_id: str
    below: Sequence[str]


@dataclass(slots=True)
class _FileBody:
    """A file as the body of a request."""

    stream: BinaryIO
    size: int

    @property
    def length(self) -> int | None:
        return self.size

    async def read(self) -> bytes:
        return await run_in_thread(self.stream.read, PIECE_BYTES)


class Pusher:
    """Brings images of one store to registries."""

    def __init__(self, store: ImageStore, settings: RegistrySettings, environ: Mapping[str, str]) -> None:
        """`environ` may name a proxy."""
        self._store = store
        self._settings = settings
        self._talks = Talks(environ)

    async def push(self, image: ImageStatus, target: Reference, keyring: Keyring) -> None:
        """Make the registry have the image under the target's name.

        Raises:
            RegistryFailure: the registry does not take it.
            FailedPrecondition: it cannot be sent as it was made.
        """
        about, sources = failures.About(target, pushes=True), self._repositories(image, target)
        await self._talks.ask(
            about,
            own_endpoints(self._settings, target.registry),
            keyring,
            lambda session: self._push_to(session, about, image, sources),
            actions=PUSH,
            also_reads=sources,
        )

    def _repositories(self, image: ImageStatus, target: Reference) -> tuple[str, ...]:
        """The repositories of the same registry that the image came from."""
        names = (name.partition("@")[0] for name in image.repo_digests)
        found = (name.removeprefix(f"{target.registry}/") for name in names if name.startswith(f"{target.registry}/"))
        return tuple(dict.fromkeys(path for path in found if path != target.path))

    async def _push_to(
        self, session: Session, about: failures.About, image: ImageStatus, sources: Sequence[str]
    ) -> None:
        raw = await run_in_thread(self._store.read_blob, image.digest)
        manifest = msgspec.json.decode(raw, type=Manifest)
        config = await run_in_thread(self._store.read_blob, manifest.config.digest)
        diff_ids = msgspec.json.decode(config, type=ImageDocument).rootfs.diff_ids
        for place, (descriptor, diff_id) in enumerate(zip(manifest.layers, diff_ids, strict=True)):
            if not await self._is_there(session, about, descriptor, sources):
                await self._send_layer(session, about, _Layer(descriptor, diff_id, diff_ids[:place]))
        if not await self._is_there(session, about, manifest.config, sources):
            await self._upload(session, about, manifest.config.digest, config, None)
        await self._name(session, about, image, raw, manifest)

    async def _is_there(
        self, session: Session, about: failures.About, blob: Descriptor, sources: Sequence[str]
    ) -> bool:
        """Whether the repository has the blob, or can take it over from another one."""
        status, _, _ = await session.head(f"blobs/{blob.digest}")
        if status == 200:
            return True
        if status != 404:
            raise refusal(about, session, status, "")
        for source in sources:
            query = urlencode({"mount": blob.digest, "from": session.endpoint.repository(source)})
            response = await session.call("POST", session.url(f"blobs/uploads/?{query}"))
            await discard(response)
            if response.status == 201:
                return True
        return False

    async def _send_layer(self, session: Session, about: failures.About, layer: _Layer) -> None:
        skeleton = self._store.skeleton(layer.diff_id)
        if layer.descriptor.digest != layer.diff_id or skeleton is None:
            raise FailedPrecondition(
                f"{about.begin}: the layer {layer.diff_id} came here compressed and cannot be sent as it was; "
                f"have it copied from where it came: skopeo copy docker://SOURCE docker://{about.name}"
            )
        # A file without a name: a killed process leaves nothing.
        with tempfile.TemporaryFile(dir=self._store.directory) as stream:
            directory = self._store.layer_directories((*layer.below, layer.diff_id))[-1]
            await run_in_fresh_thread(_write, skeleton, directory, layer, stream)
            body = _FileBody(stream, layer.descriptor.size)
            await self._upload(session, about, layer.descriptor.digest, b"", body)

    async def _upload(
        self, session: Session, about: failures.About, digest: str, data: bytes, stream: BodyStream | None
    ) -> None:
        begun = await session.call("POST", session.url("blobs/uploads/"))
        await self._expect(session, about, begun, (202,))
        place = joined(session.url("blobs/uploads/"), header(begun, "location"))
        url = f"{place}{'&' if '?' in place else '?'}{urlencode({'digest': digest})}"
        headers = {"content-type": "application/octet-stream"}
        done = await session.call("PUT", url, headers=headers, body=data, stream=stream)
        await self._expect(session, about, done, (201, 204))

    async def _name(
        self, session: Session, about: failures.About, image: ImageStatus, raw: bytes, manifest: Manifest
    ) -> None:
        what = about.reference.tag or image.digest
        url, headers = session.url(f"manifests/{what}"), {"content-type": manifest.media_type}
        await self._expect(session, about, await session.call("PUT", url, headers=headers, body=raw), (201, 200))

    async def _expect(self, session: Session, about: failures.About, response: Response, wanted: Sequence[int]) -> None:
        words = failures.server_message(await document(response))
        if response.status not in wanted:
            raise refusal(about, session, response.status, words)


def _write(skeleton: bytes, directory: Path, layer: _Layer, stream: BinaryIO) -> None:
    with telling_disk(directory):
        write_tar(skeleton, directory, layer.diff_id, stream.write)
        _ = stream.seek(0)
