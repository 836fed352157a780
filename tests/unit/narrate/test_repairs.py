"""What was repaired without anybody being called."""

from __future__ import annotations

from suites.told_cluster import RUNNING, container_status, pod
from wherry.api.core.binding import ObjectReference
from wherry.api.core.event_parts import Event
from wherry.api.core.pod import PODS
from wherry.apimachinery.timestamps import format_time
from wherry.narrate.repairs import Repairs, count_repairs, repairs_sentence

START_S = 1_795_417_200.0


def event(reason: str, message: str, kind: str, name: str, at_s: float = 0.0) -> Event:
    return Event(
        involved_object=ObjectReference(kind=kind, name=name, namespace="default"),
        reason=reason,
        message=message,
        last_timestamp=format_time(START_S + at_s),
    )


def grown(before: int, after: int) -> Event:
    return event("ScalingReplicaSet", f"Scaled up replica set web-1 from {before} to {after}", "Deployment", "web")


def created(at_s: float = 0.0) -> Event:
    return event("SuccessfulCreate", "Created pod: web-1-x", "ReplicaSet", "web-1", at_s)


def test_pods_that_were_asked_for_are_no_repair_and_those_beyond_are() -> None:
    assert count_repairs([grown(0, 2), created(), created()], [], START_S).pods_replaced == 0
    assert count_repairs([grown(0, 2), created(), created(), created(60)], [], START_S).pods_replaced == 1


def test_a_replica_set_whose_growth_nobody_tells_counts_nothing() -> None:
    assert count_repairs([created(), created()], [], START_S).total == 0


def test_what_is_made_for_a_deployment_that_nobody_scaled_replaces_something() -> None:
    made = event("SuccessfulCreate", "Created pod: web-6d4b75cb6d-x7k2p", "ReplicaSet", "web-6d4b75cb6d")
    assert count_repairs([made, made], [], START_S).pods_replaced == 2


def test_a_stateful_pod_made_again_under_its_name_was_replaced() -> None:
    again = [event("SuccessfulCreate", "create Pod db-0 in StatefulSet db successful", "StatefulSet", "db")] * 2
    assert count_repairs(again, [], START_S).pods_replaced == 1


def test_only_what_happened_since_counts() -> None:
    assert count_repairs([grown(0, 1), created(), created(60)], [], START_S + 30).total == 0


def test_containers_started_again_count_while_they_run() -> None:
    last = {"terminated": {"exitCode": 1, "finishedAt": format_time(START_S + 5)}}
    up = container_status(RUNNING, restarts=3, lastState=last)
    one = PODS.from_document(pod("web", "n1", status={"phase": "Running", "containerStatuses": [up]}))
    assert one.metadata.creation_timestamp == format_time(START_S)
    assert count_repairs([], [one], START_S + 1).containers_restarted == 1, "an older pod tells only its last restart"
    assert count_repairs([], [one], START_S - 86400 * 365).containers_restarted == 3
    assert count_repairs([], [one], START_S + 10).containers_restarted == 0


def test_the_value_is_said_in_plain_words() -> None:
    assert repairs_sentence(Repairs(0, 2, 1), "10:02") == (
        "Kubernetes repaired 3 things since 10:02, and nobody had to call: 2 pods replaced, 1 container started again."
    )
    assert repairs_sentence(Repairs(0, 0, 0), "10:02") == "Nothing had to be repaired since 10:02."
