"""Errors have four parts, and what they tell to do can be typed."""

from __future__ import annotations

import re
import string
from collections import defaultdict
from collections.abc import Iterator, Mapping

import click
import pytest

from suites.typed_commands import parse
from wherry.apimachinery.errors import Forbidden, NotFound, Unauthorized
from wherry.cli.connection import refused
from wherry.cli.output import trouble
from wherry.cli.troubles import TROUBLES, known
from wherry.narrate import cause_templates, event_templates, templates
from wherry.narrate.glossary import find_word
from wherry.narrate.templates import Template


def next_commands() -> Iterator[str]:
    """Every command that an error or a sentence tells to type, its holes filled."""
    for entry in TROUBLES.values():
        yield entry.do
    for module in (templates, event_templates, cause_templates):
        for value in vars(module).values():
            group = [*value.values()] if isinstance(value, Mapping) else [value]
            yield from (one.next for one in group if isinstance(one, Template))
    yield from (one.likely.next for one in cause_templates.CRASHES)


COMMANDS = sorted({text for text in next_commands() if text.startswith("wherry ")})


@pytest.mark.parametrize("text", COMMANDS)
def test_what_is_told_to_do_can_be_typed(text: str) -> None:
    parse(text.format_map(defaultdict(lambda: "x")))


def test_what_cannot_be_typed_is_found() -> None:
    with pytest.raises(click.UsageError):
        parse("wherry picture --sideways")


@pytest.mark.parametrize(("code", "entry"), TROUBLES.items(), ids=list(TROUBLES))
def test_an_error_has_four_parts_and_somebody_who_says_it(code: str, entry: object) -> None:
    assert re.fullmatch(r"W0[1-9]\d\d", code)
    made = known(code, **dict.fromkeys(holes(TROUBLES[code].happened + TROUBLES[code].do), "x"))
    assert made.message
    assert made.meaning.endswith(".")
    assert made.remedy
    assert made.who
    assert find_word(TROUBLES[code].read) is not None, "what to read is a word of the glossary"
    assert made.exit_code in range(1, 6)


def holes(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_all_parts_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    trouble(known("W0101", home="~/.wherry"))
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.splitlines()[0].endswith("W0101: there is no cluster in ~/.wherry yet")
    assert [line.split(":")[0].strip() for line in shown.err.splitlines()[1:]] == ["It means", "Do", "Read", "Said by"]


def test_what_the_server_refuses_is_told_by_what_it_means() -> None:
    assert refused(Forbidden("no")).code == "W0301"
    assert refused(Unauthorized("who")).code == "W0302"
    assert refused(NotFound("gone")).code == "W0303"
