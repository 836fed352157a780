"""What changed between two moments: who created, changed or deleted what, in plain sentences."""

from __future__ import annotations

from wherry.api.core.pod import PODS
from wherry.dashboard.channel import Rendered
from wherry.dashboard.fragments import ROOT, Fragment
from wherry.dashboard.live import Live
from wherry.dashboard.markup import element_id, text, with_terms
from wherry.dashboard.moments import meant, said_time, too_long_ago
from wherry.dashboard.sight import said_of
from wherry.dashboard.then import moment_input
from wherry.dashboard.views.story import shown_time
from wherry.dashboard.views.view import Asked, Page, View
from wherry.narrate.bundles import Bundle, bundles
from wherry.narrate.changes import summary
from wherry.narrate.past import TooLongAgo
from wherry.narrate.past_changes import changes_since

SINCE = "1h ago"
INTERVAL_S = 2.0
"""Reading the past costs more than looking at the present."""


def _piece(number: int, one: Bundle) -> Fragment:
    own = element_id("change", str(number))
    step = f'<p class="next">Next: <code>{text(one.next)}</code></p>' if one.next else ""
    said = f"<p>{with_terms(one.text)}</p>{_each(one)}{step}"
    return Fragment(own, "changes", f'<li id="{text(own)}" class="fine">{shown_time(one.time_s)} {said}</li>')


def _each(one: Bundle) -> str:
    """The changes behind a line that sums up, to be opened."""
    if not one.is_many:
        return ""
    items = "".join(f"<li>{shown_time(each.time_s)} {text(each.text)}</li>" for each in one.changes)
    return f"<details><summary>All {len(one.changes)}</summary><ul>{items}</ul></details>"


class Changes:
    """The changes as somebody has asked for them."""

    def __init__(self, live: Live, asked: Asked) -> None:
        """`asked` may have since, until and ns."""
        self._live = live
        self._namespace = asked.get("ns")
        self._since, self._until = asked.get("since") or SINCE, asked.get("until")

    async def render(self) -> Rendered:
        """The changes, oldest first."""
        moments, client = self._live.moments, self._live.client
        since = await meant(moments, client, self._since, or_oldest=True)
        until = await meant(moments, client, self._until) if self._until else moments.now()
        try:
            told = await changes_since(client, since, until, self._live.namespace or self._namespace)
        except TooLongAgo as error:
            raise too_long_ago(error) from error
        said = summary(told, said_time(since.time_s), said_time(until.time_s) if self._until else "now")
        said = said_of(self._namespace, said)
        return Rendered(
            [
                Fragment("told", ROOT, f'<p id="told" class="headline">{text(said)}</p>'),
                Fragment("changes", ROOT, '<ol id="changes" class="story">', "</ol>"),
                *(_piece(number, one) for number, one in enumerate(bundles(told))),
            ]
        )


def _make(live: Live, asked: Asked) -> Page:
    above = (
        f"<p>{with_terms('What somebody created, changed or deleted between two moments.')}</p>"
        '<form class="filters" method="get" action="/ui/changes">'
        f"{moment_input('since', 'Since', asked.get('since'), SINCE)}"
        f'<label>Until <input name="until" value="{text(asked.get("until"))}" placeholder="now" size="12"></label>'
        f'<label>Namespace <input name="ns" value="{text(asked.get("ns"))}"></label>'
        '<button type="submit">Show</button></form>'
    )
    return Page("What changed", Changes(live, asked).render, above, interval_s=INTERVAL_S)


CHANGES = View(
    "changes",
    "What changed",
    _make,
    explains="Each line is one change that somebody made, oldest first, with who it was where that is known. What "
    "somebody made in one go is one line, and so are the pods of a workload. Choose the two moments above.",
    tells_of=PODS,
)
