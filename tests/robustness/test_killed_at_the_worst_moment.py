"""The server dies at a named place while pods start: the next one finishes what was begun, once, and leaves nothing."""

from __future__ import annotations

import json
import os
import select
from collections.abc import Iterator
from pathlib import Path

import pytest

from suites.running_cluster import IMAGE, RunningCluster, cluster_in, needs_linux

pytestmark = [needs_linux, pytest.mark.linux]

DEPLOYMENT = f"""
apiVersion: apps/v1
kind: Deployment
metadata: {{name: web}}
spec:
  replicas: 2
  selector: {{matchLabels: {{app: web}}}}
  template:
    metadata: {{labels: {{app: web}}}}
    spec:
      terminationGracePeriodSeconds: 0
      containers: [{{name: c, image: "{IMAGE}", command: [sleep, "1000"]}}]
"""


@pytest.fixture(scope="module")
def victim(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCluster]:
    with cluster_in(tmp_path_factory.mktemp("victim") / "home") as cluster:
        cluster.build_toolbox()
        yield cluster


def run_dir(cluster: RunningCluster) -> Path:
    return Path("/run/wherry", json.loads((cluster.home / "cluster.json").read_text())["id"])


def wait_until_dead(pid: int) -> None:
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        assert select.select([descriptor], [], [], 15)[0], "the failpoint was not reached"
    finally:
        os.close(descriptor)


@pytest.mark.parametrize("place", ["sandbox-made", "pod-connected", "container-started", "in-commit", "after-commit"])
def test_what_was_begun_is_finished_once(victim: RunningCluster, place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    visit = 2 if "commit" not in place else 15
    os.kill(victim.pid, 9)
    wait_until_dead(victim.pid)
    monkeypatch.setenv("WHERRY_FAILPOINT", f"{place}:kill:{visit}")
    victim.wherry("up", check=False)
    pid = victim.pid
    monkeypatch.delenv("WHERRY_FAILPOINT")
    victim.kubectl("apply", "-f", "-", text=DEPLOYMENT, check=False)
    victim.kubectl("delete", "pods", "-l", "app=web", "--wait=false", check=False)
    wait_until_dead(pid)

    victim.wherry("up")
    victim.kubectl("apply", "-f", "-", text=DEPLOYMENT)
    victim.kubectl("rollout", "status", "deployment/web", "--timeout=30s")
    victim.kubectl("wait", "pods", "-l", "app=web", "--for=condition=Ready", "--timeout=30s")
    pods = json.loads(victim.kubectl("get", "pods", "-o", "json").stdout)["items"]
    uids = {pod["metadata"]["uid"] for pod in pods if "deletionTimestamp" not in pod["metadata"]}
    assert len(uids) == 2
    assert [pod["status"]["containerStatuses"][0]["restartCount"] for pod in pods] == [0] * len(pods)
    assert uids <= {path.name for path in (run_dir(victim) / "runtime" / "ns").iterdir()}
    assert "Traceback" not in (victim.home / "wherry.log").read_text()
