"""The glossary: what the words mean, what they are not, and how many there are right now."""

from __future__ import annotations

from wherry.dashboard.channel import Rendered
from wherry.dashboard.fragments import ROOT, Fragment
from wherry.dashboard.live import Live
from wherry.dashboard.markup import element_id, text
from wherry.dashboard.views.view import Asked, Page, View
from wherry.narrate.facts import Snapshot
from wherry.narrate.glossary import Word, words
from wherry.narrate.templates import count

INTERVAL_S = 1.0


def _entry(word: Word, here: dict[str, int]) -> Fragment:
    own = element_id("entry", word.term)
    number = here.get(word.counts)
    now = (
        f"<p>In your cluster right now: {count(number, word.term, word.term + 's')}.</p>" if number is not None else ""
    )
    kubectl = f"<p>With kubectl: <code>kubectl get {text(word.kubectl)}</code></p>" if word.kubectl else ""
    return Fragment(
        own,
        "entries",
        f'<li id="{text(own)}"><h2>{text(word.term)}</h2><p>{text(word.says)}</p>'
        f"<p>Not to be confused with: {text(word.is_not)}.</p>{now}{kubectl}</li>",
    )


def _counted(snapshot: Snapshot) -> dict[str, int]:
    """How many there are of the kinds that the picture knows."""
    found = {"Pod": snapshot.counts.pods, "Node": snapshot.counts.nodes, "Service": len(snapshot.services)}
    for one in snapshot.workloads:
        found[one.kind] = found.get(one.kind, 0) + 1
    return found


def _make(live: Live, asked: Asked) -> Page:
    async def render() -> Rendered:
        here = _counted(live.model.snapshot())
        entries = [_entry(word, here) for word in words().values()]
        return Rendered([Fragment("entries", ROOT, '<ul id="entries" class="entries">', "</ul>"), *entries])

    return Page("Glossary", render, "<p>What the words mean, in a sentence each.</p>", interval_s=INTERVAL_S)


GLOSSARY = View(
    "glossary",
    "Glossary",
    _make,
    explains="Every technical word that these pages use, in a sentence. On each page a dotted word opens the same.",
)
