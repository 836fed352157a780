from __future__ import annotations

import msgspec
import pytest

from suites.told_cluster import pod
from wherry.agent.machine_kind import MAKERS
from wherry.api.apps.statefulset import StatefulSet
from wherry.api.core.node import Node
from wherry.api.core.pod import PODS, Pod
from wherry.apimachinery.document import Document
from wherry.apimachinery.meta import ObjectMeta
from wherry.narrate.describe import HYPERVISORS, describe_pod, describe_workload, machine_words
from wherry.narrate.glossary import find_word
from wherry.narrate.workloads import Tally


def test_a_real_node_says_what_its_machine_is_and_a_simulated_one_does_not() -> None:
    labels = {"wherry.dev/machine": "virtual", "wherry.dev/hypervisor": "kvm"}
    real = Node(metadata=ObjectMeta(name="one", labels=labels))
    played = Node(metadata=ObjectMeta(name="two", labels={**labels, "wherry.dev/simulated": "true"}))
    unknown = Node(metadata=ObjectMeta(name="three"))
    assert [machine_words(one) for one in (real, played, unknown)] == ["virtual machine on KVM", "", ""]


@pytest.mark.parametrize(
    ("sort", "hypervisor", "words"),
    [
        ("physical", "", "physical machine"),
        ("virtual", "nitro", "virtual machine on Amazon Nitro"),
        ("virtual", "unknown", "virtual machine"),
        ("container", "wsl", "in a container on WSL"),
        ("container", "", "in a container"),
    ],
)
def test_whose_virtual_machine_it_is_is_said_where_somebody_knows(sort: str, hypervisor: str, words: str) -> None:
    labels = {"wherry.dev/machine": sort, **({"wherry.dev/hypervisor": hypervisor} if hypervisor else {})}
    assert machine_words(Node(metadata=ObjectMeta(name="one", labels=labels))) == words


def test_every_hypervisor_that_a_node_can_tell_has_a_name_for_people() -> None:
    told = {maker for _, maker in MAKERS} | {"hyper-v", "wsl"}
    assert set(HYPERVISORS) == told


@pytest.mark.parametrize("word", ["physical machine", "virtual machine", "simulated node", "hypervisor", "container"])
def test_what_a_node_can_be_is_explained_in_the_glossary(word: str) -> None:
    assert find_word(word) is not None


@pytest.mark.parametrize(
    ("state", "word"),
    [
        ({"running": {}}, "Running"),
        ({"terminated": {"exitCode": 130}}, "Done"),
        ({"waiting": {"reason": "ImagePullBackOff"}}, "Failed"),
        ({}, "Waiting"),
    ],
)
def test_a_container_that_was_added_is_a_guest_and_no_trouble_of_its_pod(state: Document, word: str) -> None:
    def told(name: str, state: Document, *, ready: bool) -> Document:
        return {"name": name, "ready": ready, "restartCount": 0, "image": "i", "imageID": "", "state": state}

    document = {
        "metadata": {"name": "web"},
        "spec": {
            "nodeName": "n1",
            "containers": [{"name": "c", "image": "i"}],
            "ephemeralContainers": [{"name": "look", "image": "i"}],
        },
        "status": {
            "phase": "Running",
            "conditions": [{"type": "Ready", "status": "True"}],
            "containerStatuses": [told("c", {"running": {}}, ready=True)],
            "ephemeralContainerStatuses": [told("look", state, ready=False)] if state else [],
        },
    }
    facts = describe_pod(msgspec.convert(document, Pod), "")
    main, guest = facts.containers
    assert (main.role, main.state, guest.role, guest.state) == ("main", "Running", "guest", word)
    assert (facts.state, facts.needs_help, facts.ready) == ("Running", False, 1)


@pytest.mark.parametrize(
    ("tally", "says"),
    [
        (Tally(wanted=3, updated=1, old=2), "1 of 3 copies are of the new version; the rest follow."),
        (Tally(wanted=3, updated=1, old=2, is_by_hand=True),
         "1 of 3 copies are of the new version; the rest stay as they are."),
        (Tally(wanted=3, updated=1, old=2, is_paused=True),
         "The rollout pauses until somebody resumes it. 1 of 3 copies are of the new version; the rest stay as they "
         "are."),
        (Tally(wanted=3, updated=1, old=2, kept=2), "Nothing: what is wanted is what is."),
    ],
    ids=["rolling", "by hand", "paused", "as far as it is to go"],
)  # fmt: skip
def test_what_follows_in_a_rollout_is_said_only_where_it_follows(tally: Tally, says: str) -> None:
    pods = [describe_pod(PODS.from_document(pod(f"db-{number}", "n1")), "StatefulSet/db") for number in range(3)]
    found = describe_workload("StatefulSet", StatefulSet(metadata=ObjectMeta(name="db")), tally, pods)
    assert found.next == says
