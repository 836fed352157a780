"""Whom the service talks to, and what that says."""

from __future__ import annotations

import copy

import pytest

from suites.played_twin import WORKLOAD, played_twin
from wherry.method.delivery.run_plan import RunPlan
from wherry.method.experiments.peers import Peer, judge_peers, settings_of
from wherry.method.facts.manifests import containers, pod_spec


@pytest.mark.parametrize(
    ("peer", "weight"),
    [
        (("10.96.0.7", 5432), "note"),
        (("10.244.0.9", 5432), "note"),
        (("10.96.0.10", 53), "note"),
        (("127.0.0.1", 4000), "note"),
        (("10.96.0.1", 443), "note"),
        (("10.1.1.1", 4317), "note"),
        (("203.0.113.9", 443), "against"),
    ],
)
def test_only_a_peer_that_no_setting_names_speaks_against_the_service(peer: Peer, weight: str) -> None:
    found = judge_peers([peer], frozenset({"10.96.0.7"}), {"10.244.0.9": "orders-db-0"}, "10.96.0.1")
    assert found[0].weight.value == weight


def test_the_service_is_looked_at_with_its_variables_and_its_mounted_settings() -> None:
    twin = played_twin()
    workload = copy.deepcopy(WORKLOAD)
    spec = pod_spec(workload)
    spec["volumes"] = [{"name": "settings", "configMap": {"name": "orders"}}, {"name": "tmp", "emptyDir": {}}]
    (container,) = containers(spec)
    container["volumeMounts"] = [
        {"name": "settings", "mountPath": "/etc/orders"},
        {"name": "tmp", "mountPath": "/tmp"},
    ]
    twin.plan = RunPlan((), (), (workload,))
    assert settings_of(twin) == ["PORT", "GREETING", "--", "/etc/orders"]


def test_the_sentence_names_whom_it_talks_to() -> None:
    found = judge_peers([("10.96.0.7", 5432)], frozenset({"10.96.0.7"}), {"10.96.0.7": "orders-db"}, "")
    assert [entry.says for entry in found] == [
        "While the journey was played, it talked to orders-db: its settings name them."
    ]
