"""A team's standard where the release runs: done.toml, who belongs to the team, and what was read in the repository.

Whoever looks at a board from the repository leaves this in the cluster, if they may, so that the page, which has no
repository, judges by the same standard. It is one ConfigMap beside the release.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from wherry.api.core.configmap import CONFIG_MAPS
from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import StatusError
from wherry.client.client import Client
from wherry.method.delivery.stamping import SERVICE
from wherry.method.done.agreement import Agreement, Waiver
from wherry.method.done.criteria import CRITERIA
from wherry.method.done.waivers import waivers_in
from wherry.method.evidence.observation import Observation
from wherry.method.facts.facts import Facts

Read = Mapping[str, Sequence[Observation]]


@dataclass(frozen=True, slots=True)
class Standard:
    """What counts for a service. `read` is by criterion what its files showed, `read_at` when.

    `waived_here` are waivers that stand in no repository, only beside the release.
    """

    agreement: Agreement = field(default_factory=Agreement)
    people: tuple[str, ...] = ()
    read: Read = field(default_factory=dict)
    read_at: str = ""
    waived_here: tuple[Waiver, ...] = ()


class _Kept(msgspec.Struct, frozen=True):
    agreement: Agreement
    people: tuple[str, ...]
    read: dict[str, list[Observation]]
    read_at: str


def make_standard(agreement: Agreement, facts: Facts, read_at: str) -> Standard:
    """The standard as a repository has it now. Pure."""
    read = {entry.id: entry.static(facts) for entry in CRITERIA}
    return Standard(agreement, facts.contracts.people or (), read, read_at)


async def leave_standard(client: Client, namespace: str, service: str, standard: Standard) -> bool:
    """Keep it beside the release; False when that is not allowed or not possible now."""
    try:
        document = standard_document(service, standard)
        await client.apply(CONFIG_MAPS, standard_name(service), document, namespace, force=True)
    except StatusError:
        return False
    return True


def standard_document(service: str, standard: Standard) -> Document:
    """The ConfigMap that holds it."""
    read = {criterion: [*seen] for criterion, seen in standard.read.items()}
    kept = _Kept(standard.agreement, standard.people, read, standard.read_at)
    return {
        "metadata": {"name": standard_name(service), "labels": {SERVICE: service}},
        "data": {"standard.json": msgspec.json.encode(kept).decode()},
    }


async def find_standard(client: Client, namespace: str, service: str) -> Standard | None:
    """What somebody has left beside a release; None when nobody has, or when we may not see it."""
    try:
        found = await client.get(CONFIG_MAPS, standard_name(service), namespace)
        kept = msgspec.json.decode(found.data.get("standard.json", ""), type=_Kept)
    except (StatusError, msgspec.DecodeError):
        return None
    return Standard(kept.agreement, kept.people, kept.read, kept.read_at, tuple(waivers_in(found.data)))


def standard_name(service: str) -> str:
    """orders-done: what the ConfigMap is called."""
    return f"{service}-done"
