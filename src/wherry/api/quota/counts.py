"""Counts objects of any kind, as `count/widgets.example.com`; some kinds also by a name of their own."""

from __future__ import annotations

import msgspec

from wherry.api.quota.interface import Evaluator
from wherry.apimachinery.amounts import ONE, Amounts

COUNTED_AT = "quota.wherry.dev/counted-at"
"""On a status update by the resourcequota controller: a JSON object, by kind the revision up to which it has seen."""

# These were counted before `count/` existed.
OLD_NAMES = {"configmaps", "replicationcontrollers", "resourcequotas", "secrets"}


def count_name(group: str, plural: str) -> str:
    """The name by which a quota counts the objects of a kind."""
    return f"count/{plural}.{group}" if group else f"count/{plural}"


def counting(group: str, plural: str) -> Evaluator:
    """Count the objects of a kind, whatever they are."""
    names = {count_name(group, plural)}
    if not group and plural in OLD_NAMES:
        names.add(plural)
    cost: Amounts = dict.fromkeys(sorted(names), ONE)

    def usage(thing: msgspec.Struct, now_s: float) -> Amounts:
        return cost

    return Evaluator(usage, names.__contains__)
