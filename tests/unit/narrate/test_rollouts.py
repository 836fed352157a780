"""Whether a workload is as wanted, or on its way to a new version."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from suites.told_cluster import HandFed, container_status, meta, node, pod
from wherry.api.core.node import NODES
from wherry.api.core.pod import PODS
from wherry.apimachinery.document import Document
from wherry.narrate.explanation import Explanation
from wherry.narrate.facts import PodFacts
from wherry.narrate.why import explain

DEADLINE: Document = {
    "type": "Progressing",
    "status": "False",
    "reason": "ProgressDeadlineExceeded",
    "message": 'ReplicaSet "web-7f" has timed out progressing.',
}


@pytest.fixture
def crashing() -> Sequence[PodFacts]:
    told = HandFed()
    told.put(NODES, node("n1"))
    state = container_status({"waiting": {"reason": "CrashLoopBackOff"}}, restarts=3)
    for name, created in (("web-7f-x", "2026-11-23T07:00:09Z"), ("web-6d-a", "2026-11-23T07:00:00Z")):
        document = pod(name, "n1", status={"phase": "Running", "containerStatuses": [state]})
        document["metadata"] = meta(name, creationTimestamp=created)
        told.put(PODS, document)
    return told.model.snapshot().pods


def deployment(
    *, wanted: int = 3, generation: int = 2, paused: bool = False, conditions: Sequence[Document] = (), **status: int
) -> Document:
    """One that is as wanted, but for what is said."""
    counts = {"observedGeneration": 2, "replicas": 3, "updatedReplicas": 3, "readyReplicas": 3, **status}
    return {
        "kind": "Deployment",
        "metadata": meta("web", generation=generation),
        "spec": {"replicas": wanted, "paused": paused},
        "status": {**counts, "conditions": list(conditions)},
    }


def stateful_set(*, strategy: Document, updated: int = 1) -> Document:
    """One with a new version of which `updated` pods are."""
    counts = {"replicas": 3, "readyReplicas": 3, "updatedReplicas": updated}
    return {
        "kind": "StatefulSet",
        "metadata": meta("db"),
        "spec": {"replicas": 3, "updateStrategy": strategy},
        "status": {**counts, "currentRevision": "db-1", "updateRevision": "db-2"},
    }


def daemon_set(*, updated: int, type_: str = "RollingUpdate") -> Document:
    counts = {"currentNumberScheduled": 3, "desiredNumberScheduled": 3, "numberMisscheduled": 0, "numberReady": 3}
    return {
        "kind": "DaemonSet",
        "metadata": meta("log"),
        "spec": {"updateStrategy": {"type": type_}},
        "status": {**counts, "updatedNumberScheduled": updated},
    }


def test_a_deployment_whose_pods_are_all_new_and_ready_is_as_wanted() -> None:
    assert explain(deployment(), []) == Explanation("Deployment web is as wanted: 3 of 3 pods are ready.")


def test_a_new_version_that_crashes_is_stuck_although_enough_old_pods_are_ready(crashing: Sequence[PodFacts]) -> None:
    found = explain(deployment(replicas=4, updatedReplicas=1), [], crashing)
    assert found.answer == (
        "The new version of Deployment web is stuck: web-7f-x does not run as it should: c stops right after it "
        "starts, again and again. 1 of 3 pods are of it, 3 of 3 pods are ready."
    )
    assert found.remedies == ["wherry kubectl rollout undo deployment/web -n default"]


def test_the_only_copy_that_crashes_beside_its_old_one_is_stuck_too(crashing: Sequence[PodFacts]) -> None:
    one = deployment(wanted=1, replicas=2, updatedReplicas=1, readyReplicas=1)
    assert explain(one, [], crashing).answer.startswith("The new version of Deployment web is stuck: web-7f-x")


def test_a_new_version_is_stuck_when_its_controller_says_so() -> None:
    found = explain(deployment(replicas=4, updatedReplicas=1, conditions=[DEADLINE]), [])
    assert found.answer.startswith(
        'The new version of Deployment web is stuck: ReplicaSet "web-7f" has timed out progressing. 1 of 3 pods'
    )


def test_a_new_version_that_gets_on_is_on_its_way() -> None:
    found = explain(deployment(replicas=4, updatedReplicas=2), [])
    assert found.answer == (
        "A new version of Deployment web is on its way: 2 of 3 pods are of it, 3 of 3 pods are ready."
    )
    assert found.remedies == ["wherry story -f web"]


def test_a_paused_rollout_is_said_as_such_with_the_way_to_go_on() -> None:
    found = explain(deployment(updatedReplicas=0, paused=True), [])
    assert found.answer.startswith("The rollout of Deployment web pauses: 0 of 3 pods are of the new version")
    resume = "wherry kubectl rollout resume deployment/web -n default"
    assert found.remedies == [resume]
    idle = explain(deployment(paused=True), [])
    assert idle.answer.endswith("3 of 3 pods are ready. Its rollout pauses until somebody resumes it.")
    assert idle.remedies == [resume]


def test_what_the_controller_has_not_seen_yet_is_not_called_as_wanted() -> None:
    assert "its controller has not seen that yet" in explain(deployment(generation=3), []).answer


def test_a_workload_that_grows_has_no_new_version() -> None:
    found = explain(deployment(wanted=5, replicas=5, updatedReplicas=5), [])
    assert found.answer == "Deployment web is not yet as wanted: 3 of 5 pods are ready."


def test_a_stateful_set_is_on_its_way_held_or_as_wanted() -> None:
    rolling: Document = {"type": "RollingUpdate"}
    assert "is on its way: 1 of 3" in explain(stateful_set(strategy=rolling), []).answer
    assert explain(stateful_set(strategy={"type": "OnDelete"}), []).answer.startswith(
        "A new version of StatefulSet db waits for you: 1 of 3 pods are of it."
    )
    kept: Document = {**rolling, "rollingUpdate": {"partition": 2}}
    assert "is as wanted" in explain(stateful_set(strategy=kept), []).answer


def test_a_daemon_set_is_on_its_way_held_or_as_wanted() -> None:
    assert explain(daemon_set(updated=3), []).answer == "DaemonSet log is as wanted: 3 of 3 pods are ready."
    assert "is on its way: 1 of 3" in explain(daemon_set(updated=1), []).answer
    assert "waits for you" in explain(daemon_set(updated=1, type_="OnDelete"), []).answer
