"""The pods that wait for a node: those to look at now, those that back off, those that wait for an event.

    add ──> active ──pop──> (decided) ──fits──> gone
              ▲                 │
              │              refused
        back-off over           ▼
              └── backing off <── waiting ── something relevant happens, or five minutes pass

Active pods come out by priority, then in the order in which they came. A pod that has been refused is
looked at again when something happens that a plugin which refused it cares about: at once the first three
times, after that with a back-off (1 s, doubling to 10 s). Pure: the caller tells the time.
"""

from __future__ import annotations

import heapq
import itertools
from dataclasses import dataclass
from random import Random

from wherry.apimachinery.meta import ObjectKey
from wherry.scheduler.framework import Happening
from wherry.scheduler.pod_info import PodInfo

# Source: kubernetes pkg/scheduler/apis/config: podInitialBackoffSeconds, podMaxBackoffSeconds.
BACKOFF_INITIAL_S = 1.0
BACKOFF_MAX_S = 10.0
# Spreads the retries of pods that failed together, such as when the API server is away.
BACKOFF_JITTER = 0.1
# A node that joins is added, reports what it has, and loses its not-ready taint: none of these may cost the
# pods that wait for it a second.
PROMPT_ATTEMPTS = 3
# In case an event that would have helped is not on any plugin's list.
WAITING_MAX_S = 300.0


@dataclass(slots=True, eq=False)
class QueuedPod:
    """A pod in the queue. `attempts` counts how often it has been looked at in vain."""

    info: PodInfo
    order: int
    attempts: int = 0
    tried_s: float = 0.0
    woken_by: frozenset[Happening] | None = None

    @property
    def priority(self) -> int:
        """Higher goes first."""
        return self.info.pod.spec.priority or 0


class SchedulingQueue:
    """Which pod is next, and when."""

    def __init__(self, random: Random) -> None:
        """Empty. `random` is for the jitter of the back-off."""
        self._random = random
        self._orders = itertools.count()
        self._pushes = itertools.count()  # a pod may be in a heap twice, once outdated: heaps must not compare pods
        self._pods: dict[ObjectKey, QueuedPod] = {}
        self._active: list[tuple[int, int, int, QueuedPod]] = []
        self._backing_off: list[tuple[float, int, int, QueuedPod]] = []
        self._waiting: dict[ObjectKey, QueuedPod] = {}

    def __len__(self) -> int:
        """How many pods wait in any way."""
        return len(self._pods)

    @property
    def refused(self) -> int:
        """How many pods wait for something to happen: no node would do."""
        return len(self._waiting)

    def __contains__(self, key: ObjectKey) -> bool:
        """Whether this pod waits."""
        return key in self._pods

    def add(self, info: PodInfo) -> None:
        """A pod is new, or has been changed so that another look is worthwhile: it is active at once."""
        known = self._pods.get(info.key)
        order = known.order if known is not None else next(self._orders)
        self.remove(info.key)
        self._activate(QueuedPod(info, order))

    def refresh(self, info: PodInfo) -> None:
        """A waiting pod has changed in a way that does not matter here; keep its place."""
        if (known := self._pods.get(info.key)) is not None:
            known.info = info

    def remove(self, key: ObjectKey) -> None:
        """The pod is gone, or has a node."""
        # Its entries in the heaps are skipped when they come up: they are not the key's any more.
        self._pods.pop(key, None)
        self._waiting.pop(key, None)

    def pop(self) -> QueuedPod | None:
        """The next pod to look at; the caller gives it back by `refuse` or `fail`, or forgets it."""
        while self._active:
            queued = heapq.heappop(self._active)[-1]
            if self._pods.get(queued.info.key) is queued:
                del self._pods[queued.info.key]
                return queued
        return None

    def refuse(self, queued: QueuedPod, woken_by: frozenset[Happening], now_s: float) -> None:
        """No node will do until one of `woken_by` happens (empty: anything)."""
        queued.attempts += 1
        queued.tried_s = now_s
        queued.woken_by = woken_by or None
        self._pods[queued.info.key] = queued
        self._waiting[queued.info.key] = queued

    def fail(self, queued: QueuedPod, now_s: float) -> None:
        """Something else went wrong; try again after the back-off."""
        queued.attempts += 1
        queued.tried_s = now_s
        self._pods[queued.info.key] = queued
        self._back_off(queued, queued.attempts)

    def happened(self, what: Happening, now_s: float) -> bool:
        """Take pods out of waiting whom this may help; whether there were any."""
        helped = [queued for queued in self._waiting.values() if queued.woken_by is None or what in queued.woken_by]
        for queued in helped:
            self._stop_waiting(queued)
        self._end_backoffs(now_s)
        return bool(helped)

    def advance(self, now_s: float) -> None:
        """Activate the pods whose back-off is over, and those that have waited too long."""
        for queued in list(
            itertools.takewhile(lambda pod: now_s - pod.tried_s >= WAITING_MAX_S, self._waiting.values())
        ):
            self._stop_waiting(queued)
        self._end_backoffs(now_s)

    def next_due_s(self) -> float | None:
        """When `advance` should be called next; None: not because of time."""
        due = [self._backing_off[0][0]] if self._backing_off else []
        # Refused pods enter at the end, so the first has waited longest.
        due += [queued.tried_s + WAITING_MAX_S for queued in itertools.islice(self._waiting.values(), 1)]
        return min(due, default=None)

    def _stop_waiting(self, queued: QueuedPod) -> None:
        del self._waiting[queued.info.key]
        self._back_off(queued, queued.attempts - PROMPT_ATTEMPTS)

    def _end_backoffs(self, now_s: float) -> None:
        while self._backing_off and self._backing_off[0][0] <= now_s:
            queued = heapq.heappop(self._backing_off)[-1]
            if self._pods.get(queued.info.key) is queued:
                self._activate(queued)

    def _activate(self, queued: QueuedPod) -> None:
        self._pods[queued.info.key] = queued
        heapq.heappush(self._active, (-queued.priority, queued.order, next(self._pushes), queued))

    def _back_off(self, queued: QueuedPod, failures: int) -> None:
        delay_s = 0.0
        if failures > 0:
            delay_s = min(BACKOFF_MAX_S, BACKOFF_INITIAL_S * 2.0 ** (failures - 1))
            delay_s *= 1 + self._random.random() * BACKOFF_JITTER
        heapq.heappush(self._backing_off, (queued.tried_s + delay_s, queued.order, next(self._pushes), queued))
