"""What a webhook has been told, and what it should hear next. Pure, and small enough to be kept on disk.

    outbox.note(planned.notices, things)     what is so now: at most one word for each thing
    outbox.waiting()                         what the webhook has not heard yet
    outbox.taken(thing, notice)              it has

Not a queue of messages but a comparison of two states, so nothing is told twice and nothing can pile up: trouble that
came and went while nobody took messages is not told at all.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from wherry.apimachinery.struct import Struct
from wherry.apimachinery.timestamps import parse_time
from wherry.narrate.find import Target
from wherry.narrate.incidents import Incident, Moment, Notice, Trouble

WAITING_MAX = 100
"""Of so many things a webhook hears at a time; the others get their turn when these have been taken."""


class Told(Struct):
    """One incident that the webhook knows of and that is not over for it."""

    kind: str
    namespace: str
    name: str
    sentence: str
    next: str
    since_s: float


class _Kept(Struct):
    receiver: str = ""
    told: tuple[Told, ...] = ()


class Outbox:
    """The words for one webhook."""

    def __init__(self, receiver: str, kept: bytes = b"") -> None:
        """`receiver` tells one address from another; what was `kept` for another one, or is damaged, is forgotten."""
        self._receiver = receiver
        self._latest: dict[Target, Notice] = {}
        try:
            before = msgspec.json.decode(kept, type=_Kept) if kept else _Kept()
        except msgspec.DecodeError:
            before = _Kept()
        listed = before.told if before.receiver == receiver else ()
        self._told = {Target(one.kind, one.namespace, one.name): one for one in listed}

    def incidents(self, now: Moment) -> dict[Target, Incident]:
        """What the webhook was told before this start, as what goes on: whatever is over by now will be said so."""
        return {
            thing: Incident(
                Trouble(one.sentence, one.next),
                Moment(one.since_s, now.passed_s - max(0.0, now.wall_s - one.since_s)),
                is_told=True,
            )
            for thing, one in self._told.items()
        }

    def note(self, notices: Iterable[Notice], things: Iterable[Target]) -> None:
        """What a plan has to tell; `things` are all that its notices can be about."""
        named = {(thing.namespace, thing.text): thing for thing in things}
        for notice in notices:
            self._latest[named[notice.namespace, notice.thing]] = notice

    def waiting(self) -> list[tuple[Target, Notice]]:
        """What the webhook should hear next, oldest first."""
        news = [(thing, notice) for thing, notice in self._latest.items() if self._is_news(thing, notice)]
        return news[:WAITING_MAX]

    def forget_what_is_over(self) -> None:
        """Trouble that the webhook never heard of, and that is over. Not while a message is on its way."""
        self._latest = {thing: notice for thing, notice in self._latest.items() if self._is_news(thing, notice)}

    def __len__(self) -> int:
        """Of how many things the webhook has not heard yet."""
        return sum(self._is_news(thing, notice) for thing, notice in self._latest.items())

    def is_latest(self, thing: Target, notice: Notice) -> bool:
        """Whether nothing newer is to be said of this thing."""
        return self._latest.get(thing) is notice

    def taken(self, thing: Target, notice: Notice) -> None:
        """The webhook knows it."""
        if notice.state == "ended":
            self._told.pop(thing, None)
        else:
            self._told[thing] = Told(
                kind=thing.kind,
                namespace=thing.namespace,
                name=thing.name,
                sentence=notice.sentence,
                next=notice.next,
                since_s=parse_time(notice.at),
            )
        if self.is_latest(thing, notice):
            del self._latest[thing]

    def to_bytes(self) -> bytes:
        """What is to be kept."""
        return msgspec.json.encode(_Kept(receiver=self._receiver, told=tuple(self._told.values())))

    def _is_news(self, thing: Target, notice: Notice) -> bool:
        return (thing in self._told) == (notice.state == "ended")
