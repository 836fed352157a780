"""Whose log is it: a pod's, or one of the pods of a workload, those that need help first."""

from __future__ import annotations

import pytest

from suites.told_cluster import HandFed, deployment, meta, node, pod, replica_set
from wherry.api.apps.deployment import DEPLOYMENTS
from wherry.api.apps.replicaset import REPLICA_SETS
from wherry.api.core.node import NODES
from wherry.api.core.pod import PODS
from wherry.api.core.service import SERVICES
from wherry.api.discovery.endpointslice import ENDPOINT_SLICES
from wherry.apimachinery.document import Document
from wherry.cli.pods import pods_of
from wherry.narrate.facts import Snapshot
from wherry.narrate.find import Target

ENDED: Document = {"phase": "Failed", "reason": "Error"}


@pytest.fixture
def snapshot() -> Snapshot:
    told = HandFed()
    told.put(NODES, node("laptop"))
    told.put(DEPLOYMENTS, deployment("web", 2))
    told.put(REPLICA_SETS, replica_set("web-6d", "web"))
    told.put(PODS, pod("web-6d-a", "laptop", owner=("ReplicaSet", "web-6d")))
    told.put(PODS, pod("web-6d-b", "laptop", owner=("ReplicaSet", "web-6d"), status=ENDED))
    told.put(PODS, pod("web-6d-a", "laptop", namespace="shop"))
    told.put(PODS, pod("unseen-a", "laptop", labels={"app": "unseen"}))
    told.put(SERVICES, {"metadata": meta("shop-web"), "spec": {"selector": {"app": "web"}}})
    told.put(SERVICES, {"metadata": meta("unseen"), "spec": {"selector": {"app": "unseen"}}})
    endpoints = [
        {"addresses": ["10.0.0.1"], "targetRef": {"kind": "Pod", "name": "web-6d-a"}, "conditions": {"ready": True}},
        {"addresses": ["10.0.0.2"], "targetRef": {"kind": "Pod", "name": "web-6d-b"}, "conditions": {"ready": False}},
    ]
    labels = {"kubernetes.io/service-name": "shop-web"}
    told.put(
        ENDPOINT_SLICES, {"metadata": meta("shop-web-x", labels=labels), "addressType": "IPv4", "endpoints": endpoints}
    )
    return told.model.snapshot()


def test_of_a_workload_it_is_the_pod_that_needs_help(snapshot: Snapshot) -> None:
    found = pods_of(snapshot, Target("Deployment", "default", "web"))
    assert [pod.name for pod in found] == ["web-6d-b", "web-6d-a"]


def test_of_a_pod_it_is_that_pod_in_its_namespace(snapshot: Snapshot) -> None:
    (found,) = pods_of(snapshot, Target("Pod", "shop", "web-6d-a"))
    assert found.namespace == "shop"


def test_a_node_has_no_log_of_its_own(snapshot: Snapshot) -> None:
    assert list(pods_of(snapshot, Target("Node", "", "laptop"))) == []


def test_of_a_service_it_is_a_pod_that_it_leads_to_whatever_that_is_called(snapshot: Snapshot) -> None:
    found = pods_of(snapshot, Target("Service", "default", "shop-web"))
    assert [pod.name for pod in found] == ["web-6d-b", "web-6d-a"]


def test_of_a_service_whose_endpoints_nobody_sees_it_is_a_pod_of_the_same_name(snapshot: Snapshot) -> None:
    found = pods_of(snapshot, Target("Service", "default", "unseen"))
    assert [pod.name for pod in found] == ["unseen-a"]
