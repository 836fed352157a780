"""What is kept of a board, and what can be told from it later: what changed, and how many were done when."""

from __future__ import annotations

from wherry.api.method.board import BoardSpec
from wherry.method.done.agreement import Agreement
from wherry.method.done.board import Board
from wherry.method.done.criteria import BY_ID
from wherry.method.done.history import (
    CHANGES_MAX,
    board_of,
    changes_since,
    progress,
    record,
    with_meanings,
    with_review,
    words_at,
)
from wherry.method.done.meanings import meanings
from wherry.method.evidence.verdict import Verdict, Word

MONDAY, TUESDAY, WEDNESDAY = (f"2026-01-0{day}T12:00:00Z" for day in (5, 6, 7))


def board(**words: Word) -> Board:
    return Board("orders", tuple(Verdict(name, word, f"{name}.", fix="mend it") for name, word in words.items()), "d1")


def three_days() -> BoardSpec:
    """logs is mended on Tuesday and the sprint reviewed; on Wednesday admin breaks and parity is not asked for."""
    kept = record(None, board(logs=Word.REFUTED, admin=Word.PROVED, parity=Word.WAIVED), at=MONDAY, release="r1")
    kept = record(kept, board(logs=Word.PROVED, admin=Word.PROVED, parity=Word.WAIVED), at=TUESDAY, release="r2")
    kept = with_review(kept, "Sprint 1", "ana")
    return record(kept, board(logs=Word.PROVED, admin=Word.REFUTED), at=WEDNESDAY, release="r3")


def test_a_board_that_stands_still_adds_nothing() -> None:
    kept = record(None, board(logs=Word.PROVED), at=MONDAY)
    again = record(kept, board(logs=Word.PROVED), at=TUESDAY)
    assert again.changes == kept.changes
    assert again.at == TUESDAY


def test_what_was_known_at_a_moment_is_told_from_the_changes_since() -> None:
    kept = three_days()
    assert words_at(kept, MONDAY) == {"logs": "Refuted", "admin": "Proved", "parity": "Waived"}
    assert words_at(kept, TUESDAY) == {"logs": "Proved", "admin": "Proved", "parity": "Waived"}
    assert words_at(kept, "2026-01-01T00:00:00Z") == {}


def test_what_changed_since_a_review_is_named_once_with_the_release_that_did_it() -> None:
    found = [(one.criterion, one.before, one.after, one.release) for one in changes_since(three_days(), TUESDAY)]
    assert found == [("admin", "Proved", "Refuted", "r3"), ("parity", "Waived", "", "r3")]


def test_what_went_back_to_what_it_was_has_not_changed() -> None:
    kept = record(three_days(), board(logs=Word.PROVED, admin=Word.PROVED, parity=Word.WAIVED), at=WEDNESDAY)
    assert changes_since(kept, TUESDAY) == ()


def test_the_burn_up_counts_what_is_done_or_waived_at_each_review() -> None:
    assert [(one.name, one.done, one.total) for one in progress(three_days())] == [
        ("the first time", 2, 3),
        ("Sprint 1", 3, 3),
        ("now", 1, 2),
    ]


def test_a_review_of_the_same_name_is_moved() -> None:
    kept = with_review(three_days(), "Sprint 1", "ben")
    assert [(one.name, one.at, one.by) for one in kept.reviews] == [("Sprint 1", WEDNESDAY, "ben")]


def test_only_so_many_changes_are_kept_and_the_newest_are() -> None:
    kept: BoardSpec | None = None
    for number in range(CHANGES_MAX + 10):
        kept = record(kept, board(logs=Word.PROVED if number % 2 else Word.REFUTED), at=MONDAY, release=f"r{number}")
    assert kept is not None
    assert len(kept.changes) == CHANGES_MAX
    assert kept.changes[-1].release == f"r{CHANGES_MAX + 9}"


def test_the_board_is_read_back_as_it_was_kept() -> None:
    shown = board(logs=Word.REFUTED, admin=Word.PROVED)
    found = board_of(record(None, shown, at=MONDAY))
    assert found.sentence == shown.sentence
    assert [(entry.criterion, entry.word, entry.fix) for entry in found.verdicts] == [
        ("logs", Word.REFUTED, "mend it"),
        ("admin", Word.PROVED, "mend it"),
    ]


def test_who_has_not_agreed_yet_is_kept_for_everybody_to_see() -> None:
    agreement = Agreement(meaning={"logs": "One line."})
    kept = with_meanings(three_days(), meanings(agreement, [BY_ID["logs"].criterion], ("ana",)))
    assert [(one.words, one.agreed, one.missing) for one in kept.meanings] == [("One line.", (), ("ana",))]
