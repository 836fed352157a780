"""Releases in and out of files."""

from __future__ import annotations

import os
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from wherry.api.method.release import RELEASES, Release
from wherry.apimachinery.errors import NotFound
from wherry.cli.delivery.releasing import kept_name
from wherry.client.client import Client
from wherry.kit.threads import run_in_thread
from wherry.method.delivery.bundle import DOCUMENT_BYTES_MAX, DOCUMENTS, Bundle, bundle_documents, read_bundle
from wherry.method.delivery.kept_manifests import read_texts
from wherry.method.delivery.ledger import Ledger, ensure_namespace, list_releases
from wherry.method.delivery.refusal import CannotDeliver
from wherry.runtime.images.archive import import_archive
from wherry.runtime.images.image_store import ImageStore
from wherry.runtime.images.layout import Exported, read_documents, write_layout


async def export_release(client: Client, store: ImageStore, release: Release, file: Path) -> tuple[str, ...]:
    """Write a release to a file, or leave no file; gives the images that are not in it. Raises CannotDeliver."""
    manifests, secrets = await read_texts(client, release)
    here = [image for image in release.spec.images if store.find(f"x@{image.digest}") is not None]
    if release.spec.digest not in {image.digest for image in here}:
        raise CannotDeliver(
            f"the image of {release.name} ({release.spec.digest}) is not on this machine",
            "export it where it was built",
        )
    images = {image.digest: Exported(image.digest, kept_name(image, release.name)) for image in here}
    documents = bundle_documents(release, manifests, secrets, {one.name: images[one.digest].name for one in here})
    await run_in_thread(_write, store, list(images.values()), file, documents)
    return tuple(image.name for image in release.spec.images if image not in here)


def _write(store: ImageStore, images: Sequence[Exported], file: Path, documents: Mapping[str, bytes]) -> None:
    unfinished = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        # It holds the Secrets of the release: only its owner reads it.
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as target:
            write_layout(store, images, target, documents)
        unfinished.replace(file)
    except FileNotFoundError as error:
        raise CannotDeliver(f"{file} cannot be written: {error.strerror}", "make its folder first", 2) from error
    finally:
        unfinished.unlink(missing_ok=True)


async def import_release(client: Client, store: ImageStore, file: Path) -> tuple[Release, bool]:
    """Take over a release; says too whether it was new here. Raises CannotDeliver."""
    try:
        documents = await run_in_thread(read_documents, file, DOCUMENTS, DOCUMENT_BYTES_MAX)
    except tarfile.TarError as error:
        raise CannotDeliver(
            f"{file} is not a file that `wherry export` has written", "export the release again", 2
        ) from error
    bundle = read_bundle(documents, str(file))
    found = await _known(client, bundle)
    await run_in_thread(import_archive, store, file)
    if store.find(f"x@{bundle.release.spec.digest}") is None:
        raise CannotDeliver(f"{file} lacks the image of its release", "export the release again")
    if found is not None:
        return found, False
    spec = bundle.release.spec
    await ensure_namespace(client, bundle.release.metadata.namespace, spec.service, spec.environment)
    return await Ledger(client, spec.service).insert(bundle.numbered()), True


async def _known(client: Client, bundle: Bundle) -> Release | None:
    """The release when it is here already. Raises CannotDeliver when another has its number."""
    release = bundle.release
    here = next((one for one in await list_releases(client, release.spec.service) if one.name == release.name), None)
    if here is not None and here.spec.content_hash != release.spec.content_hash:
        raise CannotDeliver(
            f"there is another {release.name} here, of {here.spec.environment}; numbers are given once",
            f"wherry kubectl get {RELEASES.plural}.{RELEASES.group} -A shows it",
            4,
        )
    try:
        return None if here is None else await client.get(RELEASES, here.name, here.metadata.namespace)
    except NotFound:
        return None
