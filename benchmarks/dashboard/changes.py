"""Changes that somebody can see, at a steady pace; and when each of them was seen."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from wherry.api.core.pod import PODS, Pod
from wherry.apimachinery.document import Document
from wherry.client.client import Client


@dataclass(frozen=True, slots=True)
class Made:
    """A change: the revision that it became, and when it was asked for, in seconds since 1970."""

    revision: int
    asked_s: float


@dataclass(slots=True)
class Seen:
    """When each revision was seen first, in the order in which they were."""

    sights: list[tuple[int, float]] = field(default_factory=list)

    def note(self, revision: int) -> None:
        """It is seen now."""
        self.sights.append((revision, time.time()))

    def delays_s(self, changes: Sequence[Made]) -> list[float]:
        """How long it took from asking for each change until it, or what came after it, was seen."""
        delays: list[float] = []
        sights = iter(self.sights)
        revision, at_s = next(sights, (0, 0.0))
        for change in sorted(changes, key=lambda one: one.revision):
            while revision < change.revision:
                try:
                    revision, at_s = next(sights)
                except StopIteration:
                    return delays
            delays.append(at_s - change.asked_s)
        return delays


async def some_pods(client: Client) -> list[Pod]:
    """All that run in the namespace default."""
    return [*(await client.list(PODS, "default")).items]


class Restarts:
    """Changes pods in the way that a crash does: a container has been started once more. Each picture shows it."""

    def __init__(self, client: Client, pods: Sequence[Pod]) -> None:
        """`pods` take turns."""
        self._client = client
        self._pods = pods
        self._number = 0

    async def make(self) -> Made:
        """One change."""
        self._number += 1
        pod = self._pods[self._number % len(self._pods)]
        status: Document = {"containerStatuses": [self._started_again(pod)]}
        asked_s = time.time()
        changed = await self._client.patch(
            PODS, pod.metadata.name, {"status": status}, pod.metadata.namespace, subresource="status"
        )
        return Made(int(changed.metadata.resource_version), asked_s)

    async def make_steadily(self, per_second: float, seconds: float) -> list[Made]:
        """So many a second, each when its time has come, whether or not the one before it is answered."""
        begun_s = time.perf_counter()
        asked = []
        for number in range(int(per_second * seconds)):
            await asyncio.sleep(max(0.0, begun_s + number / per_second - time.perf_counter()))
            asked.append(asyncio.ensure_future(self.make()))
        return await asyncio.gather(*asked)

    def _started_again(self, pod: Pod) -> Document:
        name, image = pod.spec.containers[0].name, pod.spec.containers[0].image
        state: Document = {"running": {"startedAt": "2026-01-01T00:00:00Z"}}
        return {
            "name": name,
            "image": image,
            "imageID": "",
            "ready": True,
            "started": True,
            "restartCount": self._number,
            "state": state,
        }
