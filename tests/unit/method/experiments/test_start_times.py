"""How start times are judged, beside a pod that does nothing."""

from __future__ import annotations

import pytest

from wherry.method.experiments.start_times import StartTimes, judge_starts, p95


@pytest.mark.parametrize(
    ("own", "idle", "weight"),
    [
        ((1.0, 1.2, 1.1, 9.0, 1.0), (0.1,) * 5, "note"),
        ((6.0,) * 5, (0.1,) * 5, "against"),
        ((6.0,) * 5, (), "against"),
        ((6.0,) * 5, (3.0,) * 5, "doubt"),
    ],
)
def test_a_slow_machine_is_not_the_services_fault(own: tuple[float, ...], idle: tuple[float, ...], weight: str) -> None:
    (found,) = judge_starts(StartTimes(own, idle), 5.0)
    assert found.weight.value == weight


def test_the_words_have_the_median_the_95th_of_a_hundred_and_the_idle_pod() -> None:
    times = StartTimes((1.0, 2.0, 3.0, 4.0, 5.0), (0.5,) * 5)
    assert p95(times.own) == 5.0
    assert times.words == "3.00 s (95 of 100 within 5.00 s, beside 0.50 s of a pod that does nothing)"


def test_what_was_slow_beside_other_experiments_has_to_be_measured_alone() -> None:
    times = StartTimes((6.0,) * 5, (0.1,) * 5)
    (found,) = judge_starts(times, 5.0, is_alone=False)
    assert (found.weight.value, "tried alone" in found.says) == ("doubt", True)
    (fast,) = judge_starts(StartTimes((1.0,) * 5), 5.0, is_alone=False)
    assert fast.weight.value == "note"
