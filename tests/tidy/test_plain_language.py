"""Everything that a person may read is plain: what commands say, errors, help, and the dashboard.

The sentences about a cluster have a stricter reader (tests/unit/narrate/test_templates.py). Here words of the trade of
building and delivering are known as well: tests/tidy/spoken_words.txt.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from suites.plain_language import PASSIVE, PLAIN, WORDS_MAX, unknown_words
from suites.spoken_texts import SOURCE, Spoken, page_texts, sentences, spoken_texts
from wherry.apiserver.own_words import FIELD_WITHOUT_EFFECT, OBJECT_WITHOUT_EFFECT, TOO_MANY_WRITERS
from wherry.cli.commands.registry import COMMANDS

WORDS = Path(__file__).parent / "spoken_words.txt"
KNOWN = PLAIN | frozenset(WORDS.read_text().split()) | frozenset(COMMANDS)
TEXTS = [*spoken_texts()]
FOLDERS = ("cli/commands", "cli", "dashboard")


def told(found: list[tuple[Spoken, str]]) -> list[str]:
    return [f"{one.where}: {what}" for one, what in found]


def test_texts_are_found_wherever_they_are_written() -> None:
    for folder in FOLDERS:
        assert len([one for one in TEXTS if one.where.startswith(f"{folder}/")]) > 50, folder
    assert "  server: process 0, https://127.0.0.1:0" in {one.text for one in TEXTS}


def test_every_sentence_is_short() -> None:
    long = [(one, part) for one in TEXTS for part in sentences(one.text) if len(part.split()) > WORDS_MAX]
    assert told(long) == []


def test_nobody_hides_behind_a_passive() -> None:
    assert told([(one, part) for one in TEXTS for part in sentences(one.text) if PASSIVE.search(part)]) == []


def test_every_word_is_known() -> None:
    """A new one goes into spoken_words.txt when everybody on a team knows it, else into narrate/glossary.toml."""
    found = {
        f"{word.lower()} ({one.where})"
        for one in TEXTS
        for part in sentences(one.text)
        for word in unknown_words(part.replace("{", "").replace("}", ""), KNOWN)
    }
    assert not found, "unknown words: " + ", ".join(sorted(found))


def test_what_the_api_says_of_its_own_accord_is_found_and_read_here() -> None:
    own = {one.text for one in TEXTS if one.where.startswith("apiserver/")}
    assert {OBJECT_WITHOUT_EFFECT, FIELD_WITHOUT_EFFECT, TOO_MANY_WRITERS} <= own


@pytest.mark.parametrize("warning", [OBJECT_WITHOUT_EFFECT, FIELD_WITHOUT_EFFECT])
def test_a_warning_of_the_api_says_what_follows(warning: str) -> None:
    assert warning.endswith(", so it has no effect")


def test_no_text_of_a_warning_of_the_clusters_own_stands_beside_the_code() -> None:
    """In the API server only Kubernetes' words may stand where they are said: ours are in own_words.py."""
    ours = re.compile(r"[Tt]his cluster|simulated|nothing acts|try again|no way to nodes")
    found = [
        one
        for path in sorted((SOURCE / "apiserver").rglob("*.py"))
        if path.name != "own_words.py"
        for one in page_texts(path)
        if ours.search(one.text)
    ]
    assert found == []


def test_no_word_is_listed_that_nobody_says() -> None:
    listed = WORDS.read_text().split()
    assert listed == sorted(set(listed) - PLAIN), "in order, once, and not among the plain words"


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("The kubelet reconciles the flux capacitor.", True),
        ("The cluster runs.", False),
        ("kubectl reconciles flux", False),
    ],
)
def test_the_reader_finds_what_is_not_plain(text: str, wrong: bool) -> None:
    assert bool([word for part in sentences(text) for word in unknown_words(part, KNOWN)]) == wrong
