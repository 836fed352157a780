"""Every criterion of the Definition of Done, in the order of the board: the twelve factors, then the services' six."""

from __future__ import annotations

from collections.abc import Collection

from wherry.method.evidence.criterion import Factor
from wherry.method.factors.registry import FACTORS
from wherry.method.services.registry import SERVICES

CRITERIA: tuple[Factor, ...] = (*FACTORS, *SERVICES)
BY_ID = {entry.id: entry for entry in CRITERIA}
KNOWN = tuple(BY_ID)


def required(names: Collection[str]) -> tuple[Factor, ...]:
    """The criteria that a team asks for, in the board's order; all of them when it names none."""
    return tuple(entry for entry in CRITERIA if not names or entry.id in names)
