"""How a board has changed: what is kept of it, what is new since a moment, and how many criteria were done when.

Only changes are kept, so a board that stands still costs nothing. What was known at a moment is today's board with the
later changes taken back:

    now:      logs Proved, config Refuted
    changes:  (Monday, logs, "" -> Refuted), (Tuesday, logs, Refuted -> Proved), (Tuesday, config, "" -> Refuted)
    on Monday evening: logs Refuted
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import msgspec

from wherry.api.method.board import BoardChange, BoardMeaning, BoardReview, BoardSpec, BoardVerdict
from wherry.method.done.board import DONE, Board
from wherry.method.done.meanings import Meaning
from wherry.method.evidence.verdict import Verdict, Word

CHANGES_MAX = 1000
REVIEWS_MAX = 200
DONE_WORDS = frozenset(word.value for word in DONE)
COUNTED = DONE_WORDS | {Word.WAIVED.value}


@dataclass(frozen=True, slots=True)
class Point:
    """How many criteria were done (or waived) at a moment, and what people called it."""

    at: str
    name: str
    done: int
    total: int


def record(previous: BoardSpec | None, board: Board, *, at: str, release: str = "", environment: str = "") -> BoardSpec:
    """What is kept of a board, with what has changed since it was kept last. Pure.

    Args:
        previous: as it was kept; None the first time.
        board: as it was judged now.
        at: now, as Kubernetes writes times.
        release: its name.
        environment: for which it was made.
    """
    before = words(previous)
    after = {entry.criterion: entry.word.value for entry in board.verdicts}
    changed = tuple(
        BoardChange(at=at, criterion=name, before=before.get(name, ""), after=after.get(name, ""), release=release)
        for name in dict.fromkeys((*after, *before))
        if before.get(name, "") != after.get(name, "")
    )
    kept = previous if previous is not None else BoardSpec(service=board.service, at=at)
    return msgspec.structs.replace(
        kept,
        at=at,
        sentence=board.sentence,
        release=release,
        digest=board.digest,
        environment=environment,
        verdicts=tuple(map(_kept, board.verdicts)),
        changes=(*kept.changes, *changed)[-CHANGES_MAX:],
    )


def with_meanings(spec: BoardSpec, meanings: Iterable[Meaning]) -> BoardSpec:
    """The record with what each criterion means to the team."""
    kept = (
        BoardMeaning(
            criterion=one.criterion, words=one.words, agreed=tuple(name for name, _ in one.agreed), missing=one.missing
        )
        for one in meanings
    )
    return msgspec.structs.replace(spec, meanings=tuple(kept))


def with_review(spec: BoardSpec, name: str, by: str) -> BoardSpec:
    """The record with a marker at its own moment. One of the same name is moved."""
    done, total = count(words(spec))
    review = BoardReview(name=name, at=spec.at, by=by, done=done, total=total)
    others = tuple(one for one in spec.reviews if one.name != name)
    return msgspec.structs.replace(spec, reviews=(*others, review)[-REVIEWS_MAX:])


def words(spec: BoardSpec | None) -> dict[str, str]:
    """The verdicts' words, by criterion."""
    return {entry.criterion: entry.verdict for entry in spec.verdicts} if spec is not None else {}


def count(found: Mapping[str, str]) -> tuple[int, int]:
    """How many criteria are done or waived, of how many."""
    return sum(word in COUNTED for word in found.values()), len(found)


def words_at(spec: BoardSpec, at: str) -> dict[str, str]:
    """The words as they were at a moment."""
    found = words(spec)
    for change in reversed(spec.changes):
        if change.at <= at:
            break
        if change.before:
            found[change.criterion] = change.before
        else:
            found.pop(change.criterion, None)
    return found


def changes_since(spec: BoardSpec, at: str) -> tuple[BoardChange, ...]:
    """What is other than it was at a moment: one for each criterion, with the time of its last change."""
    before, now = words_at(spec, at), words(spec)
    last = {change.criterion: change for change in spec.changes if change.at > at}
    return tuple(
        BoardChange(
            at=last[name].at,
            criterion=name,
            before=before.get(name, ""),
            after=now.get(name, ""),
            release=last[name].release,
        )
        for name in dict.fromkeys((*now, *before))
        if before.get(name, "") != now.get(name, "") and name in last
    )


def progress(spec: BoardSpec) -> tuple[Point, ...]:
    """How many criteria were done at the first judgement, at each review, and at the last judgement."""
    points = []
    if spec.changes:
        first = spec.changes[0].at
        points.append(Point(first, "the first time", *count(words_at(spec, first))))
    points += [Point(one.at, one.name, one.done, one.total) for one in spec.reviews]
    points.append(Point(spec.at, "now", *count(words(spec))))
    return tuple(points)


def burn_up(spec: BoardSpec) -> tuple[Point, ...]:
    """How many criteria were done (or waived) after each change, and now; a review is a point with its name."""
    moments = dict.fromkeys((change.at for change in spec.changes), "")
    for one in spec.reviews:
        moments[one.at] = one.name
    moments.setdefault(spec.at, "")
    return tuple(Point(at, name, *count(words_at(spec, at))) for at, name in sorted(moments.items()))


def board_of(spec: BoardSpec) -> Board:
    """The board as it was kept, for whoever shows it. What was seen in detail is in the proofs."""
    return Board(spec.service, tuple(map(_read, spec.verdicts)), spec.digest)


def _kept(entry: Verdict) -> BoardVerdict:
    return BoardVerdict(
        criterion=entry.criterion,
        verdict=entry.word.value,
        says=entry.says,
        fix=entry.fix,
        repeat=entry.repeat,
        digest=entry.digest,
    )


def _read(kept: BoardVerdict) -> Verdict:
    known = {word.value: word for word in Word}
    word = known.get(kept.verdict, Word.NOT_SHOWN)
    return Verdict(kept.criterion, word, kept.says, digest=kept.digest, fix=kept.fix, repeat=kept.repeat)
