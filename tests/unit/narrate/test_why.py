"""Explanations of an object's state."""

from __future__ import annotations

from wherry.apimachinery.document import Document
from wherry.narrate.why import explain


def pod(**status: object) -> Document:
    return {
        "kind": "Pod",
        "metadata": {"name": "web-1", "namespace": "default"},
        "spec": {"nodeName": "laptop", "containers": [{"name": "c", "image": "web:1"}]},
        "status": status,
    }


def container(state: Document, **more: object) -> Document:
    return {"name": "c", "image": "web:1", "imageID": "", "ready": False, "restartCount": 0, "state": state, **more}


def test_a_pod_that_fits_nowhere_says_what_is_missing_and_what_to_do() -> None:
    waiting = pod(
        phase="Pending",
        conditions=[
            {
                "type": "PodScheduled",
                "status": "False",
                "reason": "Unschedulable",
                "message": "0/1 nodes are available: 1 Insufficient cpu.",
            }
        ],
    )
    waiting["spec"] = {"containers": [{"name": "c", "image": "web:1"}]}
    explanation = explain(waiting, [])
    assert explanation.answer == "Pod web-1 waits: no node can take it. 0/1 nodes are available: 1 Insufficient cpu."
    assert explanation.remedies


def test_a_crashing_container_shows_its_exit_code_and_where_its_last_words_are() -> None:
    crashed = container(
        {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 10s restarting failed container"}},
        restartCount=3,
        lastState={"terminated": {"exitCode": 7, "reason": "Error"}},
    )
    explanation = explain(pod(phase="Running", containerStatuses=[crashed]), [])
    assert "started it again 3 times" in explanation.answer
    assert "exit code 7" in explanation.reasons[0]
    assert explanation.remedies == ["Read its last words: kubectl -n default logs web-1 --previous"]


def test_a_missing_image_says_how_to_get_it() -> None:
    missing = container({"waiting": {"reason": "ImagePullBackOff", "message": 'Back-off pulling image "web:1"'}})
    explanation = explain(pod(phase="Pending", containerStatuses=[missing]), [])
    assert "wherry image build" in explanation.remedies[0]


def test_a_ready_pod_is_said_to_be_fine() -> None:
    running = container({"running": {"startedAt": "2026-11-23T07:00:00Z"}}, ready=True)
    explanation = explain(pod(phase="Running", containerStatuses=[running]), [])
    assert explanation.answer == "Pod web-1 is fine: it runs on laptop and is ready."


def test_a_pod_that_the_masters_call_not_ready_is_not_said_to_be_fine() -> None:
    running = container({"running": {"startedAt": "2026-11-23T07:00:00Z"}}, ready=True)
    silenced = {"type": "Ready", "status": "False", "reason": "NodeNotReady"}
    explanation = explain(pod(phase="Running", containerStatuses=[running], conditions=[silenced]), [])
    assert explanation.answer.startswith("Pod web-1 gets no requests: laptop does not report")
    assert explanation.remedies == ["wherry why node/laptop"]


def test_a_workload_compares_what_is_wanted_with_what_is() -> None:
    deployment: Document = {
        "kind": "Deployment",
        "metadata": {"name": "web"},
        "spec": {"replicas": 3},
        "status": {"readyReplicas": 1},
    }
    assert explain(deployment, []).answer == "Deployment web is not yet as wanted: 1 of 3 pods are ready."


def test_a_kind_without_an_explanation_of_its_own_shows_its_conditions() -> None:
    thing: Document = {
        "kind": "Certificate",
        "metadata": {"name": "web"},
        "status": {"conditions": [{"type": "Ready", "status": "False", "reason": "Waiting", "message": "not issued"}]},
    }
    assert explain(thing, []).reasons == ["Ready is False: Waiting - not issued"]


def test_a_container_that_used_too_much_memory_is_told_to_get_more() -> None:
    crashed = container(
        {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 10s restarting failed container"}},
        restartCount=1,
        lastState={"terminated": {"exitCode": 137, "reason": "OOMKilled"}},
    )
    explanation = explain(pod(phase="Running", containerStatuses=[crashed]), [])
    assert explanation.answer.endswith("the node has started it again once.")
    assert "raise the limit" in explanation.remedies[0]


def test_a_pod_that_the_node_has_ended_says_why_rather_than_how_its_containers_died() -> None:
    killed = container({"terminated": {"exitCode": 137, "reason": "Error"}})
    message = "Pod was active on the node longer than the specified deadline"
    failed = pod(phase="Failed", reason="DeadlineExceeded", message=message, containerStatuses=[killed])
    assert explain(failed, []).answer == f"Pod web-1 has failed: DeadlineExceeded - {message}."
