from __future__ import annotations

from wherry.store.moments import Mark, Moments


def marked(*marks: tuple[int, float]) -> Moments:
    return Moments(Mark(*mark) for mark in marks)


def test_a_moment_between_two_marks_has_everything_that_came_before_the_second() -> None:
    moments = marked((1, 100.0), (5, 200.0), (9, 300.0))
    assert moments.revision_at(100, 12) == 5
    assert moments.revision_at(199, 12) == 5
    assert moments.revision_at(200, 12) == 9
    assert moments.revision_at(1000, 12) == 12


def test_before_the_first_mark_nothing_is_known() -> None:
    assert marked((1, 100.0)).revision_at(99, 12) == 0
    assert Moments().revision_at(99, 12) == 0
    assert Moments().oldest_s is None
    assert marked((1, 100.0)).oldest_s == 100.0


def test_a_mark_is_due_with_the_first_commit_a_second_after_the_last() -> None:
    moments = Moments()
    first = moments.due(1, 100.0)
    assert first == Mark(1, 100.0)
    moments.add(first)
    assert moments.due(7, 100.9) is None
    assert moments.due(8, 101.0) == Mark(8, 101.0)


def test_what_is_forgotten_leaves_the_mark_that_bounds_what_is_not() -> None:
    moments = marked((1, 100.0), (5, 200.0), (9, 300.0))
    moments.forget(5)
    assert moments.oldest_s == 100.0
    moments.forget(6)
    assert moments.oldest_s == 200.0
    assert moments.revision_at(250, 12) == 9
    assert moments.revision_at(150, 12) == 0
    moments.forget(100)
    assert moments.oldest_s == 300.0


def test_when_the_clock_has_been_set_back_a_moment_means_its_second_time() -> None:
    moments = marked((1, 1000.0), (5, 2000.0))
    back = moments.due(9, 1500.0)
    assert back == Mark(9, 1500.0)
    moments.add(back)
    assert moments.revision_at(1600, 12) == 12
    assert moments.revision_at(1200, 12) == 5
