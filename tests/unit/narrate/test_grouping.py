"""Similar events become one line."""

from __future__ import annotations

from wherry.api.core.binding import ObjectReference
from wherry.api.core.event_parts import Event, EventSource
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.timestamps import format_time
from wherry.narrate.grouping import app_name, events_of_app, family_of, group_events, group_sentence, moment
from wherry.narrate.story import lines

START_S = 1_795_417_200.0


def event(reason: str, message: str, component: str, kind: str, name: str, at_s: float, **more: object) -> Event:
    when_s = START_S + at_s
    host = "n1" if component == "kubelet" else ""
    return Event(
        metadata=ObjectMeta(name=f"{name}.{int(when_s * 1e9):016x}"),
        involved_object=ObjectReference(kind=kind, name=name, namespace="default"),
        reason=reason,
        message=message,
        last_timestamp=format_time(when_s),
        source=EventSource(component=component, host=host),
        **more,  # type: ignore[arg-type]
    )


def scaled(before: int, after: int, at_s: float = 0) -> Event:
    way = "up" if after > before else "down"
    text = f"Scaled {way} replica set orders-7d9f2 from {before} to {after}"
    return event("ScalingReplicaSet", text, "deployment-controller", "Deployment", "orders", at_s)


def created(number: int, at_s: float) -> Event:
    name = f"orders-7d9f2-xxxx{number % 10}"
    return event(
        "SuccessfulCreate", f"Created pod: {name}", "replicaset-controller", "ReplicaSet", "orders-7d9f2", at_s
    )


def told(events: list[Event]) -> list[str]:
    return [group_sentence(group) for group in group_events(events)]


def test_a_moment_is_read_from_the_name_to_the_nanosecond() -> None:
    assert abs(moment(created(1, 0.25)) - (START_S + 0.25)) < 1e-3


def test_scaling_and_the_pods_it_makes_are_one_line() -> None:
    events = [scaled(3, 30), *(created(n, 0.052 * n) for n in range(1, 28))]
    assert told(events) == ["orders was brought from 3 to 30 copies (27 new pods, 1.4 s)."]
    (line,) = lines(events)
    assert (line.count, line.app) == (28, "orders")


def test_one_new_pod_is_not_called_pods() -> None:
    assert told([scaled(3, 4), created(1, 0.0)])[0].startswith("orders was brought from 3 to 4 copies (1 new pod, ")


def test_a_pod_that_replaces_another_is_not_part_of_the_scaling() -> None:
    events = [scaled(0, 2), created(1, 0.1), created(2, 0.2), created(3, 5)]
    assert told(events)[1] == "The replica set controller created pod orders-7d9f2-xxxx3 for replica set orders-7d9f2."


def test_what_nodes_say_of_the_pods_of_one_workload_is_one_line() -> None:
    names = [f"orders-7d9f2-xxxx{n}" for n in (2, 4, 5)]
    events = [event("Started", "Started container c", "kubelet", "Pod", name, n) for n, name in enumerate(names)]
    assert told(events) == ["Nodes started 3 containers of orders-7d9f2 (2.0 s)."]


def test_after_a_pause_a_new_line_begins() -> None:
    events = [event("Started", "", "kubelet", "Pod", f"db-{n}", 20.0 * n) for n in range(2)]
    assert len(told(events)) == 2


def test_several_notes_about_one_container_are_not_several_containers() -> None:
    events = [event("BackOff", f"back-off {n}0s", "kubelet", "Pod", "db-0", n) for n in (1, 2)]
    assert told(events) == ["Node n1 waits before it tries again: back-off 20s."]


def test_events_of_no_known_family_stay_apart() -> None:
    events = [event("CertIssued", f"certificate {n}", "cert-manager", "Certificate", "web", n) for n in (1, 2)]
    assert len(told(events)) == 2


def test_a_pods_workload_is_read_from_its_name() -> None:
    assert family_of(event("Started", "", "kubelet", "Pod", "web-6d4b75cb6d-x7k2p", 0)) == "web-6d4b75cb6d"
    assert family_of(event("Started", "", "kubelet", "Pod", "db-0", 0)) == "db"
    assert app_name("web-6d4b75cb6d") == "web"


def test_an_app_has_its_own_events_only() -> None:
    mine = [scaled(0, 1), event("Started", "", "kubelet", "Pod", "orders-6d4b75cb6d-x7k2p", 0)]
    other = event("Started", "", "kubelet", "Pod", "web-0", 0)
    odd = event("Started", "", "kubelet", "Pod", "named-otherwise", 0)
    assert events_of_app([*mine, other, odd], "orders", ["named-otherwise"]) == [*mine, odd]
