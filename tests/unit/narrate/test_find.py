"""What somebody means by a name."""

from __future__ import annotations

import pytest

from suites.told_cluster import HandFed, deployment, meta, node, pod, replica_set
from wherry.api.apps.deployment import DEPLOYMENTS
from wherry.api.apps.replicaset import REPLICA_SETS
from wherry.api.core.node import NODES
from wherry.api.core.pod import PODS
from wherry.api.core.service import SERVICES
from wherry.narrate.facts import Snapshot
from wherry.narrate.find import Target, find_kind, find_targets, near_targets


@pytest.fixture
def snapshot() -> Snapshot:
    told = HandFed()
    told.put(NODES, node("laptop"))
    told.put(DEPLOYMENTS, deployment("web", 1))
    told.put(REPLICA_SETS, replica_set("web-6d", "web"))
    told.put(SERVICES, {"metadata": meta("web"), "spec": {}})
    told.put(PODS, pod("web-6d-x", "laptop", owner=("ReplicaSet", "web-6d")))
    told.put(PODS, pod("db-0", "laptop", namespace="shop"))
    told.put(PODS, pod("db-0", "laptop", namespace="test"))
    told.put(PODS, pod("log", "laptop"))
    told.put(PODS, pod("log", "laptop", namespace="shop"))
    return told.model.snapshot()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("web", [Target("Deployment", "default", "web")]),
        ("deploy/web", [Target("Deployment", "default", "web")]),
        ("svc/web", [Target("Service", "default", "web")]),
        ("laptop", [Target("Node", "", "laptop")]),
        ("web-6d-x", [Target("Pod", "default", "web-6d-x")]),
        ("web-6d", [Target("Pod", "default", "web-6d-x")]),
        ("log", [Target("Pod", "default", "log")]),
        ("db-0", [Target("Pod", "shop", "db-0"), Target("Pod", "test", "db-0")]),
        ("pod/web", [Target("Pod", "default", "web-6d-x")]),
        ("nothing", []),
        ("", []),
    ],
)
def test_a_name_means_the_outermost_thing_of_that_name(snapshot: Snapshot, text: str, found: list[Target]) -> None:
    assert list(find_targets(snapshot, text)) == found


def test_a_near_miss_is_answered_with_what_was_meant(snapshot: Snapshot) -> None:
    assert near_targets(snapshot, "node/laptpo") == [Target("Node", "", "laptop")]


def test_a_target_is_written_as_one_types_it() -> None:
    assert Target("Pod", "shop", "db-0").command == "pod/db-0 -n shop"
    assert Target("Node", "", "laptop").command == "node/laptop"


@pytest.mark.parametrize("word", ["po", "pods", "Pod", "pod"])
def test_a_kind_is_known_by_all_its_names(word: str) -> None:
    found = find_kind(word)
    assert found is not None
    assert found.kind == "Pod"


def test_what_is_no_kind_is_none() -> None:
    assert find_kind("thing") is None
