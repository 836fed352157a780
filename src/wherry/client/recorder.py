"""Kubernetes Events: what happened to an object, when and how often, in words that `kubectl describe` shows.

Saying something costs the caller nothing: it is queued and posted by `run`. The same thing said about
the same object within ten minutes raises the count of the first Event instead of making another. When
too much is queued, the oldest goes: Events explain the system, they must never hold it up.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import dataclass
from typing import NamedTuple

import msgspec

from wherry.api.core.binding import ObjectReference
from wherry.api.core.event import EVENTS
from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import Forbidden, NotFound, ServiceUnavailable, StatusError, TooManyRequests
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.resource_type import AnyResourceType
from wherry.apimachinery.timestamps import format_time
from wherry.client.client import Client
from wherry.kit.clock import Clock
from wherry.kit.log import get_logger

QUEUE_MAX = 1000
"""Different Events waiting to be posted; a burst of 500 pods fits twice."""

REMEMBERED_MAX = 4096
"""Posted Events remembered for counting repeats, as client-go does."""

REPEAT_WINDOW_S = 600.0
"""A repeat after a longer silence is news: it gets its own Event."""

WHY_ANNOTATION = "wherry.dev/why"
"""Carries the reason of whoever decided; the story is told from it."""

DECISION_ANNOTATION = "wherry.dev/decision"
"""Carries what was seen and rejected, as JSON: the scheduler's scores, and which node was ruled out by what."""

ATTEMPTS = 4
RETRY_DELAY_S = 1.0

log = get_logger(__name__)


class _Said(NamedTuple):
    """What makes two Events the same."""

    about: ObjectReference
    reason: str
    message: str
    type: str


@dataclass(slots=True)
class _Pending:
    first_s: float
    last_s: float
    why: str
    decision: str = ""
    count: int = 1


@dataclass(slots=True)
class _Posted:
    name: str
    count: int
    last_monotonic_s: float


def object_reference(resource: AnyResourceType, meta: ObjectMeta, field_path: str = "") -> ObjectReference:
    """Who an Event is about; `field_path` names a part, such as `spec.containers{web}`."""
    return ObjectReference(
        kind=resource.kind,
        api_version=resource.api_version,
        namespace=meta.namespace,
        name=meta.name,
        uid=meta.uid,
        resource_version=meta.resource_version,
        field_path=field_path,
    )


class EventRecorder:
    """Posts one component's Events."""

    def __init__(self, client: Client, *, component: str, host: str = "", clock: Clock) -> None:
        """`component` and `host` are who speaks, as `kubectl describe` shows under From."""
        self.dropped = 0
        self._client = client
        self._component = component
        self._host = host
        self._clock = clock
        self._pending: OrderedDict[_Said, _Pending] = OrderedDict()
        self._posted: OrderedDict[_Said, _Posted] = OrderedDict()
        self._wake = asyncio.Event()
        self._last_stamp = 0

    def event(
        self,
        about: ObjectReference,
        reason: str,
        message: str,
        *,
        type: str = "Normal",  # noqa: A002 - the field's own name
        why: str = "",
        decision: str = "",
    ) -> None:
        """Say something about an object; returns at once. `why` and `decision` are told with it, as annotations."""
        # Without its revision: the same thing said about a newer state of the object is a repeat.
        said = _Said(msgspec.structs.replace(about, resource_version=""), reason, message, type)
        now_s = self._clock.now_s()
        if (pending := self._pending.get(said)) is not None:
            pending.count += 1
            pending.last_s = now_s
            return
        if len(self._pending) >= QUEUE_MAX:
            self._pending.popitem(last=False)
            self.dropped += 1
        self._pending[said] = _Pending(now_s, now_s, why if why != message else "", decision)
        self._wake.set()

    @property
    def remembered(self) -> int:
        """How many Events are kept in mind, to count their repeats."""
        return len(self._posted)

    async def run(self) -> None:
        """Post what is said, in order, until cancelled."""
        while True:
            while self._pending:
                said, pending = self._pending.popitem(last=False)
                await self._deliver(said, pending)
            self._wake.clear()
            await self._wake.wait()

    async def _deliver(self, said: _Said, pending: _Pending) -> None:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                await self._post(said, pending)
            except (NotFound, Forbidden) as error:
                # The namespace is going or gone: nobody can read the Event any more.
                log.debug("Dropped event", reason=said.reason, err=str(error))
            except (TooManyRequests, ServiceUnavailable, OSError) as error:
                if attempt < ATTEMPTS:
                    await self._clock.sleep(RETRY_DELAY_S * attempt)
                    continue
                self._give_up(said, error)
            except StatusError as error:
                self._give_up(said, error)
            return

    def _give_up(self, said: _Said, error: Exception) -> None:
        self.dropped += 1
        log.warning("Dropped event", reason=said.reason, about=f"{said.about.kind}/{said.about.name}", err=str(error))

    async def _post(self, said: _Said, pending: _Pending) -> None:
        namespace = said.about.namespace or "default"
        posted = self._recent(said)
        if posted is not None:
            count = posted.count + pending.count
            patch: Document = {"count": count, "lastTimestamp": format_time(pending.last_s), "message": said.message}
            try:
                await self._client.patch(EVENTS, posted.name, patch, namespace)
            except NotFound:
                # It has expired or was deleted meanwhile: tell it anew.
                del self._posted[said]
            else:
                self._remember(said, posted.name, count)
                return
        document = self._document(said, pending, namespace)
        created = await self._client.create(EVENTS, document, namespace)
        self._remember(said, created.metadata.name, pending.count)

    def _recent(self, said: _Said) -> _Posted | None:
        posted = self._posted.get(said)
        return posted if posted is not None and self._is_recent(posted) else None

    def _is_recent(self, posted: _Posted) -> bool:
        return self._clock.monotonic_s() - posted.last_monotonic_s <= REPEAT_WINDOW_S

    def _remember(self, said: _Said, name: str, count: int) -> None:
        self._posted[said] = _Posted(name, count, self._clock.monotonic_s())
        self._posted.move_to_end(said)
        while len(self._posted) > REMEMBERED_MAX or not self._is_recent(next(iter(self._posted.values()))):
            self._posted.popitem(last=False)

    def _document(self, said: _Said, pending: _Pending, namespace: str) -> Document:
        # Nanoseconds since 1970, 16 hexadecimal digits; two Events of one instant still differ.
        self._last_stamp = max(self._last_stamp + 1, int(self._clock.now_s() * 1e9))
        source = {"component": self._component, **({"host": self._host} if self._host else {})}
        metadata: Document = {"name": f"{said.about.name}.{self._last_stamp:016x}", "namespace": namespace}
        notes = {WHY_ANNOTATION: pending.why, DECISION_ANNOTATION: pending.decision}
        if annotations := {name: note for name, note in notes.items() if note}:
            metadata["annotations"] = annotations
        return {
            "metadata": metadata,
            "involvedObject": msgspec.to_builtins(said.about),
            "reason": said.reason,
            "message": said.message,
            "type": said.type,
            "firstTimestamp": format_time(pending.first_s),
            "lastTimestamp": format_time(pending.last_s),
            "count": pending.count,
            "source": source,
            "reportingComponent": self._component,
            "reportingInstance": self._host,
        }
