"""Who counts what: the kinds with rules of their own, and plain counting for all others."""

from __future__ import annotations

from functools import lru_cache

from wherry.api.quota.claims import CLAIMS_QUOTA
from wherry.api.quota.counts import counting
from wherry.api.quota.interface import Evaluator
from wherry.api.quota.pods import PODS_QUOTA
from wherry.api.quota.services import SERVICES_QUOTA

EVALUATORS: dict[tuple[str, str], Evaluator] = {
    ("", "pods"): PODS_QUOTA,
    ("", "services"): SERVICES_QUOTA,
    ("", "persistentvolumeclaims"): CLAIMS_QUOTA,
}


@lru_cache(maxsize=4096)
def evaluator_for(group: str, plural: str) -> Evaluator:
    """How objects of a kind are counted."""
    return EVALUATORS.get((group, plural)) or counting(group, plural)
