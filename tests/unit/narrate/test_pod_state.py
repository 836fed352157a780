"""Six words for how a pod is."""

from __future__ import annotations

import pytest

from suites.told_cluster import RUNNING, container_status, pod
from wherry.api.core.pod import PODS
from wherry.apimachinery.document import Document
from wherry.narrate.pod_state import State, pod_state


def state(document: Document) -> State:
    return pod_state(PODS.from_document(document))


def waiting(reason: str, **more: object) -> Document:
    return container_status({"waiting": {"reason": reason, "message": ""}}, **more)  # type: ignore[arg-type]


def test_a_pod_whose_containers_are_ready_runs() -> None:
    assert state(pod("web", "n1")) == State("Running")


def test_a_pod_without_a_node_waits_for_the_scheduler() -> None:
    assert state(pod("web")).word == "Waiting"
    assert not state(pod("web")).needs_help


def test_a_pod_that_fits_nowhere_needs_help() -> None:
    refused = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/1 nodes"}
    found = state(pod("web", status={"phase": "Pending", "conditions": [refused]}))
    assert (found.word, found.needs_help, found.reason) == ("Waiting", True, "no node can take it")


@pytest.mark.parametrize("reason", ["ContainerCreating", "PodInitializing"])
def test_a_pod_whose_container_is_being_made_starts(reason: str) -> None:
    found = state(pod("web", "n1", status={"phase": "Pending", "containerStatuses": [waiting(reason)]}))
    assert (found.word, found.needs_help) == ("Starting", False)


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("CrashLoopBackOff", "c stops right after it starts, again and again"),
        ("ImagePullBackOff", "the node cannot get the image web:1"),
        ("CreateContainerConfigError", "c needs a setting that is not there"),
        ("SomethingNew", "c does not run: SomethingNew"),
    ],
)
def test_a_container_that_cannot_run_fails_the_pod_with_its_reason(reason: str, words: str) -> None:
    found = state(pod("web", "n1", status={"phase": "Pending", "containerStatuses": [waiting(reason)]}))
    assert found == State("Failed", words, needs_help=True)


def test_a_crash_tells_its_exit_code_and_too_much_memory_is_named() -> None:
    crashed = waiting("CrashLoopBackOff", lastState={"terminated": {"exitCode": 7, "reason": "Error"}})
    assert (
        "(exit code 7)" in state(pod("web", "n1", status={"phase": "Running", "containerStatuses": [crashed]})).reason
    )
    hungry = waiting("CrashLoopBackOff", lastState={"terminated": {"exitCode": 137, "reason": "OOMKilled"}})
    assert "memory" in state(pod("web", "n1", status={"phase": "Running", "containerStatuses": [hungry]})).reason


def test_a_pod_that_runs_but_is_not_ready_is_still_starting() -> None:
    found = state(pod("web", "n1", status={"phase": "Running", "containerStatuses": [container_status(RUNNING)]}))
    assert found == State("Starting", "c runs but is not ready, so it gets no requests yet")


def test_a_pod_on_a_node_that_is_lost_needs_help() -> None:
    status: Document = {
        "phase": "Running",
        "containerStatuses": [container_status(RUNNING, ready=True)],
        "conditions": [{"type": "Ready", "status": "False"}],
    }
    assert state(pod("web", "n1", status=status)).reason == "its node does not report, so nobody knows how it is"


def test_a_pod_that_is_to_go_stops_whatever_else_is_wrong() -> None:
    going = pod("web", "n1", deletionTimestamp="2026-11-23T08:00:00Z")
    assert state(going).word == "Stopping"


def test_a_pod_has_done_its_work_or_has_failed() -> None:
    assert state(pod("web", "n1", status={"phase": "Succeeded"})) == State("Done")
    evicted = state(pod("web", "n1", status={"phase": "Failed", "reason": "Evicted"}))
    assert evicted == State("Failed", "the node ended it: Evicted", needs_help=True)
