"""Moments as people type them ("10:02", "5m ago", "yesterday"), as the masters know them.

    moments = Moments(store, clock)
    moment = moments.find("10:02")       which revision was the newest then; 400 with the way out for what is no moment
    moment = await meant(moments, client, "last review")      the same, also by a name that somebody has given it

Which revision belongs to which time tells nothing about anybody's objects, so everybody who may sign in may ask.
"""

from __future__ import annotations

import time
from typing import Protocol

from wherry.apimachinery.errors import BadRequest, Expired, NotFound, StatusError
from wherry.client.client import Client
from wherry.kit.clock import Clock
from wherry.narrate.marks import NeverMarked, marked_moment
from wherry.narrate.past import Moment, TooLongAgo
from wherry.narrate.past_templates import SUMMARY
from wherry.narrate.when import parse_since


class Past(Protocol):
    """Whoever knows which revision was the newest when: the store."""

    @property
    def revision(self) -> int:
        """The newest revision."""

    @property
    def oldest_revision(self) -> int:
        """The oldest revision that can still be shown."""

    @property
    def oldest_moment_s(self) -> float | None:
        """Since when the past can be asked for, in seconds since 1970; None while nothing has happened."""

    def revision_at(self, time_s: float) -> int:
        """The revision that was the newest at that moment; 0 when it is too long ago."""


async def meant(moments: Moments, client: Client, said: str, *, or_oldest: bool = False) -> Moment:
    """The moment that somebody means, by a time or by a name. Raises StatusError, as `Moments.find` does."""
    try:
        marked_s = await marked_moment(client, said)
    except NeverMarked as error:
        sentence = f'nobody has marked a moment called "{error.name}"'
        raise BadRequest(f"{sentence}: mark one on the page Ceremonies, or by wherry mark {error.name}") from error
    if marked_s is None:
        return moments.find(said, or_oldest=or_oldest)
    return moments.at(marked_s, or_oldest=or_oldest)


class Moments:
    """Finds moments."""

    def __init__(self, past: Past | None, clock: Clock) -> None:
        """`past` None: nobody knows, and every question for a moment is answered so."""
        self._past = past
        self._clock = clock

    def now(self) -> Moment:
        """The newest moment there is. Raises NotFound when nobody knows the past."""
        if self._past is None:
            raise NotFound(SUMMARY["no-past"].text)
        now_s = self._clock.now_s()
        oldest_s = self._past.oldest_moment_s
        return Moment(time_s=now_s, revision=self._past.revision, oldest_s=now_s if oldest_s is None else oldest_s)

    def find(self, text: str, *, or_oldest: bool = False) -> Moment:
        """The moment that `text` means; what lies in the future means now.

        Args:
            text: as people say it.
            or_oldest: what is too long ago means the first moment that the masters remember.

        Raises:
            BadRequest: it means none.
            Expired: it is before what the masters remember.
        """
        try:
            return self.at(parse_since(text, self._clock.now_s()), or_oldest=or_oldest)
        except ValueError as error:
            raise BadRequest(str(error)) from error

    def at(self, time_s: float, *, or_oldest: bool = False) -> Moment:
        """The moment of a time in seconds since 1970. Raises as `find` does."""
        now = self.now()
        if time_s >= now.time_s or self._past is None:
            return now
        revision = self._past.revision_at(time_s)
        if not revision and or_oldest:
            # Not the newest of that second: what came within it has happened since, too.
            time_s, revision = now.oldest_s, self._past.oldest_revision
        if not revision:
            raise too_long_ago(TooLongAgo(time_s, now.oldest_s))
        return Moment(time_s=time_s, revision=revision, oldest_s=now.oldest_s)

    async def ask(self, stamp: str) -> Moment:
        """The moment of a time as the API writes it, or the oldest; "" means now."""
        return self.find(stamp, or_oldest=True) if stamp else self.now()


def too_long_ago(error: TooLongAgo) -> StatusError:
    """The answer to who asks for more than is remembered."""
    said = {"asked": said_time(error.asked_s), "oldest": said_time(error.oldest_s)}
    return Expired(SUMMARY["too-long-ago"].text.format_map(said))


def said_time(time_s: float) -> str:
    """A moment in words, in the time zone of the masters."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(time_s))
