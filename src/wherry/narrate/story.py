"""The story: what the masters and the nodes saw, did and why, in order, from any Kubernetes cluster.

Built on the public API only (a list and a watch of Events), so it tells the story of a cluster that is
not Wherry just as well, only without the whys.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

from wherry.api.core.event import EVENTS
from wherry.api.core.event_parts import Event
from wherry.apimachinery.errors import Expired
from wherry.apimachinery.timestamps import parse_time
from wherry.client.client import Client
from wherry.narrate.sentences import sentence


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened: when (seconds since 1970), where, and the sentence."""

    time_s: float
    namespace: str
    text: str
    is_warning: bool


def line_from(event: Event) -> Line:
    """An Event as a line of the story."""
    when = event.last_timestamp or event.event_time or event.metadata.creation_timestamp
    return Line(
        time_s=parse_time(when) if when else 0.0,
        namespace=event.involved_object.namespace,
        text=sentence(event),
        is_warning=event.type == "Warning",
    )


def order(event: Event) -> tuple[float, int]:
    """Sorts events as they happened: by time, and within a second by revision."""
    return line_from(event).time_s, int(event.metadata.resource_version or 0)


async def tell(client: Client, namespace: str = "") -> tuple[list[Line], str]:
    """The story so far, oldest first, and the revision from which `follow` goes on."""
    events = await client.list(EVENTS, namespace)
    return [line_from(event) for event in sorted(events.items, key=order)], events.resource_version


async def follow(client: Client, namespace: str, resource_version: str) -> AsyncIterator[Line]:
    """The story as it happens, until cancelled."""
    while True:
        try:
            async for change in client.watch(EVENTS, namespace, resource_version=resource_version):
                resource_version = change.resource_version or resource_version
                if change.object is not None and change.type in ("ADDED", "MODIFIED"):
                    yield line_from(change.object)
        except Expired:
            resource_version = (await client.list(EVENTS, namespace, limit=1)).resource_version
