"""Find: things of the cluster, words and pages that fit what somebody types."""

from __future__ import annotations

from collections.abc import Iterable

from wherry.api.core.node import NODES
from wherry.api.core.pod import PODS
from wherry.api.core.service import SERVICES
from wherry.dashboard.channel import Rendered
from wherry.dashboard.detail.tabs import overview_of
from wherry.dashboard.fragments import ROOT, Fragment
from wherry.dashboard.live import Live
from wherry.dashboard.markup import element_id, link, term_id, text, url, with_terms
from wherry.dashboard.views.view import Asked, Page, View
from wherry.narrate.find import Target, near_targets
from wherry.narrate.glossary import find_word
from wherry.narrate.search import search
from wherry.narrate.templates import count

INTERVAL_S = 1.0
SHOWN_MAX = 100


def page_of(target: Target) -> str:
    """Where a thing is shown."""
    if target.kind == NODES.kind:
        return url(node=target.name)
    if target.kind == SERVICES.kind:
        return url("services", target.namespace, target.name)
    return overview_of(target.kind, target.namespace, target.name)


class Find:
    """What fits."""

    def __init__(self, live: Live, asked: Asked) -> None:
        """`asked` has q: what was typed."""
        self._live = live
        self._said = asked.get("q").strip()

    async def render(self) -> Rendered:
        """All that fits now; what is nearly the same when nothing does."""
        snapshot = self._live.model.snapshot()
        found = search(snapshot, self._said)
        near = [] if found or not self._said else near_targets(snapshot, self._said)
        sentence = self._sentence(len(found), near)
        return Rendered(
            [
                Fragment("answer", ROOT, f'<p id="answer" class="headline">{with_terms(sentence)}</p>'),
                Fragment("word", ROOT, f'<div id="word">{_word(self._said)}</div>'),
                Fragment("found", ROOT, '<ul id="found" class="plain">', "</ul>"),
                *(_entry(one) for one in (found or near)[:SHOWN_MAX]),
                Fragment("more", ROOT, f'<p id="more">{_more(len(found))}</p>'),
            ],
            sentence,
        )

    def _sentence(self, number: int, near: Iterable[Target]) -> str:
        if not self._said:
            return "Type the name of a thing, or a part of it."
        if number:
            return f'"{self._said}" fits {count(number, "thing")}.'
        return f'Nothing here is called "{self._said}".' + (" Do you mean one of these?" if near else "")


def _entry(target: Target) -> Fragment:
    own = element_id("hit", target.kind, target.namespace, target.name)
    where = f" <small>in {text(target.namespace)}</small>" if target.namespace else ""
    body = f'<span class="kind">{text(target.kind)}</span> {link(page_of(target), target.name)}{where}'
    return Fragment(own, "found", f'<li id="{text(own)}">{body}</li>')


def _word(said: str) -> str:
    """The word of the glossary that was typed, with what it means."""
    word = find_word(said) if said else None
    if word is None:
        return ""
    opens = f'<button type="button" class="term" popovertarget="{term_id(word)}">{text(word.term)}</button>'
    return f"<p>A word: {opens}. {text(word.says)}</p>"


def _more(number: int) -> str:
    return f"and {number - SHOWN_MAX} more: type more of the name" if number > SHOWN_MAX else ""


def _make(live: Live, asked: Asked) -> Page:
    return Page("Find", Find(live, asked).render, interval_s=INTERVAL_S)


FIND = View(
    "find",
    "Find",
    _make,
    explains="Everything you may see whose name, namespace or kind fits what you type. "
    "On each page the key / leads to the field for it.",
    tells_of=PODS,
)
