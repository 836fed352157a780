"""HTML as text: escaping, and technical words that can be asked about. Nothing here knows a view."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape
from urllib.parse import quote, urlencode

from wherry.narrate.glossary import Word, is_name, words_in

_NOT_IN_IDS = re.compile(r"\s+")


def text(value: object) -> str:
    """Any text, made harmless for content and attribute values."""
    return escape(str(value))


def element_id(*parts: str) -> str:
    """An id from names: pod/shop/web-1."""
    return _NOT_IN_IDS.sub("_", "/".join(parts))


def url(*segments: str, **query: str) -> str:
    """A path of the dashboard, its segments and query escaped (for an attribute, `text` it)."""
    asked = urlencode({name: value for name, value in query.items() if value})
    return "/ui/" + "/".join(quote(segment, safe="") for segment in segments) + (f"?{asked}" if asked else "")


def link(href: str, label: str) -> str:
    """A link."""
    return f'<a href="{text(href)}">{text(label)}</a>'


def term_id(word: Word) -> str:
    """The id of a word's pop-over."""
    return f"word-{word.term.replace(' ', '-')}"


def with_terms(sentence: str) -> str:
    """A sentence whose technical words open their explanation; each word once."""
    parts, at, said = [], 0, set()
    for start, end, word in words_in(sentence):
        if word.term in said or is_name(sentence, start, end, word):
            continue
        said.add(word.term)
        parts.append(text(sentence[at:start]))
        parts.append(
            f'<button type="button" class="term" popovertarget="{term_id(word)}">{text(sentence[start:end])}</button>'
        )
        at = end
    return "".join((*parts, text(sentence[at:])))


def definitions(rows: Iterable[tuple[str, str]]) -> str:
    """Labels and values; the values are HTML already."""
    return "<dl>" + "".join(f"<dt>{with_terms(label)}</dt><dd>{value}</dd>" for label, value in rows) + "</dl>"


def hidden_fields(**fields: str) -> str:
    """What a form sends without asking."""
    return "".join(f'<input type="hidden" name="{text(name)}" value="{text(value)}">' for name, value in fields.items())


def choice(name: str, label: str, options: Iterable[tuple[str, str]], chosen: str) -> str:
    """A field with its label that offers values, each with what people read."""
    shown = "".join(
        f'<option value="{text(value)}"{" selected" if value == chosen else ""}>{text(said)}</option>'
        for value, said in options
    )
    return f'<label>{label} <select name="{name}">{shown}</select></label>'


def checkbox(name: str, label: str, *, is_checked: bool) -> str:
    """A field that says yes or no."""
    mark = " checked" if is_checked else ""
    return f'<label><input type="checkbox" name="{name}" value="1"{mark}> {text(label)}</label>'


def steps(commands: Iterable[str]) -> str:
    """What to do next."""
    return "".join(f'<p class="next">Next: <code>{text(one)}</code></p>' for one in commands)


def twin(command: str, label: str = "The same with kubectl:") -> str:
    """The same as a command."""
    return f"<p>{with_terms(label)} <code>{text(command)}</code></p>"
