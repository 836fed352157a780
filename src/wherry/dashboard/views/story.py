"""The story: what the masters and the nodes saw, did and why, newest first, as it happens."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import UTC, datetime

from wherry.api.core.event import EVENTS
from wherry.api.core.event_parts import Event
from wherry.apimachinery.deed import Deed
from wherry.apimachinery.errors import StatusError
from wherry.client.deeds import NewDeeds
from wherry.dashboard.channel import Rendered
from wherry.dashboard.fragments import ROOT, Fragment
from wherry.dashboard.live import Live
from wherry.dashboard.markup import element_id, text, with_terms
from wherry.dashboard.moments import meant, said_time, too_long_ago
from wherry.dashboard.sight import said_of
from wherry.dashboard.then import moment_input
from wherry.dashboard.views.view import Asked, Page, View
from wherry.narrate.deed_lines import deed_lines
from wherry.narrate.past import Moment, TooLongAgo, events_since
from wherry.narrate.story import Line, lines
from wherry.narrate.templates import count
from wherry.narrate.week import repairs_this_week
from wherry.narrate.when import time_of

LINES_SHOWN = 200
INTERVAL_S = 0.3
HOUR_S = 3600.0
# The week is long, and reading it costs more than looking at the present.
VALUE_EVERY_S = 60.0
DEEDS_MAX = 2000


def line_pieces(told: Iterable[Line], parent: str) -> list[Fragment]:
    """Lines of a story, newest first."""
    found: dict[str, Fragment] = {}
    for line in told:
        own = element_id("line", line.namespace, line.subject, line.reason, f"{line.time_s:.6f}")
        found[own] = Fragment(own, parent, _line(own, line))
    return [*reversed(found.values())]


def shown_time(time_s: float) -> str:
    """A moment as people read it; "" for one that nobody knows."""
    if not time_s:
        return ""
    at = datetime.fromtimestamp(time_s, UTC).isoformat(timespec="seconds")
    return f'<time datetime="{at}">{time_of(time_s, time.time())}</time>'


def _line(own: str, line: Line) -> str:
    step = f'<p class="next">Next: <code>{text(line.next)}</code></p>' if line.next else ""
    mark = '<span class="symbol" aria-hidden="true">✕</span> <span class="hidden">Trouble: </span>'
    return (
        f'<li id="{text(own)}" class="{"trouble" if line.is_warning else "fine"}">{shown_time(line.time_s)} '
        f"{mark if line.is_warning else ''}<strong>{text(line.actor)}</strong>"
        f"<p>{with_terms(line.text)}</p>{step}</li>"
    )


class Story:
    """The story as somebody has asked for it."""

    def __init__(self, live: Live, asked: Asked) -> None:
        """`asked` may have ns, app, who, trouble and since."""
        self._live = live
        self._since = asked.get("since")
        self._ended: list[Event] | None = None
        self._deeds_told: list[Deed] = []
        self._new_deeds = NewDeeds(live.client, namespace=live.namespace or asked.get("ns"))
        self._valued_s, self._value_said = 0.0, ""
        self._namespace, self._app, self._trouble = asked.get("ns"), asked.get("app"), asked.get("trouble")
        self._actor = asked.get("who").lower()

    async def render(self) -> Rendered:
        """Its lines now."""
        events = await self._live.events()
        start_s, when = 0.0, "of the last hour"
        if self._since:
            moment = await meant(self._live.moments, self._live.client, self._since, or_oldest=True)
            events, start_s = await self._with_ended(events, moment), moment.time_s
            when = f"since {said_time(start_s)}"
        whole = sorted((*lines(events), *await self._deeds(start_s)), key=lambda line: line.time_s)
        fits = [line for line in whole if self._is_told(line) and line.end_s >= start_s]
        told = fits[-LINES_SHOWN:]
        is_part = bool(self._app or self._actor or self._trouble)
        said = said_of(self._namespace, _count(len(told), len(fits), when, is_part=is_part))
        pieces = [
            Fragment("told", ROOT, f'<p id="told" class="headline">{text(said)}</p>'),
            Fragment("value", ROOT, f'<p id="value">{with_terms(await self._value())}</p>'),
            Fragment("lines", ROOT, '<ol id="lines" class="story">', "</ol>"),
            *line_pieces(told, "lines"),
        ]
        return Rendered(pieces, told[-1].text if told else "")

    async def _value(self) -> str:
        """What was repaired this week without anybody being called, as `wherry status` says it."""
        now_s = time.time()
        if now_s - self._valued_s >= VALUE_EVERY_S:
            self._valued_s, self._value_said = now_s, await self._count_repairs()
        return self._value_said

    async def _count_repairs(self) -> str:
        live = self._live
        try:
            return await repairs_this_week(live.client, live.moments.ask, live.namespace or self._namespace)
        except StatusError:
            return ""

    async def _deeds(self, start_s: float) -> list[Line]:
        """What people did; only what is new is asked for, also where nobody has done anything for long."""
        since_s = start_s or max(0.0, self._live.now_s() - HOUR_S)
        new = await self._new_deeds.ask(self._live.revision, since_s=since_s)
        # The page may have been open for long.
        self._deeds_told = [deed for deed in (*self._deeds_told, *new) if deed.time_s >= since_s][-DEEDS_MAX:]
        return deed_lines(self._deeds_told)

    async def _with_ended(self, events: list[Event], since: Moment) -> list[Event]:
        """The Events that there are, and those that have been forgotten since then, read once."""
        if self._ended is None:
            namespace = self._live.namespace
            try:
                self._ended = await events_since(self._live.client, since, self._live.moments.now(), namespace)
            except TooLongAgo as error:
                raise too_long_ago(error) from error
        known = {event.metadata.uid: event for event in (*self._ended, *events)}
        return [*known.values()]

    def _is_told(self, line: Line) -> bool:
        return (
            self._namespace in ("", line.namespace)
            and self._app in ("", line.app)
            and (not self._trouble or line.is_warning)
            and self._actor in line.actor.lower()
        )


def _count(shown: int, total: int, when: str, *, is_part: bool = False) -> str:
    if not total:
        return f"Nothing {'like that ' if is_part else ''}has happened {when.replace('of', 'in')}."
    return f"{count(total, 'line')} {when}." if shown == total else f"The last {shown} of {total} lines {when}."


def _make(live: Live, asked: Asked) -> Page:
    checked = " checked" if asked.get("trouble") else ""
    above = (
        f"<p>{with_terms('What the masters and the nodes saw, did and why.')}</p>"
        '<form class="filters" method="get" action="/ui/story">'
        f'<label>Namespace <input name="ns" value="{text(asked.get("ns"))}"></label>'
        f'<label>App <input name="app" value="{text(asked.get("app"))}"></label>'
        f'<label>Who <input name="who" value="{text(asked.get("who"))}" placeholder="scheduler" size="12"></label>'
        f"{moment_input('since', 'Since', asked.get('since'), 'an hour ago')}"
        f'<label><input type="checkbox" name="trouble" value="1"{checked}> only trouble</label>'
        '<button type="submit">Show</button></form>'
    )
    return Page("Story", Story(live, asked).render, above, interval_s=INTERVAL_S)


STORY = View(
    "story",
    "Story",
    _make,
    explains="What the masters and the nodes saw, did and why, newest first. Similar lines are one. "
    "Where something is wrong, the line says what to do next.",
    tells_of=EVENTS,
)
