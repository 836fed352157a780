"""What Kubernetes has repaired without anybody being called: pods replaced, containers started again. Pure.

Counted from what the API still knows: Events live for an hour, a pod's last restart as long as the pod. What is
older is not counted, and the sentence says since when it can tell.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from wherry.api.core.event_parts import Event
from wherry.api.core.pod import Pod
from wherry.apimachinery.timestamps import parse_time
from wherry.narrate.event_templates import REPAIRS
from wherry.narrate.grouping import app_name, moment
from wherry.narrate.sentences import made_object
from wherry.narrate.templates import count

_SCALED = re.compile(r"Scaled up replica set (\S+) from (\d+) to (\d+)")


@dataclass(frozen=True, slots=True)
class Repairs:
    """How many of each, since `since_s` (seconds since 1970)."""

    since_s: float
    pods_replaced: int
    containers_restarted: int

    @property
    def total(self) -> int:
        """All of them."""
        return self.pods_replaced + self.containers_restarted


def count_repairs(events: Sequence[Event], pods: Iterable[Pod], since_s: float) -> Repairs:
    """Count what was repaired since `since_s`.

    A pod was replaced when its owner made more pods than it was told to add, or the same name again.
    """
    recent = [event for event in events if moment(event) >= since_s]
    return Repairs(since_s, _replaced(recent), sum(_restarted(pod, since_s) for pod in pods))


def repairs_sentence(repairs: Repairs, since: str) -> str:
    """The value in plain words."""
    if not repairs.total:
        return REPAIRS["none"].text.format(since=since)
    parts = [
        text
        for number, text in (
            (repairs.pods_replaced, count(repairs.pods_replaced, "pod") + " replaced"),
            (repairs.containers_restarted, count(repairs.containers_restarted, "container") + " started again"),
        )
        if number
    ]
    return REPAIRS["some"].text.format(things=count(repairs.total, "thing"), since=since, parts=", ".join(parts))


def _replaced(events: Iterable[Event]) -> int:
    asked: Counter[tuple[str, str]] = Counter()
    removed: Counter[tuple[str, str]] = Counter()
    made: Counter[tuple[str, str]] = Counter()
    seen: Counter[tuple[str, str, str]] = Counter()
    for event in events:
        about = event.involved_object
        if event.reason == "ScalingReplicaSet" and (match := _SCALED.search(event.message)):
            asked[about.namespace, match[1]] += int(match[3]) - int(match[2])
        elif event.reason == "SuccessfulCreate" and about.kind == "ReplicaSet":
            made[about.namespace, about.name] += event.count or 1
        elif event.reason == "SuccessfulDelete":
            removed[about.namespace, about.name] += event.count or 1
        elif event.reason == "SuccessfulCreate" and about.kind == "StatefulSet":
            seen[about.namespace, about.name, made_object(event.message)] += event.count or 1
    # Of a Deployment's ReplicaSet every growth is told, so what is made without one replaces something. Of others
    # only where growth was told is it known how many pods were asked for.
    replaced = sum(max(0, made[key] - asked[key]) for key in made if key in asked or app_name(key[1]) != key[1])
    again = Counter({key[:2]: 0 for key in seen})
    for key, times in seen.items():
        again[key[:2]] += times - 1
    return replaced + sum(max(0, times - removed[key]) for key, times in again.items())


def _restarted(pod: Pod, since_s: float) -> int:
    created = pod.metadata.creation_timestamp
    is_younger = bool(created) and parse_time(created) >= since_s
    total = 0
    for one in (*pod.status.init_container_statuses, *pod.status.container_statuses):
        last = one.last_state.terminated if one.last_state else None
        if not one.restart_count or (one.state is not None and one.state.running is None):
            continue
        ended_s = parse_time(last.finished_at) if last is not None and last.finished_at else 0.0
        # Of an older pod only the last restart tells its time.
        total += one.restart_count if is_younger else int(ended_s >= since_s)
    return total
