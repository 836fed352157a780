"""Templates with names filled in (`{{ name }}`), and parts that only some get (`{% if web == 'plain' %}`).

The small part of Jinja that the skeleton needs, with the same results, so that copier can use the same folder:

    render("{% if team %}by {{ team }}{% endif %}", {"team": "shop"})   # "by shop"

As with Jinja's trim_blocks and lstrip_blocks, a line that holds nothing but a tag leaves no line behind.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_TAGS = re.compile(r"(\{\{.*?\}\}|\{%.*?%\})", re.DOTALL)
_LEFT_OF_TAG = re.compile(r"(?:(?<=\n)|\A)[ \t]+\Z")
_CONDITION = re.compile(r"(\w+)(?:\s*(==|!=)\s*'([^']*)')?")


class TemplateError(ValueError):
    """A template says something that cannot be rendered; the message names it."""


@dataclass(slots=True)
class _Block:
    """An `if` that is open: whether what stands in it now is taken, and whether it is within what is taken at all."""

    taken: bool
    outer: bool


def render(text: str, variables: Mapping[str, str]) -> str:
    """The text with its tags replaced. Raises TemplateError."""
    parts = _TAGS.split(text)
    out: list[str] = []
    open_blocks: list[_Block] = []
    after_tag = False
    for index, part in enumerate(parts):
        is_tag = index % 2 == 1
        taken = not open_blocks or open_blocks[-1].taken
        if is_tag and part.startswith("{%"):
            _turn(part[2:-2].strip(), open_blocks, variables, taken)
            after_tag = True
            continue
        if is_tag:
            if taken:
                out.append(_value(part[2:-2].strip(), variables))
        elif taken:
            out.append(_trimmed(part, parts[index + 1] if index + 1 < len(parts) else "", after_tag=after_tag))
        after_tag = False
    if open_blocks:
        raise TemplateError("an {% if %} has no {% endif %}")
    return "".join(out)


def _trimmed(part: str, next_tag: str, *, after_tag: bool) -> str:
    starts_line = True
    if after_tag and part.startswith("\n"):
        part = part[1:]
    elif after_tag:
        starts_line = False
    if next_tag.startswith("{%") and (starts_line or "\n" in part):
        part = _LEFT_OF_TAG.sub("", part)
    return part


def _turn(tag: str, open_blocks: list[_Block], variables: Mapping[str, str], taken: bool) -> None:
    word, _, rest = tag.partition(" ")
    if word == "if":
        open_blocks.append(_Block(taken and _holds(rest.strip(), variables), taken))
    elif word in ("else", "endif") and not open_blocks:
        raise TemplateError(f"{{% {word} %}} without an {{% if %}}")
    elif word == "else":
        open_blocks[-1].taken = open_blocks[-1].outer and not open_blocks[-1].taken
    elif word == "endif":
        _ = open_blocks.pop()
    else:
        raise TemplateError(f"{{% {tag} %}} is none of if, else, endif")


def _holds(condition: str, variables: Mapping[str, str]) -> bool:
    match = _CONDITION.fullmatch(condition)
    if match is None:
        raise TemplateError(f"the condition {condition!r} is neither a name nor a comparison with a text")
    value = _value(match[1], variables)
    if match[2] is None:
        return bool(value)
    return (value == match[3]) == (match[2] == "==")


def _value(name: str, variables: Mapping[str, str]) -> str:
    if name not in variables:
        raise TemplateError(f"there is no value for {name!r}")
    return variables[name]
