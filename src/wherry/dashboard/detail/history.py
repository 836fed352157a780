"""The versions that a workload has had: each a template of its pods with a number, newest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from wherry.api.apps.controllerrevision import CONTROLLER_REVISIONS
from wherry.api.apps.deployment import DEPLOYMENTS
from wherry.api.apps.replicaset import REPLICA_SETS
from wherry.apimachinery.deed import Deed
from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import NotFound
from wherry.apimachinery.resource_type import AnyResourceType, ResourceType
from wherry.apimachinery.timestamps import parse_time
from wherry.client.client import Client
from wherry.client.indexer import meta_of
from wherry.dashboard.detail.kinds import entries, section
from wherry.narrate.doers import is_master, tool_of, who_is, writers
from wherry.narrate.versions import POD_TEMPLATE_HASH, REVISION

T = TypeVar("T", bound=msgspec.Struct)

CHANGE_CAUSE = "kubernetes.io/change-cause"
# The masters make a version at once, and its time is kept to the second.
MADE_WITHIN_S = 2.0
KEEP_REVISIONS = frozenset(("StatefulSet", "DaemonSet"))


@dataclass(frozen=True, slots=True)
class Version:
    """One of them; `copies` is how many pods it has now, None where only the newest is known to have any.

    `who` has made it, with what; "" where nobody knows.
    """

    number: int
    since_s: float
    template: Document
    cause: str = ""
    copies: int | None = None
    who: str = ""

    @property
    def images(self) -> tuple[str, ...]:
        """The images of its containers."""
        return tuple(str(one.get("image", "")) for one in entries(section(self.template, "spec"), "containers"))


def has_history(kind: str) -> bool:
    """Whether workloads of a kind remember what they were."""
    return kind == DEPLOYMENTS.kind or kind in KEEP_REVISIONS


def can_pause(kind: str) -> bool:
    """Whether the rollout of a kind can be held."""
    return kind == DEPLOYMENTS.kind


async def read_history(client: Client, resource: AnyResourceType, document: Document) -> list[Version]:
    """The versions of a workload, newest first."""
    metadata = section(document, "metadata")
    namespace, uid = str(metadata.get("namespace", "")), str(metadata.get("uid", ""))
    keeps: AnyResourceType = REPLICA_SETS if resource is DEPLOYMENTS else CONTROLLER_REVISIONS
    found = [meta_of(one) for one in await _list(client, keeps, namespace)]
    names = [one.name for one in found if one.controller is not None and one.controller.uid == uid]
    documents = []
    for name in names:
        try:
            documents.append(await client.get_document(keeps, name, namespace))
        except NotFound:
            continue
    make = _of_replica_set if resource is DEPLOYMENTS else _of_revision
    return sorted((make(one) for one in documents), key=lambda one: one.number, reverse=True)


def made_by(since_s: float, deeds: Sequence[Deed]) -> str:
    """Who changed the workload so that a version of `since_s` was made: the last who wrote before it."""
    near = [one for one in deeds if abs(one.time_s - since_s) <= MADE_WITHIN_S and not is_master(one.author)]
    wrote = writers(near)
    return f"{who_is(wrote[-1].author)}{tool_of(wrote[-1].author)}" if wrote else ""


async def _list(client: Client, keeps: ResourceType[T], namespace: str) -> list[T]:
    return (await client.list(keeps, namespace)).items


def _of_replica_set(document: Document) -> Version:
    annotations = section(document, "metadata", "annotations")
    template = section(document, "spec", "template")
    labels = {key: value for key, value in section(template, "metadata", "labels").items() if key != POD_TEMPLATE_HASH}
    number = str(annotations.get(REVISION, ""))
    copies = section(document, "status").get("replicas", 0)
    return Version(
        number=int(number) if number.isdigit() else 0,
        since_s=_since(document),
        template={**template, "metadata": {**section(template, "metadata"), "labels": labels}},
        cause=str(annotations.get(CHANGE_CAUSE, "")),
        copies=copies if isinstance(copies, int) else 0,
    )


def _of_revision(document: Document) -> Version:
    template = {key: value for key, value in section(document, "data", "spec", "template").items() if key != "$patch"}
    number = document.get("revision", 0)
    cause = str(section(document, "metadata", "annotations").get(CHANGE_CAUSE, ""))
    return Version(number if isinstance(number, int) else 0, _since(document), template, cause)


def _since(document: Document) -> float:
    said = section(document, "metadata").get("creationTimestamp")
    return parse_time(said) if isinstance(said, str) else 0.0
