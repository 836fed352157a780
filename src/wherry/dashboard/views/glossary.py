"""The glossary: what the words mean, what they are not, and how many there are right now."""

from __future__ import annotations

from functools import cache

from wherry.apimachinery.errors import Forbidden, NotFound
from wherry.apimachinery.resource_type import AnyResourceType
from wherry.dashboard.channel import Rendered
from wherry.dashboard.fragments import ROOT, Fragment
from wherry.dashboard.live import Live
from wherry.dashboard.markup import element_id, text
from wherry.dashboard.popovers import kubectl_word
from wherry.dashboard.thumbnails import thumbnail
from wherry.dashboard.views.view import Asked, Page, View
from wherry.narrate.glossary import Word, words

INTERVAL_S = 2.0
# Of most kinds nobody is told when there are more or fewer.
BEAT_S = 10.0


def _entry(word: Word, number: int | None) -> Fragment:
    own = element_id("entry", word.term)
    now = "" if number is None else f"<p>In your cluster right now: {number or 'none'} of them.</p>"
    return Fragment(
        own,
        "entries",
        f'<li id="{text(own)}"><h2>{text(word.term)}</h2>{thumbnail(word.term)}<p>{text(word.says)}</p>'
        f"<p>Not to be confused with: {text(word.is_not)}.</p>{now}{kubectl_word(word)}</li>",
    )


async def _counted(live: Live) -> dict[str, int]:
    """How many there are of each kind that a word is about, as far as this person may list them."""
    found = {}
    for kind in {word.counts for word in words().values()} - {""}:
        resource = kinds()[kind]
        try:
            found[kind] = await live.client.count(resource, live.namespace if resource.namespaced else "")
        except (Forbidden, NotFound):
            continue
    return found


@cache
def kinds() -> dict[str, AnyResourceType]:
    """Every kind that a word may be about."""
    from wherry.api.registry import RESOURCE_TYPES

    return {resource.kind: resource for resource in RESOURCE_TYPES}


def _make(live: Live, asked: Asked) -> Page:
    async def render() -> Rendered:
        here = await _counted(live)
        entries = [_entry(word, here.get(word.counts)) for word in words().values()]
        return Rendered([Fragment("entries", ROOT, '<ul id="entries" class="entries">', "</ul>"), *entries])

    return Page(
        "Glossary", render, "<p>What the words mean, in a sentence each.</p>", interval_s=INTERVAL_S, beat_s=BEAT_S
    )


GLOSSARY = View(
    "glossary",
    "Glossary",
    _make,
    explains="Every technical word that these pages use, in a sentence. On each page a dotted word opens the same.",
)
