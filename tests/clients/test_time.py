"""The past and the future on the command line, asked as a person asks."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from suites.running_cluster import RunningCluster

MANIFEST = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: shelf}
spec:
  replicas: 2
  selector: {matchLabels: {app: shelf}}
  template:
    metadata: {labels: {app: shelf}}
    spec: {containers: [{name: shelf, image: "shelf:1"}]}
---
apiVersion: v1
kind: Service
metadata: {name: shelf}
spec: {selector: {app: shelf}, ports: [{port: 80}]}
"""
TOO_MUCH = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: giants, namespace: past}
spec:
  replicas: 2
  selector: {matchLabels: {app: giants}}
  template:
    metadata: {labels: {app: giants}}
    spec: {containers: [{name: c, image: c, resources: {requests: {cpu: "64"}}}]}
"""


@pytest.fixture(scope="module")
def cluster(simulated: RunningCluster) -> Iterator[RunningCluster]:
    simulated.make_namespace("past")
    simulated.kubectl("-n", "past", "apply", "-f", "-", text=MANIFEST)
    simulated.kubectl("-n", "past", "rollout", "status", "deployment/shelf", "--timeout=30s")
    yield simulated
    simulated.kubectl("delete", "namespace", "past", "--wait=false")


def ask(cluster: RunningCluster, *arguments: str, code: int = 0) -> str:
    done = cluster.wherry(*arguments, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


def test_how_it_was_and_what_has_changed_since(cluster: RunningCluster) -> None:
    time.sleep(1.1)
    ask(cluster, "mark", "Review")
    time.sleep(1.1)
    cluster.kubectl("-n", "past", "scale", "deployment/shelf", "--replicas=5")
    cluster.kubectl("-n", "past", "create", "configmap", "label")
    cluster.kubectl("-n", "past", "rollout", "status", "deployment/shelf", "--timeout=30s")
    then = json.loads(ask(cluster, "picture", "-n", "past", "--at", "last review", "-o", "json"))
    now = json.loads(ask(cluster, "picture", "-n", "past", "-o", "json"))
    assert (then["counts"]["pods"], now["counts"]["pods"]) == (2, 5)
    told = ask(cluster, "changes", "-n", "past", "--since", "last review")
    assert "kubernetes-admin scaled deployment shelf in past from 2 to 5 copies with kubectl." in told
    assert "shelf in past: 3 pods came." in told
    assert "kubernetes-admin created config map label in past with kubectl." in told
    assert "last review" in told
    ask(cluster, "changes", "-n", "past", "--since", "1s", "--until", "1s", code=1)


def test_a_moment_that_nobody_knows_is_answered_with_the_way_out(cluster: RunningCluster) -> None:
    done = cluster.wherry("picture", "--at", "2001-01-01", check=False)
    assert (done.returncode, "W0206" in done.stderr) == (1, True)
    done = cluster.wherry("changes", "--since", "last retro", check=False)
    assert (done.returncode, "wherry mark retro" in done.stderr) == (2, True)
    done = cluster.wherry("changes", "--since", "soon", check=False)
    assert (done.returncode, "W0205" in done.stderr) == (2, True)


def test_what_would_happen_is_told_and_nothing_is_changed(cluster: RunningCluster, tmp_path: Path) -> None:
    before = cluster.get("deployments", "-n", "past")
    change = tmp_path / "change.yaml"
    change.write_text(TOO_MUCH)
    told = ask(cluster, "what-if", "-n", "past", "-f", str(change), "--scale", "shelf=7", code=1)
    assert told.startswith("It does not fit: 2 pods would wait for a node")
    assert "never, it has 32 cpu in all and the pod asks for 64" in told
    assert "Nothing has been changed." in told
    found = json.loads(ask(cluster, "what-if", "--node-down", "simulated-0", "-o", "json"))
    assert found["fits"] is True
    assert found["lastedS"] > 300
    assert cluster.get("deployments", "-n", "past")["items"] == before["items"]
    node = cluster.get("node", "simulated-0")
    assert isinstance(node["status"], dict)
    assert "Unknown" not in json.dumps(node["status"])


def test_what_cannot_be_tried_is_said(cluster: RunningCluster) -> None:
    for arguments in ((), ("--scale", "shelf"), ("--node-down", "nowhere"), ("--scale", "nothing=3")):
        assert cluster.wherry("what-if", *arguments, check=False).returncode == 2
