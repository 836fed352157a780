"""Search: everything in the cluster that fits what somebody types, the likeliest first. Pure.

Each word that is typed must stand in the name, the namespace or the kind: "shop web", "pod db".
"""

from __future__ import annotations

from collections.abc import Sequence

from wherry.narrate.facts import Snapshot
from wherry.narrate.find import Target, all_targets, rank

EXACT, BEGINS, HOLDS, ELSEWHERE = range(4)


def search(snapshot: Snapshot, said: str) -> Sequence[Target]:
    """Whatever fits every word of `said`, in any case: names as typed first, then names that begin so."""
    asked = said.lower().replace("/", " ").split()
    if not asked:
        return ()
    found = [(_nearness(one, asked), rank(one), one) for one in all_targets(snapshot) if _fits(one, asked)]
    return [one for *_, one in sorted(found, key=lambda entry: (entry[0], entry[1], entry[2].name, entry[2].namespace))]


def _fits(target: Target, asked: Sequence[str]) -> bool:
    known = f"{target.name} {target.namespace} {target.kind}".lower()
    return all(word in known for word in asked)


def _nearness(target: Target, asked: Sequence[str]) -> int:
    """How near its name is to the nearest word."""
    name = target.name.lower()
    if name in asked:
        return EXACT
    if any(name.startswith(word) for word in asked):
        return BEGINS
    return HOLDS if any(word in name for word in asked) else ELSEWHERE
