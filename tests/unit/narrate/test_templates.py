"""The plain-language linter: every sentence that Wherry can say is read here."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import pytest

from suites.plain_language import PASSIVE, WORDS_MAX, unknown_words, without_holes
from wherry.cli.commands.registry import COMMANDS
from wherry.narrate import cause_templates, event_templates, forecast_templates, master_templates, past_templates
from wherry.narrate.cause_templates import CrashPattern
from wherry.narrate.glossary import words
from wherry.narrate.templates import TEMPLATES, Template, count, tell


def families() -> Iterator[tuple[str, Template]]:
    """Every template with its name."""
    groups: list[Mapping[str, Template]] = [TEMPLATES]
    for module in (event_templates, cause_templates, past_templates, forecast_templates, master_templates):
        for value in vars(module).values():
            if isinstance(value, Template):
                groups.append({"single": value})
            elif isinstance(value, tuple) and value and isinstance(value[0], CrashPattern):
                groups.append({f"crash {one.looks_like[:20]}": one.likely for one in value})
            elif isinstance(value, dict) and all(isinstance(one, Template) for one in value.values()):
                groups.append(value)
    for group in groups:
        yield from group.items()


ALL = [*families()]


@pytest.mark.parametrize(("key", "template"), ALL, ids=[key for key, _ in ALL])
def test_a_sentence_is_short_active_and_of_known_words(key: str, template: Template) -> None:
    sentences = [part for part in re.split(r"(?<=[.!?])\s+", template.text) if part]
    assert max(len(without_holes(part).split()) for part in sentences) <= WORDS_MAX
    assert not PASSIVE.search(template.text)
    assert unknown_words(template.text) == []


@pytest.mark.parametrize(("key", "template"), ALL, ids=[key for key, _ in ALL])
def test_what_says_that_something_is_wrong_says_what_to_do(key: str, template: Template) -> None:
    assert bool(template.next) or not template.is_wrong
    if template.next.startswith("wherry "):
        assert template.next.split()[1] in COMMANDS
    else:
        assert unknown_words(template.next) == []


def test_the_linter_finds_a_word_that_nobody_has_explained() -> None:
    assert unknown_words("The kubelet reconciles the flux capacitor") == ["reconciles", "flux", "capacitor"]


def test_every_word_of_the_glossary_is_explained_in_one_short_sentence() -> None:
    for word in words().values():
        assert len(word.says.split()) <= WORDS_MAX, word.term
        assert word.says.endswith((".", "?")), word.term
        assert word.is_not, word.term


def test_a_number_takes_its_noun_along() -> None:
    assert [count(n, "pod") for n in (0, 1, 2)] == ["no pods", "1 pod", "2 pods"]
    assert count(2, "copy", "copies") == "2 copies"


def test_a_sentence_has_its_holes_filled() -> None:
    assert tell("node.empty", node="n1") == "n1 runs no pods."
