"""The board: all verdicts of a service, and the one sentence that a gate needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from wherry.method.evidence.verdict import Verdict, Word

COMMAND = "wherry "
DONE = frozenset({Word.PROVED, Word.SUPPORTED, Word.NOT_APPLICABLE})


@dataclass(frozen=True, slots=True)
class Board:
    """The verdicts of one service for one release, in the criteria's order. `digest` is "" for bare files."""

    service: str
    verdicts: tuple[Verdict, ...]
    digest: str = ""

    @property
    def done(self) -> tuple[Verdict, ...]:
        """What is true, as far as it was shown."""
        return tuple(entry for entry in self.verdicts if entry.word in DONE)

    @property
    def waived(self) -> tuple[Verdict, ...]:
        """What the team does without for a while."""
        return tuple(entry for entry in self.verdicts if entry.word is Word.WAIVED)

    @property
    def missing(self) -> tuple[Verdict, ...]:
        """What stands between this release and done."""
        return tuple(entry for entry in self.verdicts if entry.word not in DONE and entry.word is not Word.WAIVED)

    @property
    def is_done(self) -> bool:
        """Whether a gate lets it through."""
        return bool(self.verdicts) and not self.missing

    @property
    def sentence(self) -> str:
        """How far it is: "Done: 11 of 15; 1 waived; 3 not."."""
        parts = [f"Done: {len(self.done)} of {len(self.verdicts)}"]
        if self.waived:
            parts.append(f"{len(self.waived)} waived")
        if self.missing:
            parts.append(f"{len(self.missing)} not")
        return "; ".join(parts) + "."

    @property
    def words(self) -> Mapping[str, Word]:
        """The words alone, by criterion."""
        return {entry.criterion: entry.word for entry in self.verdicts}


def way_out(entry: Verdict, environment: str = "") -> str:
    """The command that comes next for a criterion that is missing: what mends it, if that is one, else its trial.

    `environment` is where to try it; "" for the first one.
    """
    is_command = entry.word is not Word.REFUTED and entry.fix.startswith(COMMAND)
    place = f" --in {environment}" if environment else ""
    return entry.fix if is_command else f"{COMMAND}prove {entry.criterion}{place}"
