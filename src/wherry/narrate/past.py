"""The past of a cluster, as somebody may see it: how it was at a moment, and what happened since.

    moment = ...                                 the masters say which revision belongs to a time (Moment)
    model = await model_at(client, moment)       the picture of then
    events = await events_since(client, moment, now)
    told = await changes_since(client, moment, now)      what changed: past_changes.py

All of it is asked by the ordinary ways of the API, so with the person's own rights: kinds that they may not see stay
out of the answer.
"""

from __future__ import annotations

from wherry.api.core.event import EVENTS
from wherry.api.core.event_parts import Event
from wherry.apimachinery.errors import Expired
from wherry.apimachinery.struct import Struct
from wherry.client.client import Client
from wherry.client.past import changes_between
from wherry.narrate.model import ReadModel, read
from wherry.narrate.story import order


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
