"""Now and next: of everything that wants pods, how it is, what comes next, and what was asked for."""

from __future__ import annotations

from wherry.api.core.pod import PODS
from wherry.dashboard.channel import Rendered
from wherry.dashboard.fragments import ROOT, Fragment
from wherry.dashboard.live import Live
from wherry.dashboard.markup import element_id, link, text, url, with_terms
from wherry.dashboard.sight import namespace_form, said_of
from wherry.dashboard.views.view import Asked, Page, View
from wherry.narrate.facts import WorkloadFacts

HEAD = (
    '<table id="next"><caption>Each workload: how it is, what happens, how it shall be</caption><thead><tr>'
    '<th scope="col">Workload</th><th scope="col">Now</th><th scope="col">What happens next</th>'
    '<th scope="col">Wanted</th></tr></thead>'
)


def _row(one: WorkloadFacts) -> Fragment:
    own = element_id("workload", one.id)
    mark, said = ("✓", "as wanted") if one.is_as_wanted else ("◐", "not yet as wanted")
    return Fragment(
        own,
        "rows",
        f'<tr id="{text(own)}" class="{"steady" if one.is_as_wanted else "moving"}"><th scope="row">'
        f"{link(url('workloads', one.kind, one.namespace, one.name), one.name)} "
        f"<small>{text(one.kind)} in {text(one.namespace)}: {_ways(one)}</small></th>"
        f"<td>{with_terms(one.now)}</td><td>{with_terms(one.next)}</td>"
        f'<td><span aria-hidden="true">{mark}</span> {one.wanted}, {said}</td></tr>',
    )


def _ways(one: WorkloadFacts) -> str:
    """Straight to what people look for most."""
    return ", ".join(
        f'<a href="{text(url(path, one.kind, one.namespace, one.name))}">{label}'
        f'<span class="hidden"> of {text(one.name)}</span></a>'
        for path, label in (("log", "logs"), ("settings", "configuration"), ("rollout", "versions"))
    )


def _make(live: Live, asked: Asked) -> Page:
    async def render() -> Rendered:
        snapshot = live.model.snapshot(asked.get("ns"))
        late = sum(not one.is_as_wanted for one in snapshot.workloads)
        total = len(snapshot.workloads)
        said = f"{total - late} of {total} workloads are as wanted." if total else "There is no workload yet."
        said = said_of(asked.get("ns"), said)
        pieces = [
            Fragment("verdict", ROOT, f'<p id="verdict" class="headline">{with_terms(said)}</p>'),
            Fragment("next", ROOT, HEAD, "</table>"),
            Fragment("rows", "next", '<tbody id="rows">', "</tbody>"),
            *(_row(one) for one in snapshot.workloads),
        ]
        return Rendered(pieces, said)

    return Page("Now and next", render, namespace_form("next", live, asked.get("ns")))


NEXT = View(
    "next",
    "Now and next",
    _make,
    explains="One line for each workload: how it is now, what happens next, and how many copies are wanted. "
    "Choose one to see its pods, its logs, its configuration and its versions.",
    tells_of=PODS,
)
