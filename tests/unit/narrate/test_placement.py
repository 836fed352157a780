"""Why no node takes a pod: never or not yet, and what would help."""

from __future__ import annotations

import json

import pytest

from suites.told_cluster import node, pod
from wherry.api.core.binding import ObjectReference
from wherry.api.core.event_parts import Event
from wherry.api.core.node import NODES
from wherry.api.core.pod import PODS, Pod
from wherry.apimachinery.document import Document
from wherry.apimachinery.meta import ObjectMeta
from wherry.client.recorder import DECISION_ANNOTATION
from wherry.narrate.placement import NodeVerdict, decision_of, judge_nodes


def wanting(*, cpu: str = "1", **spec: object) -> Pod:
    document = pod("web")
    resources = {"requests": {"cpu": cpu}}
    document["spec"] = {"containers": [{"name": "c", "image": "i", "resources": resources}], **spec}
    return PODS.from_document(document)


def noted(reason: str, *nodes: str) -> Event:
    note = json.dumps({"rejected": {reason: [*nodes]}})
    return Event(
        metadata=ObjectMeta(annotations={DECISION_ANNOTATION: note}),
        involved_object=ObjectReference(kind="Pod", name="web"),
        reason="FailedScheduling",
    )


def verdict(one: Pod, there: Document, others: tuple[Pod, ...] = (), event: Event | None = None) -> NodeVerdict:
    (found,) = judge_nodes(one, [NODES.from_document(there)], others, event)
    return found


def on_node(name: str, cpu: str) -> Pod:
    document = pod(name, "n1")
    document["spec"] = {
        "nodeName": "n1",
        "containers": [{"name": "c", "image": "i", "resources": {"requests": {"cpu": cpu}}}],
    }
    return PODS.from_document(document)


def test_a_node_with_room_takes_the_pod() -> None:
    assert verdict(wanting(), node("n1")).fits


def test_a_node_that_is_too_small_never_takes_it() -> None:
    found = verdict(wanting(cpu="8"), node("n1"))
    assert (found.when, found.reason) == ("never", "n1: never, it has 4 cpu in all and the pod asks for 8")
    assert "larger node" in found.helps


def test_a_node_that_is_full_does_not_take_it_yet() -> None:
    found = verdict(wanting(cpu="2"), node("n1"), (on_node("a", "1500m"), on_node("b", "1")))
    assert (found.when, found.reason) == ("not yet", "n1: not yet, 1500m cpu is left and the pod asks for 2")


def test_pods_that_have_ended_take_no_room() -> None:
    document = pod("old", "n1", status={"phase": "Succeeded"})
    assert verdict(wanting(cpu="4"), node("n1"), (PODS.from_document(document),)).fits


@pytest.mark.parametrize(
    ("there", "when", "helps"),
    [
        (node("n1", unschedulable=True), "not yet", "wherry kubectl uncordon n1"),
        (node("n1", taints=[{"key": "team", "value": "blue", "effect": "NoSchedule"}]), "never", "team=blue"),
        (node("n1", ready=False, taints=[{"key": "node.kubernetes.io/unreachable", "effect": "NoExecute"}]),
         "not yet", "wherry why node/n1"),
    ],
)  # fmt: skip
def test_what_keeps_pods_away_is_told_with_what_would_help(there: Document, when: str, helps: str) -> None:
    found = verdict(wanting(), there)
    assert (found.fits, found.when) == (False, when)
    assert helps in found.helps


def test_a_toleration_opens_a_tainted_node() -> None:
    tainted = node("n1", taints=[{"key": "team", "value": "blue", "effect": "NoSchedule"}])
    assert verdict(wanting(tolerations=[{"key": "team", "operator": "Exists"}]), tainted).fits
    assert verdict(wanting(tolerations=[{"key": "team", "value": "blue"}]), tainted).fits
    assert not verdict(wanting(tolerations=[{"key": "team", "value": "red"}]), tainted).fits


def test_missing_labels_are_named() -> None:
    found = verdict(wanting(nodeSelector={"disk": "ssd"}), node("n1"))
    assert found.helps == "wherry kubectl label node n1 disk=ssd"


def test_what_never_changes_is_said_before_what_may() -> None:
    assert verdict(wanting(cpu="8"), node("n1", unschedulable=True)).when == "never"


def test_what_only_the_scheduler_knows_is_taken_from_its_note() -> None:
    found = verdict(wanting(), node("n1"), event=noted("node(s) didn't match Pod's node affinity/selector", "n1"))
    assert found.when == "never"
    odd = verdict(wanting(), node("n1"), event=noted("node(s) had a bad day", "n1"))
    assert (odd.when, odd.reason) == ("unknown", "n1: node(s) had a bad day")


def test_a_note_that_cannot_be_read_is_no_note() -> None:
    broken = Event(metadata=ObjectMeta(annotations={DECISION_ANNOTATION: "{"}))
    assert decision_of(broken) == {}
    assert decision_of(None) == {}
