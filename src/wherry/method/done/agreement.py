"""The team's own Definition of Done: done.toml, in version control beside the code.

version = 1
team = "shop"
requires = ["logs", "config"]          # what counts; without it: all twelve factors
[meaning]
logs = "One line of JSON for each event."
[agreed.logs]                          # who agreed to that meaning, and when; "text" says to which words
ana = {on = 2026-01-31, text = "0f3a6c21b7d9"}
[thresholds]
start_s = 5.0                          # the live experiments' own numbers
[gate]
prod = "done"                          # what an environment asks of a release: open, not refuted, done
[[waiver]]
criterion = "parity"
who = "ana"
why = "prod moves to PostgreSQL 18 in March"
until = 2026-03-31
"""

from __future__ import annotations

import datetime
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Literal

import msgspec

from wherry.method.done.editing import quoted
from wherry.method.evidence.verdict import Verdict, Word

FILE_NAME = "done.toml"


class BadAgreement(Exception):
    """done.toml cannot be used; the message says why."""


class Thresholds(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The team's own numbers for the live experiments; seconds end in _s."""

    start_s: float = 5.0
    share_min: float = 0.15


class Waiver(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A criterion that the team does without for a while: who says so, why, and how long."""

    criterion: str
    who: str
    why: str
    until: datetime.date

    def counts_on(self, today: datetime.date) -> bool:
        """Whether it still counts; its last day is included."""
        return today <= self.until


class Signed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One person's agreement to a meaning: when, and to which words ("": to whichever stood there)."""

    on: datetime.date
    text: str = ""


class Agreement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """done.toml, as it is written."""

    version: int = 1
    team: str = ""
    requires: tuple[str, ...] = ()
    meaning: dict[str, str] = {}
    agreed: dict[str, dict[str, datetime.date | Signed]] = {}
    thresholds: Thresholds = Thresholds()
    waiver: tuple[Waiver, ...] = ()
    gate: dict[str, Literal["open", "not refuted", "done"]] = {}


def read_agreement(root: Path, known: tuple[str, ...]) -> Agreement:
    """The team's done.toml; without one, all of the twelve factors count.

    Args:
        root: the repository.
        known: every criterion that there is; a name that is none of them is refused.
    """
    path = root / FILE_NAME
    if not path.is_file():
        return Agreement()
    try:
        found = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), Agreement)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, UnicodeDecodeError) as error:
        raise BadAgreement(f"{path} cannot be used: {error}") from error
    for name in (*found.requires, *found.meaning, *found.agreed, *(entry.criterion for entry in found.waiver)):
        if name not in known:
            raise BadAgreement(f'{path}: there is no criterion "{name}" (there are: {", ".join(known)})')
    for entry in found.waiver:
        if not entry.who.strip() or not entry.why.strip():
            raise BadAgreement(f"{path}: the waiver of {entry.criterion} needs a name and a reason (who, why)")
    return found


def apply_waivers(verdict: Verdict, agreement: Agreement, today: datetime.date) -> Verdict:
    """The verdict after the team's waivers: what is true already needs none, and an expired one is said."""
    mine = [entry for entry in agreement.waiver if entry.criterion == verdict.criterion]
    if not mine or verdict.word in (Word.PROVED, Word.SUPPORTED, Word.NOT_APPLICABLE):
        return verdict
    last = max(mine, key=lambda entry: entry.until)
    if last.counts_on(today):
        says = (
            f"Waived by {last.who} until {last.until}: {last.why.rstrip('.')}. ({verdict.word.value}: {verdict.says})"
        )
        return replace(verdict, word=Word.WAIVED, says=says)
    return replace(verdict, says=f"{verdict.says} The waiver of {last.who} ended on {last.until}.")


def waiver_text(waiver: Waiver) -> str:
    """A waiver as it is appended to done.toml."""
    lines = [f"{name} = {quoted(getattr(waiver, name))}" for name in ("criterion", "who", "why")]
    return "\n".join(["", "[[waiver]]", *lines, f"until = {waiver.until.isoformat()}", ""])
