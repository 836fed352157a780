"""C1. Explicit: what the service promises and what it needs is written down, so that a machine can hold it together."""

from __future__ import annotations

from wherry.method.contracts.sources import PARTIES
from wherry.method.evidence.criterion import Criterion, Factor
from wherry.method.evidence.observation import Observation, against, not_applicable, supports
from wherry.method.facts.facts import Facts

CRITERION = Criterion(
    "contract-explicit",
    "C1",
    "Contract explicit",
    "What the service promises, and what it needs of others, is written down where a machine can compare the two.",
)


def check(facts: Facts) -> list[Observation]:
    """Can both sides of each contract be read?"""
    contracts = facts.contracts
    if contracts.is_alone:
        return [not_applicable("It promises nothing to others and needs nothing of them, as far as its files say.")]
    flaws = (flaw for flaw in contracts.flaws if not flaw.where.startswith(str(PARTIES)))
    found = [against(flaw.says, flaw.where, fix=flaw.fix) for flaw in flaws]
    if contracts.operations:
        count = len(contracts.operations)
        words = f"{count} operations are" if count > 1 else "One operation is"
        found.append(supports(f"{words} promised, in words that a machine can read.", contracts.path))
    found += [
        supports(f"What it needs of {need.provider} is written down: {', '.join(need.requests)}.", need.path)
        for need in contracts.needs
    ]
    return found


CONTRACT_EXPLICIT = Factor(CRITERION, check)
