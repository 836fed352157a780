"""`wherry check`: read a repository and judge what can be seen without running anything."""

from __future__ import annotations

import datetime
from pathlib import Path

from wherry.method.done.agreement import Agreement, apply_waivers, read_agreement
from wherry.method.done.board import Board
from wherry.method.done.criteria import KNOWN, required
from wherry.method.evidence.verdict import judge
from wherry.method.facts.facts import Facts
from wherry.method.facts.reading import read_facts


async def check_repository(root: Path, kubectl: Path | None, today: datetime.date) -> Board:
    """Read the repository at `root` and judge it by the team's own standard.

    Raises NothingToCheck and BadAgreement.
    """
    agreement = read_agreement(root, KNOWN)
    return judge_facts(await read_facts(root, kubectl), agreement, today)


def judge_facts(facts: Facts, agreement: Agreement, today: datetime.date) -> Board:
    """The board of what files alone can show. Pure."""
    verdicts = (judge(entry.id, entry.static(facts)) for entry in required(agreement.requires))
    return Board(facts.name, tuple(apply_waivers(entry, agreement, today) for entry in verdicts))
