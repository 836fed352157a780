"""What happened during a trial, as a few numbers that fit into its proof."""

from __future__ import annotations

import msgspec

from wherry.api.method.proof import ProofTimeline
from wherry.method.twins.recording import STEPS_MAX, Recording, timeline


def test_requests_are_added_up_and_a_copy_that_was_away_for_a_moment_is_seen() -> None:
    found = Recording(100.0)
    for at_s, copies in ((100.0, 2), (103.1, 1), (103.19, 2)):
        found.ready(at_s, copies)
    for tenth in range(60):
        found.answered(100.0 + tenth / 10, is_good=tenth != 31)
    kept = timeline(found, 6.0, [3.1])
    assert kept.step_seconds == 0.2
    assert sum(kept.requests) == 60
    assert [at for at, number in enumerate(kept.failures) if number] == [15]
    assert [at for at, number in enumerate(kept.ready) if number < 2] == [15]
    assert kept.marks == (3.1,)


def test_a_long_trial_with_many_requests_stays_small() -> None:
    found = Recording()
    for number in range(100_000):
        found.answered(number / 600, is_good=True)
        found.ready(number / 600, number % 3)
    kept = timeline(found, 170.0, [float(number) for number in range(20)])
    assert len(kept.requests) == len(kept.ready) == STEPS_MAX
    assert sum(kept.requests) == 100_000
    assert len(msgspec.json.encode(kept)) < 2_000


def test_what_ends_later_than_the_trial_is_its_last_step() -> None:
    found = Recording()
    found.answered(9.9, is_good=False)
    assert timeline(found, 1.0).failures[-1] == 1


def test_a_trial_that_asks_for_nothing_has_no_rows() -> None:
    assert timeline(Recording(), 3.0) == ProofTimeline()


def test_a_second_trial_goes_on_where_the_first_one_began() -> None:
    first, second = Recording(100.0), Recording(107.0)
    first.answered(101.0, is_good=False)
    first.ready(100.5, 1)
    second.answered(108.0, is_good=True)
    second.ready(107.5, 2)
    both = second.after(first)
    assert (both.began_s, both.requests, both.copies) == (100.0, [(1.0, False), (8.0, True)], [(0.5, 1), (7.5, 2)])
