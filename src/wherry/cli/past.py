"""The command line's way to the past: what somebody means by a moment, and which revision it was.

"last review" is a moment that somebody has marked (`wherry mark review`); all others are said in time. The masters
know which revision belongs to a time; everything else is asked by the ordinary ways of the API.
"""

from __future__ import annotations

import time
from urllib.parse import urlencode

import msgspec

from wherry.apimachinery.errors import Expired, Forbidden, NotFound
from wherry.cli.output import Trouble, note
from wherry.cli.troubles import known
from wherry.client.client import Client
from wherry.kit.http.types import read_body
from wherry.narrate.marks import NeverMarked, marked_moment
from wherry.narrate.past import Moment, TooLongAgo
from wherry.narrate.when import parse_since

MOMENT_PATH = "/ui/v1/moment.json"


async def moment_s(client: Client, text: str) -> float:
    """The time that somebody means, in seconds since 1970."""
    try:
        marked_s = await marked_moment(client, text)
    except NeverMarked as error:
        raise known("W0207", name=error.name) from error
    if marked_s is not None:
        return marked_s
    try:
        return parse_since(text, time.time())
    except ValueError as error:
        raise known("W0205", error=error) from error


async def moment(client: Client, text: str = "", *, or_oldest: bool = False) -> Moment:
    """The moment that somebody means; now, when they say nothing.

    `or_oldest`: for one that is too long ago, the first that the masters remember, and a note that says so.
    """
    if not text:
        return await _ask(client)
    time_s = await moment_s(client, text)
    asked = {"at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time_s))}
    found = await _ask(client, **asked, **({"orOldest": "true"} if or_oldest else {}))
    if found.time_s > time_s + 1:
        note(f"The masters remember back to {said_time(found.time_s)}: this is since then.")
    return found


async def _ask(client: Client, **asked: str) -> Moment:
    try:
        response = await client.request("GET", MOMENT_PATH, urlencode(asked))
    except Expired as error:
        raise known("W0206", error=error.message) from error
    except (NotFound, Forbidden) as error:
        # Another Kubernetes does not know the path, or refuses what its roles do not name.
        raise known("W0208") from error
    return msgspec.json.decode(await read_body(response), type=Moment)


def too_long_ago(error: TooLongAgo) -> Exception:
    """What to say to who asks for more than is remembered."""
    said = {"asked": said_time(error.asked_s), "oldest": said_time(error.oldest_s)}
    return known("W0206", error="The masters remember back to {oldest}; {asked} is before that.".format_map(said))


def said_time(time_s: float) -> str:
    """A moment in words, in this machine's time zone."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(time_s))


async def moment_or_none(client: Client, stamp: str) -> Moment | None:
    """The moment of a time as the API writes it, or the oldest; None when the cluster cannot say how it was."""
    try:
        return await (_ask(client, at=stamp, orOldest="true") if stamp else _ask(client))
    except Trouble:
        return None
