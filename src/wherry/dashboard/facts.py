"""The facts as JSON, for programs and for the command line: now, at a moment, and between two.

    /ui/v1/status.json?ns=&few=            how it is, in lines; with `few` only while that costs little (else 413)
    /ui/v1/picture.json?ns=&at=&few=        the picture, now or then
    /ui/v1/changes.json?since=&until=&ns=   what changed between two moments
    /ui/v1/story.json?since=&ns=            the lines of the story since a moment, also of events that have ended
    /ui/v1/moment.json?at=&orOldest=        which revision was the newest then, and since when the masters remember

Whoever asks since when gets what is remembered; whoever asks how it was at a moment gets an answer or 410.
Moments are what people type; a program sends a timestamp. A refusal is a Status, as everywhere in Kubernetes.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping

import msgspec

from wherry.api.core.event import EVENTS
from wherry.api.core.pod import PODS
from wherry.apimachinery.errors import BadRequest, RequestEntityTooLarge
from wherry.apimachinery.resource_type import AnyResourceType
from wherry.client.client import Client
from wherry.client.deeds import deeds_between
from wherry.dashboard.moments import Moments, meant, too_long_ago
from wherry.narrate.deed_lines import deed_lines
from wherry.narrate.model import read
from wherry.narrate.past import Moment, TooLongAgo, events_since, model_at
from wherry.narrate.past_changes import changes_since
from wherry.narrate.status import read_status
from wherry.narrate.story import lines

Asked = Mapping[str, str]
Answer = Callable[[Client, Moments, Asked, str], Awaitable[object]]

FEW = 2000
"""So many pods and Events are read in some 0.1 s; for more of them, whoever asks has to do the work."""


async def _status(client: Client, moments: Moments, asked: Asked, this_host: str) -> object:
    namespace = asked.get("ns", "")
    if asked.get("zone", _zone()) != _zone():
        raise BadRequest("these masters tell the time of another zone")
    await _check_few(client, asked, PODS, EVENTS)
    return await read_status(client, moments.ask, namespace=namespace, this_host=asked.get("host", this_host))


async def _check_few(client: Client, asked: Asked, *kinds: AnyResourceType) -> None:
    namespace = asked.get("ns", "")
    if asked.get("few") and sum([await client.count(kind, namespace) for kind in kinds]) > FEW:
        raise RequestEntityTooLarge(f"there are more than {FEW} {' and '.join(kind.plural for kind in kinds)}")


def _zone() -> str:
    return time.strftime("%z%Z")


async def _picture(client: Client, moments: Moments, asked: Asked, this_host: str) -> object:
    namespace = asked.get("ns", "")
    if asked.get("at"):
        then = await meant(moments, client, asked["at"])
        model = await model_at(client, then, namespace=namespace, this_host=this_host)
    else:
        await _check_few(client, asked, PODS)
        model = await read(client, namespace=namespace, this_host=asked.get("host", this_host))
    return model.snapshot(namespace)


async def _changes(client: Client, moments: Moments, asked: Asked, this_host: str) -> object:
    since, until = await _between(client, moments, asked)
    return await changes_since(client, since, until, asked.get("ns", ""))


async def _story(client: Client, moments: Moments, asked: Asked, this_host: str) -> object:
    since, until = await _between(client, moments, asked)
    events = await events_since(client, since, until, asked.get("ns", ""))
    deeds = await deeds_between(client, after=since.revision, until=until.revision, namespace=asked.get("ns", ""))
    told = sorted((*lines(events), *deed_lines(deeds)), key=lambda line: line.time_s)
    return [line for line in told if line.end_s >= since.time_s]


async def _moment(client: Client, moments: Moments, asked: Asked, this_host: str) -> object:
    if not asked.get("at"):
        return moments.now()
    return await meant(moments, client, asked["at"], or_oldest=bool(asked.get("orOldest")))


ANSWERS: Mapping[str, Answer] = {
    "status.json": _status,
    "picture.json": _picture,
    "changes.json": _changes,
    "story.json": _story,
    "moment.json": _moment,
}


async def facts_as_json(name: str, client: Client, moments: Moments, asked: Asked, this_host: str) -> bytes:
    """The answer called `name`. Raises StatusError."""
    try:
        return msgspec.json.encode(await ANSWERS[name](client, moments, asked, this_host))
    except TooLongAgo as error:
        raise too_long_ago(error) from error


async def _between(client: Client, moments: Moments, asked: Asked) -> tuple[Moment, Moment]:
    if not asked.get("since"):
        raise BadRequest("say since when: ?since=2h, ?since=yesterday, ?since=10:02")
    since = await meant(moments, client, asked["since"], or_oldest=True)
    until = await meant(moments, client, asked["until"]) if asked.get("until") else moments.now()
    if until.time_s < since.time_s:
        raise BadRequest("the end is before the beginning: exchange since and until")
    return since, until
