"""The explanations of all words, to stand at the end of a page: each with its picture, and on the way to its number."""

from __future__ import annotations

from functools import cache

from wherry.dashboard.markup import element_id, term_id, text, url
from wherry.dashboard.thumbnails import thumbnail
from wherry.narrate.glossary import Word, words


@cache
def popovers(*, is_live: bool = True) -> str:
    """All of them; the browser shows the one that is asked for. What is read from a disk leads nowhere."""
    return "".join(_popover(word, is_live=is_live) for word in words().values())


def kubectl_word(word: Word) -> str:
    """What kubectl calls it; "" when it has no word for it."""
    return f"<p>With kubectl: <code>kubectl get {text(word.kubectl)}</code></p>" if word.kubectl else ""


def _popover(word: Word, *, is_live: bool) -> str:
    entry = f"{url('glossary')}#{element_id('entry', word.term)}"
    how_many = f'<p><a href="{text(entry)}">How many are here right now?</a></p>' if word.counts and is_live else ""
    told = f"<p>{text(word.says)}</p><p>Not to be confused with: {text(word.is_not)}.</p>{kubectl_word(word)}{how_many}"
    return (
        f'<div popover id="{term_id(word)}" class="word"><strong>{text(word.term)}</strong>'
        f"{thumbnail(word.term)}{told}</div>"
    )
