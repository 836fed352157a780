"""The masters: API server, store, scheduler, controllers, nodes and DNS as figures, with heartbeat and queue.

One level deeper behind the story, for whoever wants to know what the command center is made of.
"""

from __future__ import annotations

from collections.abc import Callable

from wherry.dashboard.channel import Rendered
from wherry.dashboard.fragments import ROOT, Fragment
from wherry.dashboard.live import Live
from wherry.dashboard.markup import definitions, element_id, link, text, url, with_terms
from wherry.dashboard.views.story import line_pieces
from wherry.dashboard.views.view import Asked, Page, View
from wherry.narrate.glossary import find_word
from wherry.narrate.masters import Figure, figures, headline, observe
from wherry.narrate.story import lines

INTERVAL_S = 0.5
BEAT_S = 2.0
LINES_SHOWN = 8
SYMBOLS = {"well": "●", "trouble": "✕", "hidden": "◌", "none": "◌"}
WORDS = {"well": "Well", "trouble": "Trouble", "hidden": "Hidden", "none": "None"}


class Masters:
    """The command center."""

    def __init__(self, live: Live, now_s: Callable[[], float]) -> None:
        """Asks the API server at each look; nothing while nobody looks."""
        self._live = live
        self._now_s = now_s

    async def render(self) -> Rendered:
        """Its figures now, and the last that was told of them."""
        seen = await observe(self._live.client)
        found = figures(seen, self._live.model.snapshot(), self._now_s())
        said = headline(found)
        told = lines(await self._live.events())[-LINES_SHOWN:]
        pieces = [
            Fragment("answer", ROOT, f'<p id="answer" class="headline">{with_terms(said)}</p>'),
            Fragment("masters", ROOT, '<ul id="masters" class="masters" aria-label="parts of the masters">', "</ul>"),
            *(_figure(one) for one in found),
            Fragment("lately", ROOT, '<section id="lately"><h2>What they did last</h2>', "</section>"),
            Fragment("lines", "lately", '<ol id="lines" class="story">', "</ol>"),
            *line_pieces(told, "lines"),
        ]
        return Rendered(pieces, said)


def _figure(one: Figure) -> Fragment:
    own = element_id("master", one.name)
    word = find_word(one.name)
    meaning = f'<p class="soft">{with_terms(word.says)}</p>' if word is not None else ""
    details = f'<div class="technical">{definitions((k, text(v)) for k, v in one.details)}</div>' if one.details else ""
    return Fragment(
        own,
        "masters",
        f'<li id="{text(own)}" class="master is-{one.state}"><h2>{with_terms(one.name)}</h2> '
        f'<span class="state"><span class="symbol" aria-hidden="true">{SYMBOLS[one.state]}</span> '
        f"{WORDS[one.state]}</span>{meaning}"
        f"{definitions((('Heartbeat', with_terms(one.beat)), ('Queue', with_terms(one.queue or 'Nothing is known.'))))}"
        f"{details}</li>",
    )


def _make(live: Live, asked: Asked) -> Page:
    above = f"<p>{link(url('story'), 'The whole story')}</p>"
    return Page("The masters", Masters(live, live.now_s).render, above, interval_s=INTERVAL_S, beat_s=BEAT_S)


MASTERS = View(
    "masters",
    "Masters",
    _make,
    explains="The command center: the programs that look after the cluster. A heartbeat says that a part is alive, "
    "a queue what waits for it. Long queues that stay long are a sign of trouble.",
)
