"""The tour: container, pod, node, workload, service, masters; each shown on the cluster as it is."""

from __future__ import annotations

from wherry.api.core.pod import PODS
from wherry.dashboard.channel import Rendered
from wherry.dashboard.fragments import ROOT, Fragment
from wherry.dashboard.live import Live
from wherry.dashboard.markup import link, text, url, with_terms
from wherry.dashboard.views.view import Asked, Page, View
from wherry.narrate.facts import Snapshot
from wherry.narrate.tour import Stop, steps

INTERVAL_S = 0.5


class Tour:
    """One stop of the tour, live."""

    def __init__(self, live: Live, asked: Asked) -> None:
        """`asked` may have step, from 1."""
        self._live = live
        number = asked.get("step")
        self._asked = int(number) if number.isascii() and number.isdigit() and len(number) < 4 else 1

    async def render(self) -> Rendered:
        """The stop, with what is so in this cluster now."""
        snapshot = self._live.model.snapshot()
        stops = steps(snapshot)
        number = min(max(1, self._asked), len(stops))
        stop = stops[number - 1]
        pieces = [
            Fragment("stops", ROOT, _stops(stops, number)),
            Fragment("stop", ROOT, _stop(stop, number, len(stops), snapshot)),
        ]
        return Rendered(pieces, stop.claim)


def _stops(stops: list[Stop], current: int) -> str:
    mark = ' aria-current="step"'
    items = "".join(
        f'<li><a href="{text(url("tour", step=str(number)))}"{mark if number == current else ""}>'
        f"{number}. {text(one.title)}</a></li>"
        for number, one in enumerate(stops, start=1)
    )
    return f'<nav id="stops" aria-label="Stops of the tour"><ol class="stops">{items}</ol></nav>'


def _stop(stop: Stop, number: int, total: int, snapshot: Snapshot) -> str:
    title = f"{stop.title[:1].upper()}{stop.title[1:]}"
    before = link(url("tour", step=str(number - 1)), "Back") if number > 1 else ""
    after = link(url("tour", step=str(number + 1)), "Next stop") if number < total else link(url(), "See the picture")
    seen = "".join(f"<li>{_evidence(one)}</li>" for one in stop.evidence[:12])
    listed = f'<ul class="plain evidence">{seen}</ul>' if seen else ""
    return (
        f'<section id="stop" class="stop"><p class="soft">Stop {number} of {total}</p><h2>{with_terms(title)}</h2>'
        f'<p class="meaning">{with_terms(stop.meaning)}</p>'
        f'<p class="headline claim">Here: {with_terms(stop.claim)}</p>{listed}'
        f'<p class="next">See it: <code>{text(stop.command)}</code></p>'
        f'<p class="ways">{before} <strong>{after}</strong></p></section>'
    )


def _evidence(thing: str) -> str:
    """The page of a thing that is named as KIND/NAMESPACE/NAME or KIND/NAME."""
    kind, *rest = thing.split("/")
    if kind == "Pod":
        return link(url("pods", *rest), thing)
    if kind == "Node":
        return link(url(node=rest[-1]), thing)
    return link(url("workloads", kind, *rest), thing) if len(rest) == 2 and kind != "Service" else text(thing)


def _make(live: Live, asked: Asked) -> Page:
    above = f"<p>{with_terms('From the smallest thing to the masters, on your own cluster as it is now.')}</p>"
    return Page("Tour", Tour(live, asked).render, above, interval_s=INTERVAL_S)


TOUR = View(
    "tour",
    "Tour",
    _make,
    explains="Six stops, each with a word, what it means, and an example from this very cluster. "
    "Nothing is a slide: when the cluster changes, the page changes.",
    tells_of=PODS,
)
