"""Every sentence that Wherry says about a cluster."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from types import ModuleType

from handbook.generated.events import told
from handbook.markdown import cell, page, table
from wherry.narrate import cause_templates, templates
from wherry.narrate.cause_templates import CRASHES
from wherry.narrate.templates import Template

INTRODUCTION = """
The sentences of `wherry status`, `picture`, `next`, `why`, `show` and of the dashboard; `{...}` is filled in when they
are said. A test reads each of them: at most 25 words, only words that everybody knows or that the
[glossary](../glossary.md) explains, nobody hidden in a passive, and a next step wherever something is wrong. The
sentences about Events have [their own page](events.md).
"""


def groups(module: ModuleType) -> Iterator[tuple[str, dict[str, Template]]]:
    """The families of sentences in a module, in the order in which they are written."""
    seen: set[int] = set()
    for name, value in vars(module).items():
        is_family = isinstance(value, dict) and bool(value) and all(isinstance(one, Template) for one in value.values())
        if is_family and name != "TEMPLATES" and id(value) not in seen:
            seen.add(id(value))
            yield name, value


def write() -> str:
    """The page."""
    parts = []
    for module in (templates, cause_templates):
        parts.append(f"## {_title(module)}")
        for name, family in groups(module):
            parts += [f"### {name.replace('_', ' ').capitalize()}", told(family)]
    crashes = [(cell(one.looks_like), cell(one.likely.text), cell(one.likely.next)) for one in CRASHES]
    parts += ["## Why a program crashed", table(("its last words look like", "the sentence", "what to do"), crashes)]
    return page("Sentences", INTRODUCTION, *parts)


def _title(module: ModuleType) -> str:
    return (inspect.getdoc(module) or module.__name__).splitlines()[0].rstrip(".")
