"""C2. Exposed: the running service shows the very contract that it has promised."""

from __future__ import annotations

from wherry.method.evidence.criterion import Criterion, Factor
from wherry.method.evidence.observation import Observation, doubt, not_applicable, supports
from wherry.method.facts.code import imports
from wherry.method.facts.facts import Facts

CRITERION = Criterion(
    "contract-exposed",
    "C2",
    "Contract exposed",
    "The running service shows the very contract that its team has promised, and everybody can find it.",
)
# Web frameworks that describe themselves, and where.
SHOWS_ITSELF = {"fastapi": "/openapi.json"}


def check(facts: Facts) -> list[Observation]:
    """Does the code show its contract at the path that wherry.toml names?"""
    contracts = facts.contracts
    if not contracts.path:
        return [not_applicable("It promises nothing to others, so there is nothing to show.")]
    for module in facts.modules:
        for entry in imports(module):
            if SHOWS_ITSELF.get(entry.name) == contracts.served_at:
                return [supports(f"{entry.name} shows the contract at {contracts.served_at}.", entry.where)]
        if contracts.served_at and contracts.served_at in module.text:
            return [supports(f"The code answers at {contracts.served_at}.", module.path)]
    return [
        doubt(
            f"No code was found that shows the contract at {contracts.served_at or 'any path'}.",
            fix=f"answer GET {contracts.served_at or '/openapi.json'} with the contract, or correct served_at",
        )
    ]


CONTRACT_EXPOSED = Factor(CRITERION, check)
