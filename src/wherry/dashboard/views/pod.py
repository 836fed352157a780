"""One pod: how it is and why, from who asked for it to its containers; and what a person may do."""

from __future__ import annotations

from wherry.api.core.pod import PODS
from wherry.apimachinery.errors import NotFound
from wherry.dashboard.channel import Rendered
from wherry.dashboard.detail.tabs import tabs
from wherry.dashboard.fragments import ROOT, Fragment
from wherry.dashboard.live import Live
from wherry.dashboard.markup import definitions, hidden_fields, link, text, twin, url, with_terms
from wherry.dashboard.views.story import line_pieces, shown_time
from wherry.dashboard.views.view import Asked, Page, View
from wherry.narrate.because import Answer, answer
from wherry.narrate.evidence import gather
from wherry.narrate.facts import Snapshot
from wherry.narrate.find import Target
from wherry.narrate.sheet import Row, sheet
from wherry.narrate.story import Line, lines

# Its evidence is read anew each time, for a waiting pod from every node.
INTERVAL_S = 1.0
NODES_SHOWN = 20
LINES_SHOWN = 50


class PodPage:
    """The page of one pod."""

    def __init__(self, live: Live, namespace: str, name: str) -> None:
        """The pod need not be there (any more)."""
        self._live = live
        self._target = Target(PODS.kind, namespace, name)

    async def render(self) -> Rendered:
        """Its pieces now."""
        snapshot = self._live.model.snapshot()
        target = self._target
        try:
            found = answer(await gather(self._live.client, target, snapshot))
        except NotFound:
            said = f"The pod {target.name} is not there any more."
            return Rendered([Fragment("answer", ROOT, f'<p id="answer" class="headline">{with_terms(said)}</p>')], said)
        pieces = [
            Fragment("answer", ROOT, f'<p id="answer" class="headline">{with_terms(found.answer)}</p>'),
            Fragment("reasons", ROOT, _reasons(found)),
            Fragment("chain", ROOT, _chain(found)),
            Fragment("facts", ROOT, self._facts(snapshot)),
            Fragment("happened", ROOT, '<section id="happened"><h2>What happened</h2>', "</section>"),
            Fragment("lines", "happened", '<ol id="lines" class="story">', "</ol>"),
            *line_pieces(await self._told(), "lines"),
        ]
        return Rendered(pieces, found.answer)

    async def _told(self) -> list[Line]:
        """The story, of this pod only."""
        kind, namespace, name = self._target
        events = [
            one
            for one in await self._live.events()
            if (one.involved_object.kind, one.involved_object.namespace, one.involved_object.name)
            == (kind, namespace, name)
        ]
        return lines(events)[-LINES_SHOWN:]

    def _facts(self, snapshot: Snapshot) -> str:
        found = sheet(snapshot, self._target)
        rows = [(row.label, self._value(row)) for row in found.rows] if found else []
        return f'<section id="facts"><h2>Facts</h2>{definitions(rows)}</section>'

    def _value(self, row: Row) -> str:
        kind, slash, name = row.value.partition("/")
        if row.label == "Wanted by" and slash:
            return link(url("workloads", kind, self._target.namespace, name), row.value)
        return with_terms(row.value)


def _reasons(found: Answer) -> str:
    """What stands in the way, node by node where it waits, with its last words where it crashed, and what to do."""
    said = [with_terms(reason) for reason in found.reasons]
    for crash in found.crashes:
        words = f"<pre>{text(chr(10).join(crash.last_words))}</pre>" if crash.last_words else ""
        ended = f"Container {crash.container} ended with exit code {crash.exit_code}. Likely: {crash.likely}"
        said.append(with_terms(ended) + words)
    said += [with_terms(verdict.reason) for verdict in found.nodes[:NODES_SHOWN]]
    if len(found.nodes) > NODES_SHOWN:
        said.append(f"and {len(found.nodes) - NODES_SHOWN} more nodes")
    reasons = "".join(f"<li>{reason}</li>" for reason in said)
    steps = "".join(f'<p class="next">Next: <code>{text(step)}</code></p>' for step in found.next)
    return f'<div id="reasons">{f"<ul>{reasons}</ul>" if reasons else ""}{steps}</div>'


def _chain(found: Answer) -> str:
    """From who asked for it down to its containers."""
    steps = "".join(f"<li>{shown_time(step.time_s)} {with_terms(step.text)}</li>" for step in found.chain)
    return f'<section id="chain"><h2>How it came to be so</h2><ol class="chain">{steps}</ol></section>'


def _stop_form(namespace: str, name: str) -> str:
    command = f"kubectl delete pod {name} -n {namespace}"
    return (
        '<details class="action"><summary>Stop this pod</summary><form method="post" action="/ui/actions/stop">'
        f"{hidden_fields(namespace=namespace, name=name)}"
        "<p>Its containers get time to finish. If something wants it, a new one takes its place.</p>"
        f"{twin(command)}"
        f'<button type="submit">Stop {text(name)}</button></form></details>'
    )


def _make(live: Live, asked: Asked) -> Page:
    namespace, name = asked.segments
    title = f"Why is pod {name} as it is?"
    page = PodPage(live, namespace, name)
    above = tabs((PODS.kind, namespace, name), "")
    return Page(title, page.render, above=above, below=_stop_form(namespace, name), interval_s=INTERVAL_S)


POD = View(
    "pods",
    "",
    _make,
    segments=2,
    explains="Why this pod is as it is: the reason first, then how it came to be, from whoever asked for it "
    "down to its containers. What happened to it stands below.",
)
