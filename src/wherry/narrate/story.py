"""The story: what the masters and the nodes saw, did and why, in order, from any Kubernetes cluster.

Built on the public API only (a list and a watch of Events), so it tells the story of a cluster that is
not Wherry just as well, only without the whys.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable

from wherry.api.core.event import EVENTS
from wherry.api.core.event_parts import Event
from wherry.apimachinery.errors import Expired
from wherry.apimachinery.struct import Struct
from wherry.client.client import Client
from wherry.narrate.grouping import Group, app_name, group_events, group_sentence, moment
from wherry.narrate.sentences import event_step, narrator, sentence, subject, why_of
from wherry.narrate.warming import Starts


class Line(Struct):
    """One thing that happened: when (seconds since 1970), where, who did it, the sentence and its why.

    `count` is how many Events it stands for; `next` is a command, or "" when nothing needs to be done.
    """

    time_s: float
    end_s: float
    namespace: str
    actor: str
    subject: str
    kind: str
    name: str
    app: str
    reason: str
    text: str
    why: str
    next: str
    count: int
    is_warning: bool


def line_from(event: Event, starts: Starts) -> Line:
    """An Event as a line of the story; `starts` has seen those before it."""
    is_warming = starts.see(event)
    group = Group(event.reason, event.involved_object.name, [event], is_warming=is_warming)
    return line_of(group, sentence(event, is_warming=is_warming))


def line_of(group: Group, text: str = "") -> Line:
    """A group of Events as a line of the story."""
    first = group.all[0]
    return Line(
        time_s=group.start_s,
        end_s=group.end_s,
        namespace=first.involved_object.namespace,
        actor=narrator(first),
        subject=subject(first),
        kind=first.involved_object.kind,
        name=first.involved_object.name,
        app=first.involved_object.name if group.scaling else app_name(group.family),
        reason=group.reason,
        text=text or group_sentence(group),
        why=why_of(first),
        next=event_step(first, is_warming=group.is_warming),
        count=sum(event.count or 1 for event in group.all),
        is_warning=not group.is_warming and any(event.type == "Warning" for event in group.all),
    )


def order(event: Event) -> tuple[float, int]:
    """Sorts events as they happened: by time, and within a moment by revision."""
    version = event.metadata.resource_version
    return moment(event), int(version) if version.isdigit() else 0


def lines(events: Iterable[Event], *, grouped: bool = True) -> list[Line]:
    """Events as the lines of a story, oldest first."""
    if grouped:
        return [line_of(group) for group in group_events(events)]
    starts = Starts(moment)
    return [line_from(event, starts) for event in sorted(events, key=order)]


def starts_in(events: Iterable[Event]) -> Starts:
    """Which containers have just started, for whoever goes on from there."""
    starts = Starts(moment)
    for event in sorted(events, key=order):
        starts.see(event)
    return starts


async def tell(client: Client, namespace: str = "") -> tuple[list[Event], str]:
    """All Events there are, oldest first, and the revision from which `follow` goes on."""
    events = await client.list(EVENTS, namespace)
    return sorted(events.items, key=order), events.resource_version


async def follow(client: Client, namespace: str, resource_version: str) -> AsyncIterator[Event]:
    """What happens from now on, until cancelled."""
    while True:
        try:
            async for change in client.watch(EVENTS, namespace, resource_version=resource_version):
                resource_version = change.resource_version or resource_version
                if change.object is not None and change.type in ("ADDED", "MODIFIED"):
                    yield change.object
        except Expired:
            resource_version = (await client.list(EVENTS, namespace, limit=1)).resource_version
