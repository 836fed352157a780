from __future__ import annotations

import pytest

from wherry.api.core.pod import PODS, Pod
from wherry.apimachinery.document import Document
from wherry.method.twins.twin import has_ended


def pod(phase: str, *, restart_policy: str = "Never", ended: str = "") -> Pod:
    names = ("orders", "metrics")
    states: list[Document] = [
        {"name": name, "image": "i", "imageID": "", "ready": False, "restartCount": 0,
         "state": {"terminated": {"exitCode": 1}} if name == ended else {"running": {}}}
        for name in names
    ]  # fmt: skip
    containers: list[Document] = [{"name": name, "image": "i"} for name in names]
    document: Document = {
        "metadata": {"name": "without-port"},
        "spec": {"restartPolicy": restart_policy, "containers": containers},
        "status": {"phase": phase, "containerStatuses": states},
    }
    found = PODS.from_document(document)
    assert isinstance(found, Pod)
    return found


@pytest.mark.parametrize("phase", ["Succeeded", "Failed"])
def test_a_pod_whose_containers_have_all_ended_has_ended(phase: str) -> None:
    assert has_ended(pod(phase))
    assert has_ended(pod(phase), "orders")


def test_a_service_has_ended_although_its_sidecar_lives_on() -> None:
    found = pod("Running", ended="orders")
    assert has_ended(found, "orders")
    assert not has_ended(found, "metrics")
    assert not has_ended(found)


def test_a_container_that_will_be_started_again_has_not_ended() -> None:
    assert not has_ended(pod("Running", restart_policy="Always", ended="orders"), "orders")
