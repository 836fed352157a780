"""Waiting until pods are ready, by watching them, and finding out why when they are not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TypeVar
from urllib.parse import quote

import msgspec

from wherry.api.core.pod import PODS, Pod
from wherry.apimachinery.errors import StatusError
from wherry.apimachinery.resource_type import ResourceType
from wherry.client.client import Client
from wherry.kit.http.types import read_body
from wherry.kit.tasks import TaskScope
from wherry.method.delivery.migration import TASK, migration_outcome
from wherry.method.delivery.rollout import PodTrouble, find_trouble, pod_trouble, rollout_of, slow_pod
from wherry.method.delivery.served_kinds import Anything
from wherry.method.delivery.stamping import RELEASE, SERVICE

T = TypeVar("T", bound=msgspec.Struct)

LOG_LINES = 5

Say = Callable[[str], None]
"""Tells what is going on; called once for each change."""


class NeverStarts(Exception):
    """A Job's pod will not start by waiting; the message says which and why."""


@dataclass(frozen=True, slots=True)
class Awaited:
    """An object whose pods shall be ready, not before its controller has seen `generation`."""

    resource: ResourceType[Anything]
    name: str
    generation: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a wait has ended. `why` is "" when all is well."""

    why: str = ""
    trouble: PodTrouble | None = None
    timed_out: bool = False
    lost: Exception | None = None


@dataclass
class _Seen:
    things: dict[tuple[str, str], Anything] = field(default_factory=dict)
    pods: dict[str, Pod] = field(default_factory=dict)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    lost: Exception | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """Waits for one release's pods in its namespace."""

    client: Client
    namespace: str
    service: str
    release: str
    say: Say

    async def until_ready(self, awaited: Iterable[Awaited], timeout_s: float) -> Outcome:
        """Wait until all of these are as they should be, or will never be, or the time is over."""
        waited = tuple(awaited)
        if not waited:
            return Outcome()
        seen = _Seen()
        async with TaskScope("rollout") as scope:
            for resource in {one.resource.kind: one.resource for one in waited}.values():
                _ = scope.start(resource.plural, self._follow(seen, resource, self._on_thing(seen, resource.kind)))
            _ = scope.start("pods", self._follow(seen, PODS, self._on_pod(seen)))
            outcome = await self._watch_over(seen, waited, timeout_s)
        return outcome

    async def _watch_over(self, seen: _Seen, waited: tuple[Awaited, ...], timeout_s: float) -> Outcome:
        said = ""
        try:
            async with asyncio.timeout(timeout_s):
                while True:
                    seen.changed.clear()
                    outcome, words = _judge(seen, waited)
                    if words and words != said:
                        self.say(words)
                        said = words
                    if outcome is not None:
                        return outcome
                    _ = await seen.changed.wait()
        except TimeoutError:
            slow = slow_pod(seen.pods.values())
            why = f"pod {slow.pod}: {slow.why}" if slow is not None else said
            return Outcome(why, slow, timed_out=True)

    async def _follow(self, seen: _Seen, resource: ResourceType[T], keep: Callable[[str, T], None]) -> None:
        """Watch a kind of this service's objects until cancelled."""
        selector = f"{SERVICE}={self.service}"
        try:
            while True:
                events = self.client.watch(resource, self.namespace, label_selector=selector)
                async with aclosing(events):
                    async for event in events:
                        if event.object is not None:
                            keep(event.type, event.object)
                            seen.changed.set()
        except (OSError, StatusError) as error:
            seen.lost = error
            seen.changed.set()

    def _on_thing(self, seen: _Seen, kind: str) -> Callable[[str, Anything], None]:
        def keep(event: str, thing: Anything) -> None:
            if event == "DELETED":
                seen.things.pop((kind, thing.metadata.name), None)
            else:
                seen.things[kind, thing.metadata.name] = thing

        return keep

    def _on_pod(self, seen: _Seen) -> Callable[[str, Pod], None]:
        def keep(event: str, pod: Pod) -> None:
            labels = pod.metadata.labels
            is_ours = labels.get(RELEASE, self.release) == self.release and TASK not in labels
            if event == "DELETED" or not is_ours:
                seen.pods.pop(pod.metadata.name, None)
            else:
                seen.pods[pod.metadata.name] = pod

        return keep

    async def until_finished(self, jobs: ResourceType[Anything], job: str, timeout_s: float) -> bool:
        """Wait for a Job; whether it has succeeded. Raises TimeoutError, and NeverStarts when waiting is of no use."""
        async with asyncio.timeout(timeout_s), TaskScope("job") as scope:
            ended = scope.start("end", self._end_of(jobs, job))
            stuck = scope.start("trouble", self._trouble_of(job))
            _ = await asyncio.wait((ended, stuck), return_when=asyncio.FIRST_COMPLETED)
            outcome = ended.result() if ended.done() else stuck.result()
        # Out of the scope: what is raised within comes as a group.
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    async def _end_of(self, jobs: ResourceType[Anything], job: str) -> bool | Exception:
        try:
            while True:
                events = self.client.watch(jobs, self.namespace, field_selector=f"metadata.name={job}")
                async with aclosing(events):
                    async for event in events:
                        outcome = migration_outcome(event.object.status) if event.object is not None else None
                        if outcome is not None:
                            return outcome
        except (OSError, StatusError) as error:
            return error

    async def _trouble_of(self, job: str) -> Exception:
        """Watch a Job's pods until one of them will never start."""
        try:
            while True:
                only = f"batch.kubernetes.io/job-name={job}"
                async with aclosing(self.client.watch(PODS, self.namespace, label_selector=only)) as events:
                    async for event in events:
                        trouble = pod_trouble(event.object) if event.object is not None else None
                        if trouble is not None and not trouble.passes and event.type != "DELETED":
                            return NeverStarts(f"pod {trouble.pod}: {trouble.why}")
        except (OSError, StatusError) as error:
            return error

    async def last_words(self, pod: str, container: str, *, previous: bool = False) -> str:
        """The end of a container's log, for a sentence; "" when there is none."""
        path = f"/api/v1/namespaces/{quote(self.namespace)}/pods/{quote(pod)}/log"
        query = f"container={quote(container)}&tailLines={LOG_LINES}" + ("&previous=true" if previous else "")
        try:
            body = await read_body(await self.client.request("GET", path, query))
        except StatusError:
            return ""
        return body.decode("utf-8", "replace").strip()

    async def job_words(self, job: str) -> str:
        """The last words of a Job's newest pod."""
        pods = await self.client.list(PODS, self.namespace, label_selector=f"batch.kubernetes.io/job-name={job}")
        if not pods.items:
            return ""
        newest = max(pods.items, key=lambda pod: pod.metadata.creation_timestamp)
        containers = [status.name for status in newest.status.container_statuses]
        return await self.last_words(newest.metadata.name, containers[0]) if containers else ""


def _judge(seen: _Seen, waited: tuple[Awaited, ...]) -> tuple[Outcome | None, str]:
    """Whether the wait is over, and what to say now."""
    if seen.lost is not None:
        return Outcome("the cluster does not answer any more", lost=seen.lost), ""
    parts = [_progress(seen.things, one) for one in waited]
    if all(done for done, _, _ in parts):
        return Outcome(), "; ".join(words for _, words, _ in parts)
    trouble = find_trouble(seen.pods.values())
    if trouble is not None and not trouble.passes:
        return Outcome(f"pod {trouble.pod}: {trouble.why}", trouble), ""
    failure = next((failure for _, _, failure in parts if failure), "")
    if failure:
        slow = slow_pod(seen.pods.values())
        return Outcome(f"pod {slow.pod}: {slow.why}" if slow is not None else failure, slow), ""
    if trouble is not None:
        return None, f"pod {trouble.pod} waits: {trouble.why}"
    return None, "; ".join(words for done, words, _ in parts if not done)


def _progress(things: Mapping[tuple[str, str], Anything], one: Awaited) -> tuple[bool, str, str]:
    thing = things.get((one.resource.kind, one.name))
    if thing is None or thing.metadata.generation < one.generation:
        return False, "", ""
    progress = rollout_of(one.resource.kind, thing)
    return progress.is_done, progress.words, progress.failure
