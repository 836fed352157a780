"""Events as sentences."""

from __future__ import annotations

import pytest

from wherry.api.core.binding import ObjectReference
from wherry.api.core.event_parts import Event, EventSource
from wherry.apimachinery.meta import ObjectMeta
from wherry.client.recorder import WHY_ANNOTATION
from wherry.controllers.registry import all_controllers
from wherry.narrate.sentences import NARRATORS, kind_words, sentence


def event(
    reason: str,
    message: str,
    component: str,
    *,
    kind: str = "Pod",
    name: str = "web-1",
    why: str = "",
    count: int = 1,
    path: str = "",
) -> Event:
    return Event(
        metadata=ObjectMeta(annotations={WHY_ANNOTATION: why} if why else {}),
        involved_object=ObjectReference(kind=kind, name=name, namespace="default", field_path=path),
        reason=reason,
        message=message,
        count=count,
        source=EventSource(component=component, host="laptop" if component == "kubelet" else ""),
    )


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (
            event("Scheduled", "Successfully assigned default/web-1 to laptop", "default-scheduler"),
            "The scheduler chose node laptop for pod web-1.",
        ),
        (
            event("SuccessfulCreate", "Created pod: web-1", "replicaset-controller", kind="ReplicaSet", name="web",
                  why="0 of 3 pods exist"),
            "The replica set controller created pod web-1 for replica set web, because 0 of 3 pods exist.",
        ),
        (
            event("SuccessfulCreate", "create Pod db-0 in StatefulSet db successful", "statefulset-controller",
                  kind="StatefulSet", name="db"),
            "The stateful set controller created pod db-0 for stateful set db.",
        ),
        (
            event("Started", "Started container c", "kubelet", path="spec.containers{c}"),
            "Node laptop started container c of pod web-1.",
        ),
        (
            event("Unhealthy", "Readiness probe failed: connection refused", "kubelet",
                  path="spec.containers{c}", count=3),
            "Node laptop finds container c of pod web-1 not ready yet: connection refused (3 times).",
        ),
        (
            event("Unhealthy", "Liveness probe failed: ", "kubelet", path="spec.containers{c}"),
            "Node laptop finds container c of pod web-1 not alive.",
        ),
        (
            event("FailedScheduling", "0/1 nodes are available: 1 Insufficient cpu.", "default-scheduler"),
            "Pod web-1 waits for a node: 0/1 nodes are available: 1 Insufficient cpu.",
        ),
    ],
)  # fmt: skip
def test_a_known_reason_becomes_a_plain_sentence_with_its_why(told: Event, words: str) -> None:
    assert sentence(told) == words


def test_an_event_of_somebody_else_keeps_its_message() -> None:
    told = event("CertIssued", "The certificate was issued.", "cert-manager", kind="Certificate", name="web")
    assert sentence(told) == "cert-manager about certificate web: The certificate was issued."


def test_an_event_with_nothing_but_its_reason_is_told_too() -> None:
    assert sentence(event("Odd", "", "")) == "Somebody about pod web-1: Odd."


def test_every_part_of_the_masters_that_speaks_has_a_name_that_people_say() -> None:
    async def remove(path: str) -> None: ...

    speaking = [one.name for one in all_controllers(ca_pem="", volume_dir="/v", remove_directory=remove)]
    silent = {
        "clusterrole-aggregation-controller", "certificatesigningrequest-cleaner-controller",
        "token-cleaner-controller", "bootstrap-signer-controller", "root-ca-cert-publisher",
        "serviceaccount-controller", "persistentvolumeclaim-protection-controller",
        "persistentvolume-protection-controller", "ttl-after-finished-controller",
        "endpoint-slice-mirroring-controller",
    }  # fmt: skip
    named = {*NARRATORS, *silent}
    assert [name for name in (*speaking, "simulated-kubelet", "simulated-nodes") if name not in named] == []


def test_a_kind_is_said_in_words() -> None:
    kinds = ("Pod", "NetworkPolicy", "HTTPRoute", "API", "CSIDriver", "StatefulSet", "PersistentVolumeClaim")
    assert [kind_words(kind) for kind in kinds] == [
        "pod", "network policy", "HTTP route", "API", "CSI driver", "stateful set", "storage claim"
    ]  # fmt: skip
