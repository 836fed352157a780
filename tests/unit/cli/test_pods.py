"""Whose log is it: a pod's, or one of the pods of a workload, those that need help first."""

from __future__ import annotations

import pytest

from suites.told_cluster import HandFed, deployment, node, pod, replica_set
from wherry.api.apps.deployment import DEPLOYMENTS
from wherry.api.apps.replicaset import REPLICA_SETS
from wherry.api.core.node import NODES
from wherry.api.core.pod import PODS
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
    return told.model.snapshot()


def test_of_a_workload_it_is_the_pod_that_needs_help(snapshot: Snapshot) -> None:
    found = pods_of(snapshot, Target("Deployment", "default", "web"))
    assert [pod.name for pod in found] == ["web-6d-b", "web-6d-a"]


def test_of_a_pod_it_is_that_pod_in_its_namespace(snapshot: Snapshot) -> None:
    (found,) = pods_of(snapshot, Target("Pod", "shop", "web-6d-a"))
    assert found.namespace == "shop"


def test_a_node_has_no_log_of_its_own(snapshot: Snapshot) -> None:
    assert list(pods_of(snapshot, Target("Node", "", "laptop"))) == []
