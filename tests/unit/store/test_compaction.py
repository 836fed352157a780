from __future__ import annotations

from wherry.store.compaction import HistoryBudget, HistoryLimits


def budget(**limits: int) -> HistoryBudget:
    return HistoryBudget(HistoryLimits(**{**_defaults(), **limits}), revision=10, superseded_bytes=0, now_s=0)


def _defaults() -> dict[str, int]:
    return {"keep_s": 300, "small_bytes": 100, "max_bytes": 1000, "max_revisions": 50, "mark_every_revisions": 1}


def test_a_small_history_is_kept_however_old_it_is() -> None:
    history = budget()
    history.note(11, 100, 1)
    assert history.forgettable_revision(1_000_000) == 0


def test_a_larger_history_is_kept_for_five_minutes() -> None:
    history = budget()
    history.note(11, 60, 10)
    history.note(12, 60, 20)
    assert history.forgettable_revision(300) == 0
    assert history.forgettable_revision(301) == 10
    assert history.forgettable_revision(301) == 0


def test_a_history_that_is_too_big_is_forgotten_at_once() -> None:
    history = budget()
    for revision in range(11, 31):
        history.note(revision, 100, 1)
    assert history.forgettable_revision(1) == 19


def test_a_history_of_too_many_revisions_is_forgotten_at_once() -> None:
    history = budget()
    for revision in range(11, 81):
        history.note(revision, 0, 1)
    assert history.forgettable_revision(1) == 29


def test_marks_are_few() -> None:
    history = budget(mark_every_revisions=1000)
    for revision in range(11, 500):
        history.note(revision, 0, 1)
    assert history.forgettable_revision(1) == 10
    assert history.forgettable_revision(1) == 0
