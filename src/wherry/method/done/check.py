"""`wherry check`: read a repository and judge what can be seen without running anything."""

from __future__ import annotations

import datetime
from pathlib import Path

from wherry.method.done.agreement import Agreement, apply_waivers, read_agreement
from wherry.method.done.board import Board
from wherry.method.evidence.verdict import judge
from wherry.method.factors.registry import FACTORS
from wherry.method.facts.facts import Facts
from wherry.method.facts.reading import read_facts

# The criteria of contracts are judged by `wherry contract`; done.toml may ask for them.
CONTRACTS = ("contract-explicit", "contract-exposed", "contract-agreed", "contract-verified")
KNOWN = (*(factor.id for factor in FACTORS), *CONTRACTS)


async def check_repository(root: Path, kubectl: Path | None, today: datetime.date) -> Board:
    """Read the repository at `root` and judge it by the team's own standard.

    Raises NothingToCheck and BadAgreement.
    """
    agreement = read_agreement(root, KNOWN)
    return judge_facts(await read_facts(root, kubectl), agreement, today)


def judge_facts(facts: Facts, agreement: Agreement, today: datetime.date) -> Board:
    """The board of what files alone can show. Pure."""
    wanted = [factor for factor in FACTORS if not agreement.requires or factor.id in agreement.requires]
    verdicts = (judge(factor.id, factor.static(facts)) for factor in wanted)
    return Board(facts.name, tuple(apply_waivers(entry, agreement, today) for entry in verdicts))
