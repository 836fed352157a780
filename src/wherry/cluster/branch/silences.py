"""Which services nobody would have answered, from what happened in a branch. Pure.

Somebody answers while an address is ready and its node is not down: the list of addresses learns of a dead node only
when the masters have noticed, and until then requests go nowhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from wherry.api.discovery.endpointslice import ENDPOINT_SLICES, EndpointSlice
from wherry.narrate.forecast import Silence

SERVICE_LABEL = "kubernetes.io/service-name"


@dataclass(frozen=True, slots=True)
class SliceEvent:
    """An EndpointSlice as it was from a moment on; None: gone. `key` says which."""

    time_s: float
    key: str
    value: bytes | None


@dataclass(slots=True)
class _Service:
    slices: dict[str, int] = field(default_factory=dict)
    silent_since_s: float | None = None
    longest_s: float = 0.0

    @property
    def answering(self) -> int:
        return sum(self.slices.values())


def find_silences(
    start: Iterable[SliceEvent], happened: Sequence[SliceEvent], down: frozenset[str], *, start_s: float, end_s: float
) -> list[Silence]:
    """The services that were answered before, and then by nobody for a while: the longest while of each."""
    services: dict[tuple[str, str], _Service] = {}
    whose: dict[str, tuple[str, str]] = {}
    answered: set[tuple[str, str]] = set()
    for event in start:
        before = _take(event, frozenset(), services, whose)
        if before is not None and services[before].answering:
            answered.add(before)
    for event in start:
        _ = _take(event, down, services, whose)
    for known in answered:
        _note(services[known], start_s)
    for event in happened:
        changed = _take(event, down, services, whose)
        if changed is not None and changed in answered:
            _note(services[changed], event.time_s)
    found = []
    for namespace, name in sorted(answered):
        service = services[namespace, name]
        is_over = service.silent_since_s is None
        lasted_s = max(service.longest_s, 0.0 if service.silent_since_s is None else end_s - service.silent_since_s)
        if lasted_s > 0 or not is_over:
            found.append(Silence(service=name, namespace=namespace, lasted_s=lasted_s, is_over=is_over))
    return found


def _take(
    event: SliceEvent,
    down: frozenset[str],
    services: dict[tuple[str, str], _Service],
    whose: dict[str, tuple[str, str]],
) -> tuple[str, str] | None:
    """Take over a slice's state; the service that it belongs to."""
    if event.value is None:
        key = whose.get(event.key)
        if key is not None:
            services[key].slices.pop(event.key, None)
        return key
    one = ENDPOINT_SLICES.decode(event.value)
    name = one.metadata.labels.get(SERVICE_LABEL)
    if not name:
        return None
    key = whose[event.key] = (one.metadata.namespace, name)
    services.setdefault(key, _Service()).slices[event.key] = _answering(one, down)
    return key


def _answering(one: EndpointSlice, down: frozenset[str]) -> int:
    return sum(
        (endpoint.conditions is None or endpoint.conditions.ready is not False) and endpoint.node_name not in down
        for endpoint in one.endpoints
    )


def _note(service: _Service, time_s: float) -> None:
    if service.answering:
        if service.silent_since_s is not None:
            service.longest_s = max(service.longest_s, time_s - service.silent_since_s)
        service.silent_since_s = None
    elif service.silent_since_s is None:
        service.silent_since_s = time_s
