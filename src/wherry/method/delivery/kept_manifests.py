"""The manifests of a release, from wherever they are kept, and checked to be what was released."""

from __future__ import annotations

import base64

from wherry.api.core.configmap import CONFIG_MAPS
from wherry.api.core.secret import SECRETS
from wherry.api.method.release import Release, ReleaseSpec
from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import NotFound
from wherry.apimachinery.resource_type import AnyResourceType
from wherry.client.client import Client
from wherry.method.delivery.composing import read_manifests_text, text_hash
from wherry.method.delivery.configuration import config_hash, effective_config
from wherry.method.delivery.documents import section
from wherry.method.delivery.refusal import CannotDeliver

KEY = "manifests"


async def read_texts(client: Client, release: Release) -> tuple[str, str]:
    """The manifests and, apart, those of Secrets, as texts. Raises CannotDeliver when they are not as released."""
    spec = release.spec
    manifests = spec.manifests
    if spec.manifests_from:
        manifests = str((await _part(client, release, CONFIG_MAPS, spec.manifests_from)).get(KEY, ""))
    secrets = ""
    if spec.secrets_from:
        coded = (await _part(client, release, SECRETS, spec.secrets_from)).get(KEY, "")
        secrets = base64.b64decode(str(coded)).decode()
    if not is_as_released(spec, manifests, secrets):
        raise CannotDeliver(
            f"what is kept of {release.name} is not what was released: somebody has put other manifests in its place",
            f"make a new release: wherry release --env {spec.environment}",
            4,
        )
    return manifests, secrets


def is_as_released(spec: ReleaseSpec, manifests: str, secrets: str) -> bool:
    """Whether these texts are those of the release, by its hashes."""
    documents = read_manifests_text(manifests) + read_manifests_text(secrets)
    config = effective_config(documents, f"{spec.service}/{spec.environment}")
    return text_hash(manifests) == spec.manifests_hash and config_hash(config) == spec.config_hash


async def read_documents(client: Client, release: Release) -> list[Document]:
    """All manifests of a release, Secrets too."""
    manifests, secrets = await read_texts(client, release)
    return read_manifests_text(manifests) + read_manifests_text(secrets)


async def _part(client: Client, release: Release, kind: AnyResourceType, name: str) -> Document:
    try:
        found = await client.get_document(kind, name, release.metadata.namespace)
    except NotFound as error:
        raise CannotDeliver(
            f"{release.name} cannot run: the {kind.kind} {name}, which holds a part of it, was deleted",
            f"make a new release: wherry release --env {release.spec.environment}",
        ) from error
    return section(found, "data")
