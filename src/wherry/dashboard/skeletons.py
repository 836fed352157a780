"""Walking skeletons on their clocks: how far each is, what is open and what comes next, in the command's own words."""

from __future__ import annotations

from wherry.api.method.timebox import TIMEBOXES, Timebox
from wherry.dashboard.live import Live
from wherry.dashboard.markup import steps, text, with_terms
from wherry.method.timebox.stored import clock_of, ticks_of
from wherry.method.timebox.words import next_words, timebox_words

LOOK = "wherry timebox"


async def timebox_of(live: Live, service: str) -> Timebox | None:
    """The timebox of a service, where there is one that this person may see."""
    return next((one for one in await live.all(TIMEBOXES) if one.spec.service == service), None)


def is_open(timebox: Timebox) -> bool:
    """Whether something is left to do, as far as anybody has looked."""
    return bool(timebox.status.open) or not timebox.status.total


def words_of(timebox: Timebox, now_s: float, namespace: str = "") -> tuple[list[str], str]:
    """How far it is and how much time is left; and what comes next."""
    clock, ticks = clock_of(timebox), ticks_of(timebox, namespace)
    if not ticks:
        return [f"Nobody has looked yet how far the walking skeleton of {timebox.spec.service} is."], LOOK
    return timebox_words(timebox.spec.service, clock, ticks, now_s), next_words(clock, ticks, now_s)


def skeleton_part(timebox: Timebox, now_s: float, namespace: str) -> str:
    """The part of a service's page about its timebox."""
    said, step = words_of(timebox, now_s, namespace)
    lines = "".join(f"<p>{with_terms(line)}</p>" for line in said)
    items = "".join(
        f"<li>{with_terms(tick.item.title)}: <code>{text(tick.how)}</code></li>"
        for tick in ticks_of(timebox, namespace)
        if not tick.is_done
    )
    open_ = f"<h3>Open</h3><ul>{items}</ul>" if items else ""
    return (
        f'<section id="skeleton" class="part"><h2>{with_terms("Walking skeleton")}</h2>{lines}{open_}{steps([step])}'
        f"<p><small>As it was when somebody asked last: <code>{LOOK}</code></small></p></section>"
    )
