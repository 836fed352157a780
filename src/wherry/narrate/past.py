"""The past of a cluster, as somebody may see it: how it was at a moment, what happened since, what changed.

    moment = ...                                 the masters say which revision belongs to a time (Moment)
    model = await model_at(client, moment)       the picture of then
    events = await events_since(client, moment, now)
    told = await changes_since(client, moment, now)

All of it is asked by the ordinary ways of the API, so with the person's own rights: kinds that they may not see stay
out of the answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from wherry.api.apiextensions.customresourcedefinition import CUSTOM_RESOURCE_DEFINITIONS, CustomResourceDefinition
from wherry.api.core.event import EVENTS
from wherry.api.core.event_parts import Event
from wherry.api.custom_object import kind_declared_by
from wherry.api.registry import RESOURCE_TYPES
from wherry.apimachinery.errors import Expired, Forbidden, NotFound
from wherry.apimachinery.resource_type import AnyResourceType
from wherry.apimachinery.struct import Struct
from wherry.client.client import Client
from wherry.client.past import changes_between, list_whole
from wherry.narrate.changes import tell_changes
from wherry.narrate.history import Change, History, histories_of
from wherry.narrate.model import ReadModel, read
from wherry.narrate.story import order

# Heartbeats and what is worked out from others: nobody asks for their changes, and they are most of all changes.
NOT_TOLD = frozenset(
    {"Event", "Lease", "Endpoints", "EndpointSlice", "ControllerRevision", "ComponentStatus", "Binding", "IPAddress"}
    | {"CSINode", "CSIStorageCapacity", "VolumeAttachment", "ResourceSlice", "APIService", "FlowSchema"}
    | {"PriorityLevelConfiguration", "ServiceCIDR", "CertificateSigningRequest", "PodTemplate"}
)


class Moment(Struct):
    """A moment as the masters know it: when, which revision was the newest, and since when they know."""

    time_s: float
    revision: int
    oldest_s: float


class TooLongAgo(Exception):
    """The moment asked for is before what the masters remember."""

    def __init__(self, asked_s: float, oldest_s: float) -> None:
        """Both in seconds since 1970; `oldest_s` is the first moment that can be asked for."""
        super().__init__(f"{asked_s} is before {oldest_s}")
        self.asked_s = asked_s
        self.oldest_s = oldest_s


async def model_at(client: Client, moment: Moment, *, namespace: str = "", this_host: str = "") -> ReadModel:
    """The facts as they were. Raises TooLongAgo."""
    try:
        return await read(client, namespace=namespace, this_host=this_host, at_revision=str(moment.revision))
    except Expired as error:
        raise TooLongAgo(moment.time_s, moment.oldest_s) from error


async def events_since(client: Client, since: Moment, until: Moment, namespace: str = "") -> list[Event]:
    """Every Event that was there at a moment or has come since, oldest first; also those that have ended by now.

    Raises TooLongAgo.
    """
    try:
        then = await client.list(EVENTS, namespace, at_revision=str(since.revision))
        happened = await changes_between(client, EVENTS, namespace, after=since.revision, until=until.revision)
    except Expired as error:
        raise TooLongAgo(since.time_s, since.oldest_s) from error
    found = {event.metadata.uid: event for event in then.items}
    for change in happened:
        if change.type in ("ADDED", "MODIFIED"):
            event = EVENTS.from_document(change.document)
            found[event.metadata.uid] = event
    return sorted(found.values(), key=order)


async def changes_since(client: Client, since: Moment, until: Moment, namespace: str = "") -> list[Change]:
    """What changed between two moments. Raises TooLongAgo."""
    try:
        kinds = [*told_kinds(RESOURCE_TYPES), *await _custom_kinds(client)]
        found = await asyncio.gather(
            *(_histories(client, kind, since, until, namespace) for kind in kinds if kind.namespaced or not namespace)
        )
    except Expired as error:
        raise TooLongAgo(since.time_s, since.oldest_s) from error
    return tell_changes(history for histories in found for history in histories)


def told_kinds(kinds: Iterable[AnyResourceType]) -> list[AnyResourceType]:
    """The kinds whose changes are told, each once."""
    found: dict[str, AnyResourceType] = {}
    for kind in kinds:
        if kind.kind not in NOT_TOLD and {"list", "watch"} <= set(kind.verbs):
            found.setdefault(kind.kind, kind)
    return [*found.values()]


async def _custom_kinds(client: Client) -> list[AnyResourceType]:
    try:
        listed = await client.list(CUSTOM_RESOURCE_DEFINITIONS)
    except (Forbidden, NotFound):
        return []
    definitions: list[CustomResourceDefinition] = listed.items
    return [kind_declared_by(one) for one in definitions if any(version.served for version in one.spec.versions)]


async def _histories(
    client: Client, kind: AnyResourceType, since: Moment, until: Moment, namespace: str
) -> list[History]:
    try:
        happened = await changes_between(client, kind, namespace, after=since.revision, until=until.revision)
        if not happened:
            return []
        before = await list_whole(client, kind, namespace, at_revision=str(since.revision))
    except (Forbidden, NotFound):
        return []
    return histories_of(kind.kind, before, happened)
