"""How the work of several copies is judged."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from wherry.method.experiments.concurrency import judge_counts, judge_work
from wherry.method.experiments.throughput import judge_throughput


@pytest.mark.parametrize(
    ("counts", "weight"),
    [({"a": 30, "b": 30, "c": 40}, "supports"), ({"a": 5, "b": 45, "c": 50}, "doubt"), ({"a": 0, "b": 0}, "doubt")],
)
def test_every_copy_has_its_share(counts: Mapping[str, int], weight: str) -> None:
    assert judge_work([], counts, 0.15)[0].weight.value == weight


@pytest.mark.parametrize(
    ("counts", "once", "weight"),
    [
        ({"a": 1, "b": 1}, 1, "note"),
        ({"a": 2, "b": 2}, 2, "note"),
        ({"a": 0, "b": 1}, 1, "note"),
        ({"a": 2}, 1, "against"),
    ],
)
def test_what_is_there_more_often_than_after_one_journey_was_done_twice(
    counts: Mapping[str, int], once: int, weight: str
) -> None:
    assert judge_counts("/x", counts, once)[0].weight.value == weight


@pytest.mark.parametrize(
    ("alone", "one", "several", "weight", "words"),
    [
        (1000.0, 200.0, 500.0, "note", "2.5 times"),
        (300.0, 200.0, 250.0, "doubt", "this machine is too small"),
        (1000.0, 200.0, 250.0, "doubt", "only 1.2 times"),
    ],
)
def test_a_machine_that_is_too_small_shows_nothing_and_that_is_said(
    alone: float, one: float, several: float, weight: str, words: str
) -> None:
    found = judge_throughput(alone, one, several, 3)
    assert (found.weight.value, words in found.says) == (weight, True)
