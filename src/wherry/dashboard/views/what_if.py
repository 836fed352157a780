"""What if: choose a node that goes down, another number of copies, or paste objects; the answer is tried on a copy."""

from __future__ import annotations

from wherry.api.core.pod import PODS
from wherry.dashboard.channel import Rendered
from wherry.dashboard.fragments import ROOT, Fragment
from wherry.dashboard.live import Live
from wherry.dashboard.markup import choice, text, with_terms
from wherry.dashboard.views.view import Asked, Page, View

SCALABLE = frozenset({"Deployment", "StatefulSet", "ReplicaSet", "ReplicationController"})
ROWS = 10


def _form(live: Live, asked: Asked) -> str:
    snapshot = live.model.snapshot()
    nodes = [("", "none"), *((node.name, node.name) for node in snapshot.nodes)]
    workloads = [
        (
            f"{one.namespace}/{one.kind.lower()}/{one.name}",
            f"{one.name} ({one.kind} in {one.namespace}, {one.wanted} copies)",
        )
        for one in snapshot.workloads
        if one.kind in SCALABLE
    ]
    return (
        '<form method="post" action="/ui/trials/what-if"><div class="filters">'
        f"{choice('node', 'A node goes down', nodes, asked.get('node'))}"
        f"{choice('thing', 'A workload', [('', 'none'), *workloads], asked.get('thing'))}"
        '<label>gets so many copies <input name="copies" inputmode="numeric" pattern="[0-9]*" size="6"></label></div>'
        f'<label class="area">Objects that would be applied (YAML) <textarea name="yaml" rows="{ROWS}" '
        'spellcheck="false" wrap="off"></textarea></label>'
        "<label>Namespace of objects that name none "
        f'<input name="ns" value="{text(asked.get("ns"))}" size="16"></label>'
        f"<p>{with_terms('Nothing changes: the masters work on a copy, and the next page shows what they did.')}</p>"
        '<button type="submit">What would happen?</button></form>'
    )


def _make(live: Live, asked: Asked) -> Page:
    said = "The real controllers and the real scheduler try it on a copy of what you may see."

    async def render() -> Rendered:
        return Rendered([Fragment("said", ROOT, f'<p id="said">{with_terms(said)}</p>')])

    async def form() -> str:
        return _form(live, asked)

    return Page("What if", render, still=form)


WHAT_IF = View(
    "what-if",
    "What if",
    _make,
    explains="Choose one or more changes and see what would happen before anything does: where pods would go, "
    "what would stop meanwhile, and what would not fit and why.",
    tells_of=PODS,
)
