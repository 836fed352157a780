"""The models of a cluster: what somebody has published, read as the file is read, and whether it may be out of date."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from wherry.api.core.configmap import CONFIG_MAPS
from wherry.api.method.model import MODELS, ModelSpec
from wherry.api.method.model import Model as ModelObject
from wherry.api.method.release import Release
from wherry.apimachinery.errors import Forbidden, NotFound, StatusError
from wherry.client.client import Client
from wherry.method.contracts.api import digest_of
from wherry.method.contracts.reading import Text
from wherry.method.model.form import FILE_NAME, BrokenModel
from wherry.method.model.meaning import understand
from wherry.method.model.model import Model

SHORT_CHARS = 12


@dataclass(frozen=True, slots=True)
class Published:
    """One model of the cluster. `model` is None when what is there cannot be used; `problem` says why."""

    namespace: str
    name: str
    spec: ModelSpec
    model: Model | None
    problem: str = ""

    @property
    def id(self) -> str:
        """What it is called among all of them: shop-dev/shop."""
        return f"{self.namespace}/{self.name}"

    @property
    def file(self) -> str:
        """What its file is called."""
        return self.spec.source.file or FILE_NAME

    @property
    def is_as_published(self) -> bool:
        """Whether it still says what was published; somebody may have edited the object."""
        return digest_of(content_of(self.spec)) == self.spec.digest

    @property
    def origin(self) -> str:
        """For people: "model.yaml at commit 0a1b2c3d4e5f of https://git.example/shop, changed since"."""
        source = self.spec.source
        commit = f" at commit {source.revision[:SHORT_CHARS]}" if source.revision else ", which is in no commit"
        # A repository without a remote of its own is known by its first commit, which tells people nothing.
        home = f" of {source.repository}" if source.repository and not source.repository.startswith("git:") else ""
        return f"{self.file}{commit}{home}{', changed since' if source.uncommitted and source.revision else ''}"


def content_of(spec: ModelSpec) -> dict[str, object]:
    """What the digest of a model is about: both states, in the file's own words."""
    return {"now": spec.now, "next": spec.next}


def read_published(found: ModelObject) -> Published:
    """What an object says as a model. Pure."""
    spec, meta = found.spec, found.metadata
    file = spec.source.file or FILE_NAME
    states = {name: value for name, value in content_of(spec).items() if value is not None}
    try:
        model = understand(Text(f"the model {meta.namespace}/{meta.name}", states), file)
    except BrokenModel as error:
        return Published(meta.namespace, meta.name, spec, None, f"{error} Do: {error.remedy}")
    return Published(meta.namespace, meta.name, spec, replace(model, name=meta.name))


async def published_models(client: Client, namespace: str = "") -> list[Published]:
    """The models that this person may see, by name; none where the cluster does not know the kind."""
    try:
        found = (await client.list(MODELS, namespace)).items
    except (NotFound, Forbidden):
        return []
    return in_order(map(read_published, found))


def in_order(found: Iterable[Published]) -> list[Published]:
    """By name, then by namespace."""
    return sorted(found, key=lambda one: (one.name, one.namespace))


async def documents_of(client: Client, one: Published) -> Mapping[str, str]:
    """The OpenAPI documents that came with a model, as JSON, by the contract's name; those that may be read."""
    if not one.spec.documents_from:
        return one.spec.documents
    try:
        return (await client.get(CONFIG_MAPS, one.spec.documents_from, one.namespace)).data
    except StatusError:
        return {}


def released_since(one: Published, releases: Iterable[Release]) -> Release | None:
    """The newest release of the model's own repository that is younger than the model, and of another commit.

    Every `wherry release` publishes the model too; where it could not, what the cluster has may be out of date.
    """
    source = one.spec.source
    younger = [
        release
        for release in releases
        if source.repository
        and release.spec.source == source.repository
        and source.revision not in (release.spec.revision, release.spec.config_revision)
        and release.spec.created_at > one.spec.at
    ]
    return max(younger, key=lambda release: release.spec.created_at, default=None)
