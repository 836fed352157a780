"""A Release: one image with the configuration of one environment, numbered, and never changed again.

Its definition is method/definitions/releases.yaml; the API server refuses every change of `spec`.
`status` says what has become of it: where it stands, since when, and what ran before.
"""

from __future__ import annotations

from msgspec import field

from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.resource_type import STATUS, resource_type
from wherry.apimachinery.struct import Struct

STARTING, RUNNING, FAILED = "Starting", "Running", "Failed"
INTERRUPTED, REPLACED = "Interrupted", "Replaced"


class ConfigEntry(Struct):
    """One setting: where it stands, its name, and its value; of a secret only a hash."""

    source: str
    key: str
    value: str = ""
    hash: str = ""


class PinnedImage(Struct):
    """An image as the manifests name it, and what it was at the time of the release."""

    name: str
    image: str
    digest: str


class ObjectRef(Struct):
    """An object of the release."""

    api_version: str
    kind: str
    name: str


class ReleaseSpec(Struct):
    service: str
    number: int
    environment: str
    image: str
    digest: str
    revision: str = ""
    source: str = ""
    version: str = ""
    image_created_at: str = ""
    uncommitted: bool = False
    config_revision: str = ""
    config_hash: str = ""
    content_hash: str = ""
    config: tuple[ConfigEntry, ...] = ()
    images: tuple[PinnedImage, ...] = ()
    objects: tuple[ObjectRef, ...] = ()
    manifests: str = ""
    manifests_from: str = ""
    manifests_hash: str = ""
    secrets_from: str = ""
    migrate: tuple[str, ...] = ()
    team: str = ""
    by: str = ""
    created_at: str = ""


class ReleaseStatus(Struct):
    state: str = ""
    message: str = ""
    started_at: str = ""
    running_since: str = ""
    stopped_at: str = ""
    previous: str = ""
    by: str = ""


class Release(Struct):
    """What runs, or ran, or could run again, in one environment."""

    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    spec: ReleaseSpec
    status: ReleaseStatus = field(default_factory=ReleaseStatus)

    @property
    def name(self) -> str:
        """The release's name: orders-r7."""
        return self.metadata.name


RELEASES = resource_type(
    Release, group="wherry.dev", kind="Release", plural="releases", subresources=(STATUS,), acted_on_by="clients"
)
