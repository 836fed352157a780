from __future__ import annotations

import pytest

from wherry.agent.container_record import ContainerRecord, Role, Termination
from wherry.agent.pod_facts import Ending
from wherry.agent.whys import ENDINGS, why_ending, why_pulled, why_started
from wherry.api.core.container import Container
from wherry.api.core.pod import PODS


def record(role: Role, last: Termination | None) -> ContainerRecord:
    return ContainerRecord(name="web", role=role, spec=Container(name="web"), last=last)


def test_a_container_that_starts_again_says_what_it_ended_with() -> None:
    pod = PODS.from_document({"metadata": {"name": "web"}, "spec": {"restartPolicy": "OnFailure", "containers": []}})
    ended = Termination(3, "Error", "", 1.0, 2.0, "c1")
    assert why_started(record(Role.APP, None), pod) == ""
    assert "to look at the pod from inside" in why_started(record(Role.EPHEMERAL, None), pod)
    assert why_started(record(Role.APP, ended), pod) == "it ended with exit code 3, and its restart policy is OnFailure"
    assert why_started(record(Role.SIDECAR, ended), pod).endswith("its restart policy is Always")


@pytest.mark.parametrize("cause", [*ENDINGS])
def test_a_container_that_is_stopped_says_who_wants_it(cause: str) -> None:
    assert why_ending(Ending(cause, 1.0)) == ENDINGS[cause]


def test_a_pod_that_the_node_ends_says_the_nodes_reason() -> None:
    assert why_ending(Ending("failed", 1.0, reason="Evicted", message="the disk is full")) == "the disk is full"
    assert why_ending(Ending("failed", 1.0, reason="Evicted")) == "Evicted"


def test_an_image_is_fetched_because_it_is_missing_or_asked_for_at_each_start() -> None:
    assert why_pulled(is_here=False) == "the image is not on this machine"
    assert why_pulled(is_here=True) == "its pull policy is Always"
