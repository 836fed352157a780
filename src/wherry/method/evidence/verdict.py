"""Verdicts, and the rule that makes them: a word, and what it rests on.

Refuted needs a counter-example that the reader can repeat. Proved needs a live run on this very
release. Everything else says that it is less. A verdict belongs to one release (`digest`) and to no
other: with the next one it is Stale.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from wherry.method.evidence.observation import Method, Observation, Weight


class Word(Enum):
    """The eight answers to "is it true of this release?"."""

    PROVED = "Proved"
    SUPPORTED = "Supported"
    REFUTED = "Refuted"
    NOT_SHOWN = "Not shown"
    NOT_APPLICABLE = "Not applicable"
    WAIVED = "Waived"
    STALE = "Stale"
    ERROR = "Error"


# Worst first: what decides when the words of several runs meet.
SYMBOLS = {
    Word.PROVED: "✓✓",
    Word.SUPPORTED: "✓",
    Word.REFUTED: "✗",
    Word.NOT_SHOWN: "?",
    Word.NOT_APPLICABLE: "-",
    Word.WAIVED: "w",
    Word.STALE: "~",
    Word.ERROR: "!",
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is known about one criterion of one release.

    `says` is the sentence for the board; `digest` is the release that it belongs to ("": files that
    were never released).
    """

    criterion: str
    word: Word
    says: str
    observations: tuple[Observation, ...] = ()
    digest: str = ""
    fix: str = ""
    repeat: str = ""


def judge(criterion: str, observations: Iterable[Observation], *, digest: str = "") -> Verdict:
    """Make one verdict out of everything that was observed about a criterion."""
    seen = tuple(observations)
    word, decisive = _decide(seen, digest)
    # Where nothing speaks for or against it, what was noticed says why.
    words = decisive or _first(seen, Weight.NOTE)
    says = words.says if words is not None else "Nothing was found that speaks for or against it."
    return Verdict(
        criterion,
        word,
        says,
        seen,
        digest,
        fix=decisive.fix if decisive is not None else "",
        repeat=decisive.repeat if decisive is not None else "",
    )


def _decide(seen: Sequence[Observation], digest: str) -> tuple[Word, Observation | None]:
    live = [entry for entry in seen if entry.method is Method.LIVE]
    if (found := _first(seen, Weight.AGAINST)) is not None:
        return Word.REFUTED, found
    if (found := _first(live, Weight.FAILED)) is not None:
        return Word.ERROR, found
    if (found := _first(seen, Weight.NOT_APPLICABLE)) is not None:
        return Word.NOT_APPLICABLE, found
    shown = _first(live, Weight.SUPPORTS)
    if shown is not None and _first(live, Weight.DOUBT) is None and digest:
        # What reading could only doubt, running has answered.
        return Word.PROVED, shown
    if (found := _first([*live, *seen], Weight.DOUBT)) is not None:
        return Word.NOT_SHOWN, found
    if (found := _first(seen, Weight.SUPPORTS)) is not None:
        return Word.SUPPORTED, found
    return Word.NOT_SHOWN, None


def _first(seen: Sequence[Observation], weight: Weight) -> Observation | None:
    return next((entry for entry in seen if entry.weight is weight), None)


def for_release(verdict: Verdict, digest: str) -> Verdict:
    """The verdict as it counts for a release: one about another release is Stale."""
    if verdict.digest == digest:
        return verdict
    was = verdict.word.value
    about = verdict.digest.removeprefix("sha256:")[:12] or "files that were not released"
    return replace(
        verdict,
        word=Word.STALE,
        says=f"It was {was} for another release ({about}).",
        fix="",
        repeat=f"wherry prove {verdict.criterion}",
    )
