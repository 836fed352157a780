"""Who decided what, when and why: the masters' diary, which becomes the story that people read."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from wherry.apimachinery.meta import ObjectKey
from wherry.kit.log import get_logger

DECISIONS_MAX = 2000
"""Decisions kept in memory: some 400 KB, a rollout of a hundred pods several times over."""

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Decision:
    """One thing that was done.

    `component` did `action` (create, patch, patch status, delete, delete all, say) to the object of
    `kind` at `key`, at `time_s` seconds since 1970, because of `why`.
    """

    time_s: float
    component: str
    kind: str
    key: ObjectKey
    action: str
    why: str


class Journal:
    """The last decisions, oldest first."""

    def __init__(self, decisions_max: int = DECISIONS_MAX) -> None:
        """Empty; older decisions make room for newer ones."""
        self._decisions: deque[Decision] = deque(maxlen=decisions_max)
        self._subscribers: list[Callable[[Decision], None]] = []

    def __iter__(self) -> Iterator[Decision]:
        """The decisions, oldest first; the caller's own copy."""
        return iter([*self._decisions])

    def __len__(self) -> int:
        """How many are kept."""
        return len(self._decisions)

    def record(self, decision: Decision) -> None:
        """Note a decision, log it and tell the subscribers."""
        self._decisions.append(decision)
        log.debug(
            "Decided",
            component=decision.component,
            action=decision.action,
            kind=decision.kind,
            key=str(decision.key),
            why=decision.why,
        )
        for subscriber in [*self._subscribers]:
            subscriber(decision)

    def subscribe(self, subscriber: Callable[[Decision], None]) -> Callable[[], None]:
        """Call `subscriber` for every decision from now on; returns what ends that. It must not block."""
        self._subscribers.append(subscriber)
        return lambda: self._subscribers.remove(subscriber)
