from __future__ import annotations

import msgspec
import pytest

from wherry.api.core.pod import Pod, PodStatus
from wherry.apimachinery.document import Document
from wherry.method.delivery.rollout import NO_IMAGE, PodTrouble, find_trouble, pod_trouble, rollout_of, slow_pod
from wherry.method.delivery.served_kinds import Anything


def thing(status: Document | None = None, generation: int = 2) -> Anything:
    document = {
        "metadata": {"name": "web", "generation": generation},
        "spec": {"replicas": 2},
        "status": {"observedGeneration": 2, **(status or {})},
    }
    return msgspec.convert(document, Anything)


@pytest.mark.parametrize(
    ("status", "is_done", "words"),
    [
        ({"updatedReplicas": 1}, False, "1 of 2 new pods are made"),
        ({"updatedReplicas": 2, "availableReplicas": 1, "replicas": 2}, False, "1 of 2 pods are ready"),
        ({"updatedReplicas": 2, "availableReplicas": 2, "replicas": 3}, False, "1 old pod still there"),
        ({"updatedReplicas": 2, "availableReplicas": 2, "replicas": 2}, True, "2 of 2 pods are ready"),
    ],
)
def test_a_deployment_is_done_when_all_pods_are_new_and_ready(status: Document, is_done: bool, words: str) -> None:
    progress = rollout_of("Deployment", thing(status))
    assert (progress.is_done, words in progress.words) == (is_done, True)


def test_nothing_is_done_before_the_controller_has_seen_the_change() -> None:
    status: Document = {"updatedReplicas": 2, "availableReplicas": 2, "replicas": 2}
    assert not rollout_of("Deployment", thing(status, generation=3)).is_done


def test_a_deployment_without_progress_has_failed() -> None:
    conditions = [{"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}]
    assert "no progress" in rollout_of("Deployment", thing({"conditions": conditions})).failure


def test_stateful_and_daemon_sets_are_judged_by_their_own_numbers() -> None:
    new: Document = {"readyReplicas": 2, "updatedReplicas": 2, "currentRevision": "a", "updateRevision": "b"}
    assert rollout_of("StatefulSet", thing(new)).is_done
    assert not rollout_of("StatefulSet", thing(new | {"updatedReplicas": 1})).is_done
    ready: Document = {"desiredNumberScheduled": 1, "updatedNumberScheduled": 1, "numberAvailable": 1}
    assert rollout_of("DaemonSet", thing(ready)).is_done
    assert not rollout_of("DaemonSet", thing(ready | {"numberAvailable": 0})).is_done


def test_what_has_no_lasting_pods_is_done_at_once() -> None:
    assert rollout_of("CronJob", thing()).is_done


def pod(state: Document, restarts: int = 0, last_exit: int | None = None, **metadata: object) -> Pod:
    status: Document = {
        "name": "web", "ready": False, "restartCount": restarts, "image": "", "imageID": "", "state": state,
    }  # fmt: skip
    if last_exit is not None:
        status["lastState"] = {"terminated": {"exitCode": last_exit}}
    document = {"metadata": {"name": "web-1"} | metadata, "spec": {}, "status": {"containerStatuses": [status]}}
    return msgspec.convert(document, Pod)


def waiting(reason: str) -> Document:
    return {"waiting": {"reason": reason, "message": "because"}}


def test_a_pod_whose_image_or_configuration_is_missing_does_not_mend_by_waiting() -> None:
    found = pod_trouble(pod(waiting("CreateContainerConfigError")))
    assert found is not None
    assert found.why == "its configuration is not complete (because)"
    assert pod_trouble(pod(waiting("ContainerCreating"))) is None
    assert pod_trouble(pod(waiting("ErrImagePull"), deletionTimestamp="2026-11-28T00:00:00Z")) is None


def test_a_program_that_stops_again_and_again_does_not_mend_by_waiting() -> None:
    found = pod_trouble(pod(waiting("CrashLoopBackOff"), restarts=3, last_exit=1))
    assert found is not None
    assert (found.why, found.has_log) == ("its program stops right after it starts (exit code 1, 3 times)", True)
    assert pod_trouble(pod(waiting("CrashLoopBackOff"), restarts=1, last_exit=1)) is None


def test_a_pod_that_is_late_says_what_it_waits_for() -> None:
    running = slow_pod([pod({"running": {}})])
    assert running is not None
    assert "readiness probe" in running.why
    unscheduled = msgspec.convert(
        {"status": {"conditions": [{"type": "PodScheduled", "status": "False", "message": "no room"}]}}, Pod
    )
    found = slow_pod([unscheduled])
    assert found is not None
    assert found.why == "it waits for a node: no room"
    assert slow_pod([]) is None


def test_a_pod_that_waits_for_its_image_is_known_as_such() -> None:
    assert PodTrouble("p", "c", f"{NO_IMAGE} (not found)", False).lacks_image
    assert not PodTrouble("p", "c", "its program cannot be started", False).lacks_image


@pytest.mark.parametrize(
    "said",
    [
        "unexpected status from https://r: 429 Too Many Requests",
        "toomanyrequests: You have reached your pull rate limit",
        "unexpected status from https://r: 503",
        "unexpected status from HEAD request to https://r/v2/x/manifests/1: 502 Bad Gateway",
        "dial tcp 10.0.0.1:443: i/o timeout",
        "net/http: TLS handshake timeout",
        "read: connection reset by peer",
        'Back-off pulling image "web:1"',
    ],
)
def test_a_registry_that_is_busy_is_waited_for(said: str) -> None:
    assert PodTrouble("p", "c", f"{NO_IMAGE} ({said})", False).passes
    assert not PodTrouble("p", "c", f"its program cannot be started ({said})", False).passes


@pytest.mark.parametrize(
    "said",
    [
        "docker.io/library/web:503: not found",
        "docker.io/library/web:429: not found",
        'Back-off pulling image "web:1": ErrImagePull: web:1: not found',
        "pull access denied, repository does not exist or may require authorization",
        "dial tcp: lookup registry.example.com: no such host",
        "connect: connection refused",
        "tls: failed to verify certificate: x509: certificate has expired",
    ],
)
def test_a_registry_that_says_no_is_not(said: str) -> None:
    assert not PodTrouble("p", "c", f"{NO_IMAGE} ({said})", False).passes


def test_what_does_not_mend_is_told_before_what_may() -> None:
    busy = pod({"waiting": {"reason": "ErrImagePull", "message": "429 Too Many Requests"}})
    broken = pod(waiting("CreateContainerConfigError"), name="web-2")
    both = msgspec.structs.replace(
        busy, status=PodStatus(container_statuses=(*busy.status.container_statuses, *broken.status.container_statuses))
    )
    worst = pod_trouble(both)
    assert worst is not None
    assert not worst.passes
    found = find_trouble([busy, broken])
    assert found is not None
    assert found.pod == "web-2"
    late = slow_pod([busy])
    assert late is not None
    assert "429" in late.why
