"""`wherry story`: what the masters saw, did and why."""

from __future__ import annotations

import contextlib
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import TYPE_CHECKING

import click

from wherry.cli.look import Look, kubectl_scope, look_options
from wherry.cli.output import note, printable, ring, say

HOUR_S = 3600.0
# What people do is asked for when something happens, and then not at once again.
DEEDS_EVERY_S = 0.5

if TYPE_CHECKING:
    from wherry.api.core.event_parts import Event
    from wherry.apimachinery.deed import Deed
    from wherry.client.client import Client
    from wherry.narrate.story import Line


class Teller:
    """Says the lines of a story; `with_steps`: a trouble with what to do about it, where that is new."""

    def __init__(self, look: Look, *, with_steps: bool = False) -> None:
        """A story that goes on has no end where the next step would stand."""
        self._look = look
        self._with_steps = with_steps
        self._told_step = ""

    def show(self, line: Line) -> None:
        """One line; to a program, a document of its own."""
        from wherry.narrate.when import time_of

        if self._look.answered(line, [f"{line.kind.lower()}/{line.name}"]):
            return
        mark, step = " ", ""
        if line.is_warning:
            mark = "!"
            if self._with_steps and line.next and line.next != self._told_step:
                step = f" Next: {line.next}"
                self._told_step = line.next
        say(printable(f"{time_of(line.time_s, time.time())} {mark} {line.text}{step}"))


@click.command()
@click.argument("thing", required=False)
@click.option("-f", "--follow", is_flag=True, help="Go on as it happens; a trouble is told with what to do.")
@click.option("--tail", default=0, help="Only the last so many lines.")
@click.option("--since", default="", help="From then on: 10m, 2h, yesterday, 10:02, 'last review'.")
@click.option("--app", default="", help="Only this program, whatever its pods are called.")
@click.option("--bell", is_flag=True, help="With -f: ring, and say it, when something needs help and when it is over.")
@click.option("--each", is_flag=True, help="Every event by itself; similar ones are one line otherwise.")
@look_options
def command(
    look: Look, thing: str | None, follow: bool, tail: int, since: str, app: str, bell: bool, each: bool
) -> None:
    """What the masters and the nodes saw, did and why, in plain words.

    With a THING: only what happened to it. Without --since: the last hour, for so long Events are kept.
    """
    from wherry.client.deeds import NewDeeds, deeds_of_people
    from wherry.narrate import story

    if bell and not follow:
        raise click.UsageError("the bell rings while the story goes on: add -f")
    about = thing.rpartition("/")[2] if thing else ""
    teller = Teller(look, with_steps=follow)

    async def tell(client: Client) -> None:
        since_s = await _moment(client, since)
        events, revision = await story.tell(client, look.namespace)
        if since:
            events = await _with_ended(look, client, events, since, since_s)
        names = await _pods_of(look, client, app or about) if app or about else []
        chosen = [event for event in _chosen(events, app or about, names) if story.order(event)[0] >= since_s]
        lines = story.lines(chosen, grouped=not each)
        done = await deeds_of_people(client, since_s=since_s or time.time() - HOUR_S, namespace=look.namespace)
        deeds = _lines(done, app or about)
        lines = sorted((*lines, *deeds), key=lambda line: line.time_s)
        lines = lines[-tail:] if tail else lines
        if not look.answered(lines, [f"{line.kind.lower()}/{line.name}" for line in lines]):
            for line in lines:
                teller.show(line)
            if not follow:
                await _end(look, client, chosen, lines, since_s)
        if not follow:
            return
        async with _ringing(look, client, app or about) if bell else contextlib.nullcontext():
            starts = story.starts_in(events)
            told_s, new = time.monotonic(), NewDeeds(client, namespace=look.namespace, after=int(revision))
            async for event in story.follow(client, look.namespace, revision):
                if time.monotonic() - told_s >= DEEDS_EVERY_S:
                    for line in _lines(await new.ask(int(event.metadata.resource_version)), app or about):
                        teller.show(line)
                    told_s = time.monotonic()
                if _chosen([event], app or about, names):
                    teller.show(story.line_from(event, starts))

    look.ask(tell)


@contextlib.asynccontextmanager
async def _ringing(look: Look, client: Client, app: str) -> AsyncIterator[None]:
    """Beside the story: a line and the bell for each incident, when it starts and when it ends."""
    from wherry.cli.listening import followed, is_about, notices, tell
    from wherry.kit.clock import SystemClock
    from wherry.kit.tasks import TaskScope, first_error

    async def listen() -> None:
        async with followed(look, client, SystemClock()) as here:
            async for notice in notices(here, look.namespace):
                if is_about(notice, app):
                    tell(notice)
                    ring()

    try:
        async with TaskScope("bell") as scope:
            _ = scope.start("bell", listen())
            yield
            scope.cancel()
    except BaseExceptionGroup as group:
        # Whichever of the two was first to see that the masters are gone: it is said as without the bell.
        raise first_error(group) from group


def _lines(deeds: Iterable[Deed], app: str) -> list[Line]:
    """What people did to an app, or to anything."""
    from wherry.narrate.deed_lines import deed_lines

    return [line for line in deed_lines(deeds) if app in ("", line.app, line.name)]


async def _moment(client: Client, since: str) -> float:
    from wherry.cli.past import moment_s

    return await moment_s(client, since) if since else 0.0


async def _with_ended(look: Look, client: Client, events: list[Event], since: str, since_s: float) -> list[Event]:
    """The Events since then, also those that are not kept any more; says so where nobody remembers that long."""
    from wherry.cli.output import Trouble
    from wherry.cli.past import moment, too_long_ago
    from wherry.narrate.past import TooLongAgo, events_since

    oldest_s = min((story_order(event) for event in events), default=time.time())
    if since_s >= oldest_s:
        return events
    try:
        start = await moment(client, since, or_oldest=True)
        ended = await events_since(client, start, await moment(client), look.namespace)
    except (Trouble, TooLongAgo) as error:
        # Another cluster than Wherry: what is still there is worth telling.
        note(printable(str(error if isinstance(error, Trouble) else too_long_ago(error))))
        return events
    return [*{event.metadata.uid: event for event in (*ended, *events)}.values()]


def story_order(event: Event) -> float:
    """When an Event happened."""
    from wherry.narrate.story import order

    return order(event)[0]


def _chosen(events: Sequence[Event], app: str, names: Sequence[str]) -> Sequence[Event]:
    from wherry.narrate.grouping import events_of_app

    return events_of_app(events, app, names) if app else events


async def _pods_of(look: Look, client: Client, app: str) -> list[str]:
    """The pods of an app that are there now, whatever they are called."""
    from wherry.cli.look import read_model

    snapshot = (await read_model(client, look.namespace)).snapshot()
    return [pod.name for pod in snapshot.pods if app in (pod.app, pod.owner.rpartition("/")[2])]


async def _end(look: Look, client: Client, events: Sequence[Event], lines: Sequence[Line], since_s: float) -> None:
    """The value of it all, and what to do next."""
    from wherry.api.core.pod import PODS
    from wherry.narrate.repairs import count_repairs, repairs_sentence

    if not lines:
        say("Nothing has happened since then." if since_s else "Nothing has happened in the last hour.")
    else:
        start_s = max(since_s, lines[0].time_s)
        pods = (await client.list(PODS, look.namespace)).items
        repairs = count_repairs(events, pods, start_s)
        say(repairs_sentence(repairs, time.strftime("%Y-%m-%d %H:%M", time.localtime(start_s))))
    step = next((line.next for line in reversed(lines) if line.is_warning and line.next), "wherry picture")
    look.end(f"kubectl get events {kubectl_scope(look.namespace)} --sort-by=.lastTimestamp", step)
