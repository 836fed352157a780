"""What each criterion means to a team, who has agreed to that, and who has not yet.

The words stand in done.toml, so version control says who wrote them and when. An agreement names the words that it is
about by a mark: whoever changes them later has nobody's agreement any more.
"""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from wherry.method.contracts.parties import read_parties
from wherry.method.contracts.reading import BrokenDocument
from wherry.method.contracts.sources import PARTIES
from wherry.method.done.agreement import Agreement, Signed
from wherry.method.evidence.criterion import Criterion

MARK_CHARS = 12
Standing = Literal["no words", "nobody", "some", "all"]


@dataclass(frozen=True, slots=True)
class Meaning:
    """One criterion as a team understands it.

    `agreed` are the people who agreed to these very words, with the day; `outdated` those who agreed to other words
    before; `missing` are all of the team who have not agreed to these.
    """

    criterion: str
    title: str
    words: str
    agreed: tuple[tuple[str, datetime.date], ...] = ()
    outdated: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def standing(self) -> Standing:
        """How far the team is with it."""
        if not self.words:
            return "no words"
        if not self.agreed:
            return "nobody"
        return "some" if self.missing else "all"


def team_of(root: Path, team: str) -> tuple[str, ...]:
    """The people of a team, as contracts/parties.yaml has them; nobody where it cannot be read."""
    try:
        return read_parties(root / PARTIES).people(team)
    except BrokenDocument:
        return ()


def mark_of(words: str) -> str:
    """Stands for the words of a meaning; spaces and line ends do not matter."""
    return hashlib.sha256(" ".join(words.split()).encode()).hexdigest()[:MARK_CHARS]


def meanings(agreement: Agreement, criteria: Iterable[Criterion], people: Iterable[str]) -> tuple[Meaning, ...]:
    """Where the team stands with each criterion. Pure.

    Args:
        agreement: done.toml.
        criteria: which ones, in order.
        people: who belongs to the team (contracts/parties.yaml).
    """
    team = tuple(people)
    return tuple(_meaning(agreement, criterion, team) for criterion in criteria)


def _meaning(agreement: Agreement, criterion: Criterion, team: tuple[str, ...]) -> Meaning:
    words = agreement.meaning.get(criterion.id, "")
    agreed: list[tuple[str, datetime.date]] = []
    outdated = []
    for name, entry in sorted(agreement.agreed.get(criterion.id, {}).items()):
        signed = entry if isinstance(entry, Signed) else Signed(entry)
        if words and signed.text in ("", mark_of(words)):
            agreed.append((name, signed.on))
        else:
            outdated.append(name)
    names = {name for name, _ in agreed}
    missing = tuple(name for name in dict.fromkeys((*team, *outdated)) if name not in names)
    return Meaning(criterion.id, criterion.title, words, tuple(agreed), tuple(outdated), missing)


def signature_text(words: str, on: datetime.date) -> str:
    """An agreement to these words, as done.toml has it."""
    return f'{{on = {on.isoformat()}, text = "{mark_of(words)}"}}'
