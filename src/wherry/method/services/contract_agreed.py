"""C3. Agreed: a person of each team has signed both documents as they are today. Who has, the cluster knows."""

from __future__ import annotations

from wherry.method.contracts.sources import PARTIES
from wherry.method.evidence.criterion import Criterion, Factor
from wherry.method.evidence.observation import Observation, against, doubt, not_applicable
from wherry.method.facts.facts import Facts

CRITERION = Criterion(
    "contract-agreed",
    "C3",
    "Contract agreed",
    "A person of each team has signed the contract as it is today.",
)


def check(facts: Facts) -> list[Observation]:
    """Is it said who may sign? More than that files cannot show."""
    contracts = facts.contracts
    if contracts.is_alone:
        return [not_applicable("There is no contract to agree to.")]
    broken = [flaw for flaw in contracts.flaws if flaw.where.startswith(str(PARTIES))]
    if broken:
        return [against(flaw.says, flaw.where, fix=flaw.fix) for flaw in broken]
    if not contracts.people:
        says = f"No file says who may sign for {contracts.team}."
        return [doubt(says, str(PARTIES), fix=f"write in {PARTIES}: teams: {{{contracts.team}: [ana]}}")]
    return [doubt("Files cannot show who has signed: that stands in the cluster.", fix="wherry contract list")]


CONTRACT_AGREED = Factor(CRITERION, check)
