"""C4. Verified: what runs was asked what its partners ask, and answered as the contract says."""

from __future__ import annotations

from wherry.method.evidence.criterion import Criterion, Factor
from wherry.method.evidence.observation import Observation, doubt, not_applicable
from wherry.method.facts.facts import Facts

CRITERION = Criterion(
    "contract-verified",
    "C4",
    "Contract verified",
    "What runs was asked what its partners ask, and it answered as the contract says.",
)


def check(facts: Facts) -> list[Observation]:
    """Files alone never show it."""
    if facts.contracts.is_alone:
        return [not_applicable("There is no contract to try.")]
    return [doubt("Files cannot show it: a contract is tried on what runs.", fix="wherry prove contract-verified")]


CONTRACT_VERIFIED = Factor(CRITERION, check)
