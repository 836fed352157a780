"""The glossary: found however it is written, whole, and the same on its page."""

from __future__ import annotations

from pathlib import Path

import pytest

from wherry.api.registry import RESOURCE_TYPES
from wherry.narrate.glossary import as_markdown, find_word, is_name, near_words, words, words_in

PAGE = Path(__file__).parents[3] / "docs" / "glossary.md"


def test_the_page_is_what_the_words_say() -> None:
    assert PAGE.read_text() == as_markdown(), "scripts/generate-glossary writes it anew"


def test_there_are_the_words_that_a_person_meets() -> None:
    assert len(words()) >= 80


@pytest.mark.parametrize("text", ["Pod", "pods", "PODS", " pod "])
def test_a_word_is_found_however_it_is_written(text: str) -> None:
    found = find_word(text)
    assert found is not None
    assert found.term == "pod"


@pytest.mark.parametrize(
    ("text", "term"),
    [("ConfigMap", "config map"), ("replica-set", "replica set"), ("persistentvolumeclaim", "storage claim"),
     ("svc", "service"), ("HorizontalPodAutoscaler", "autoscaler")],
)  # fmt: skip
def test_kubernetes_own_spelling_is_known_too(text: str, term: str) -> None:
    found = find_word(text)
    assert found is not None
    assert found.term == term


def test_a_mistyped_word_is_not_found_but_near() -> None:
    assert find_word("deploymnt") is None
    assert "deployment" in near_words("deploymnt")


def test_what_is_counted_is_a_kind_that_there_is() -> None:
    kinds = {resource.kind for resource in RESOURCE_TYPES}
    assert {word.counts for word in words().values() if word.counts} - kinds == set()


def test_the_word_for_kubectl_is_a_plural_that_there_is() -> None:
    plurals = {resource.plural for resource in RESOURCE_TYPES}
    assert {word.kubectl for word in words().values() if word.kubectl} - plurals == set()


def test_no_spelling_means_two_things() -> None:
    spellings = [text.lower() for word in words().values() for text in (word.term, *word.also)]
    assert [text for text in set(spellings) if spellings.count(text) > 1] == []


def test_the_words_in_a_sentence_can_be_asked_about() -> None:
    text = "The replica set controller created a pod."
    assert [text[start:end] for start, end, _ in words_in(text)] == ["replica set", "controller", "pod"]


def test_names_are_no_words() -> None:
    text = "The API of api-7d9d4 on my-node: api has no pod."
    assert [text[at[0] : at[1]] for at in words_in(text) if not is_name(text, *at)] == ["API", "pod"]
