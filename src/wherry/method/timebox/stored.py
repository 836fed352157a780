"""A timebox as the cluster keeps it, read again: its clock, and what `wherry timebox` has ticked last. Pure."""

from __future__ import annotations

from dataclasses import replace

from wherry.api.method.timebox import Timebox as StoredTimebox
from wherry.apimachinery.timestamps import parse_time
from wherry.method.timebox.clock import Timebox
from wherry.method.timebox.ticks import Facts, Tick, tick_off

NOTED = "seen by wherry timebox"


def clock_of(stored: StoredTimebox) -> Timebox | None:
    """Its clock; None when somebody has written one that cannot be read."""
    spec = stored.spec
    try:
        _ = parse_time(spec.started_at)
    except ValueError:
        return None
    return Timebox(spec.service, spec.started_at, spec.length_seconds)


def ticks_of(stored: StoredTimebox, namespace: str = "") -> list[Tick]:
    """The items as they were ticked last; [] when nobody has looked yet.

    Args:
        stored: the object.
        namespace: where the service lives, for the commands that say it.
    """
    if not stored.status.total:
        return []
    facts = Facts(stored.spec.service, stored.spec.team)
    if namespace:
        facts = replace(facts, namespace=namespace)
    evidence = {entry.item: entry.evidence for entry in stored.status.seen}
    return [
        replace(tick, evidence="" if tick.item.title in stored.status.open else evidence.get(tick.item.name) or NOTED)
        for tick in tick_off(facts)
    ]
