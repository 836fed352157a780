"""A program that has just started may say that it is not ready yet."""

from __future__ import annotations

import pytest

from wherry.api.core.binding import ObjectReference
from wherry.api.core.event_parts import Event, EventSource
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.timestamps import format_time
from wherry.narrate.story import line_from, lines, starts_in

START_S = 1_795_417_200.0
REFUSED = "dial tcp 10.0.0.1:8080: connect: connection refused"


def event(reason: str, message: str, at_s: float, *, pod: str = "web-6d4b75cb6d-x7k2p", kind: str = "Normal") -> Event:
    when_s = START_S + at_s
    return Event(
        metadata=ObjectMeta(name=f"{pod}.{int(when_s * 1e9):016x}"),
        involved_object=ObjectReference(kind="Pod", name=pod, namespace="shop", field_path="spec.containers{web}"),
        reason=reason,
        message=message,
        type=kind,
        last_timestamp=format_time(when_s),
        source=EventSource(component="kubelet", host="n1"),
    )


def started(at_s: float, pod: str = "web-6d4b75cb6d-x7k2p") -> Event:
    return event("Started", "Started container web", at_s, pod=pod)


def unhealthy(at_s: float, probe: str = "Readiness", pod: str = "web-6d4b75cb6d-x7k2p") -> Event:
    return event("Unhealthy", f"{probe} probe failed: {REFUSED}", at_s, pod=pod, kind="Warning")


def test_not_ready_right_after_its_start_is_no_trouble() -> None:
    told = lines([started(0.0), unhealthy(1.2)])[-1]
    assert (told.is_warning, told.next) == (False, "")
    assert told.text == f"Node n1 waits until container web of pod web-6d4b75cb6d-x7k2p is ready: {REFUSED}."


@pytest.mark.parametrize(
    "events",
    [
        [started(0.0), unhealthy(31.0)],
        [started(0.0), unhealthy(1.0, "Liveness")],
        [unhealthy(1.0)],
        [started(0.0, "web-6d4b75cb6d-other"), unhealthy(1.0)],
    ],
    ids=["long after", "not alive", "start unknown", "another pod"],
)
def test_anything_else_is_trouble_with_a_next_step(events: list[Event]) -> None:
    told = lines(events)[-1]
    assert told.is_warning
    assert told.next.startswith("wherry why pod/web-")


def test_several_that_still_start_are_one_calm_line() -> None:
    pods = [f"web-6d4b75cb6d-x7k{digit}p" for digit in "245"]
    told = lines([*(started(0.0, pod) for pod in pods), *(unhealthy(1.0, "Startup", pod) for pod in pods)])[-1]
    assert (told.text, told.is_warning) == ("Nodes wait until 3 containers of web are ready (0.0 s).", False)


def test_whoever_follows_knows_what_has_started_before() -> None:
    starts = starts_in([started(0.0)])
    assert not line_from(unhealthy(2.0), starts).is_warning
    assert line_from(unhealthy(40.0), starts).is_warning
