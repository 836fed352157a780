"""Demo: one button plays a journey on the live cluster and tells each hop, from the service to the row."""

from __future__ import annotations

from wherry.api.core.pod import PODS
from wherry.dashboard.channel import Rendered
from wherry.dashboard.fragments import ROOT, Fragment
from wherry.dashboard.live import Live
from wherry.dashboard.markup import element_id, steps, text, url, with_terms
from wherry.dashboard.sight import namespace_form, said_of
from wherry.dashboard.views.view import Asked, Page, View
from wherry.method.journey.keeping import KeptJourney, kept_journeys

INTERVAL_S = 2.0
BEAT_S = 5.0


def _journey(one: KeptJourney) -> Fragment:
    own = element_id("journey", one.namespace, one.service, one.journey.journey)
    tells = "".join(f"<li>{with_terms(step.say)}</li>" for step in one.journey.steps)
    action = url("play", one.namespace, one.service, one.journey.journey)
    command = f"wherry demo {one.journey.journey}"
    return Fragment(
        own,
        "journeys",
        f'<li id="{text(own)}"><h2>{text(one.journey.title)}</h2><p>{with_terms("The service")} '
        f"<strong>{text(one.service)}</strong> {with_terms('in the namespace')} {text(one.namespace)}</p>"
        f'<ol class="told">{tells}</ol><form method="post" action="{text(action)}" data-play>'
        f'<button type="submit">Play {text(one.journey.journey)} on {text(one.service)}</button></form>'
        f"<p>The same in a terminal: <code>{text(command)}</code></p></li>",
    )


def _make(live: Live, asked: Asked) -> Page:
    async def render() -> Rendered:
        place = live.namespace or asked.get("ns")
        found = await kept_journeys(live.client, place)
        said = "Choose what to show." if found else "No service here has a journey yet."
        said = said_of(place, said)
        pieces = [Fragment("answer", ROOT, f'<p id="answer" class="headline">{with_terms(said)}</p>')]
        if not found:
            hint = steps(["wherry new orders --team shop", "wherry release && wherry run --in dev"])
            pieces.append(Fragment("hint", ROOT, f'<div id="hint">{hint}</div>'))
        pieces.append(Fragment("journeys", ROOT, '<ul id="journeys" class="entries">', "</ul>"))
        return Rendered([*pieces, *(_journey(one) for one in found)], said)

    below = (
        '<section id="tale" hidden><h2>What happens</h2><ol id="hops" class="hops" aria-live="polite"></ol></section>'
    )
    above = namespace_form("demo", live, asked.get("ns"))
    return Page("Demo", render, above, below, interval_s=INTERVAL_S, beat_s=BEAT_S, scripts=("demo.js",))


DEMO = View(
    "demo",
    "Demo",
    _make,
    explains="A journey is what somebody does with a service, call by call. It is played on the real service, with "
    "your own rights, and each hop is told: which pod, which container, which node, which release, which row.",
    tells_of=PODS,
)
