"""What was seen, before anybody judges it: one fact, where it stands, and how to see it again."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Weight(Enum):
    """What an observation does to its criterion."""

    SUPPORTS = "supports"
    NOTE = "note"
    DOUBT = "doubt"
    AGAINST = "against"
    NOT_APPLICABLE = "not applicable"
    FAILED = "failed"


class Method(Enum):
    """How it was seen: in files, in what the team declares, or on something that ran."""

    STATIC = "static"
    DECLARED = "declared"
    LIVE = "live"


@dataclass(frozen=True, slots=True)
class Observation:
    """One thing that was seen.

    `says` is a sentence for everybody, `where` a file and line, `fix` what to do, and `repeat` a
    command that shows it again. What speaks against a criterion always has a `repeat`.
    """

    weight: Weight
    says: str
    where: str = ""
    fix: str = ""
    repeat: str = ""
    method: Method = Method.STATIC

    def __post_init__(self) -> None:
        """A counter-example that nobody can repeat is an opinion."""
        assert self.weight is not Weight.AGAINST or (self.repeat and self.fix), self.says


def supports(says: str, where: str = "") -> Observation:
    """It is as it should be."""
    return Observation(Weight.SUPPORTS, says, where)


def note(says: str, where: str = "") -> Observation:
    """Worth knowing; changes no verdict."""
    return Observation(Weight.NOTE, says, where)


def doubt(says: str, where: str = "", *, fix: str = "") -> Observation:
    """It may be wrong; reading alone cannot say."""
    return Observation(Weight.DOUBT, says, where, fix)


def against(says: str, where: str = "", *, fix: str, repeat: str = "") -> Observation:
    """A counter-example. Without a `repeat` of its own, looking at the place is one."""
    return Observation(Weight.AGAINST, says, where, fix, repeat or show(where))


def not_applicable(says: str) -> Observation:
    """The criterion has nothing to say here, and why."""
    return Observation(Weight.NOT_APPLICABLE, says)


def show(where: str) -> str:
    """The command that shows a place in a file ("src/app.py:12")."""
    path, colon, line = where.rpartition(":")
    if colon and line.isdecimal():
        return f"sed -n {line}p {path}"
    return f"cat {where}" if where else ""
