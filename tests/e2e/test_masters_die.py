"""Wherry is killed at the worst moment: nothing acknowledged is lost, no container notices."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
from pathlib import Path

import pytest

from suites.running_cluster import IMAGE, RunningCluster, cluster_in, needs_linux

pytestmark = [needs_linux, pytest.mark.linux]

POD = f"""
apiVersion: v1
kind: Pod
metadata: {{name: keeper}}
spec:
  terminationGracePeriodSeconds: 1
  containers:
  - {{name: c, image: "{IMAGE}", command: [sh, -c, "echo alive; sleep 1000"]}}
  - {{name: short, image: "{IMAGE}", command: [sh, -c, "while [ ! -e /tmp/go ]; do sleep 0.05; done; exit 3"]}}
"""


def kill_server(cluster: RunningCluster) -> None:
    pid = cluster.pid
    descriptor = os.pidfd_open(pid)
    os.kill(pid, signal.SIGKILL)

    select.select([descriptor], [], [], 20)
    os.close(descriptor)


def left_on_the_machine(cluster: RunningCluster, cluster_id: str) -> list[str]:
    """What a cluster could leave behind: interfaces, mounts, control groups, rules, processes, files."""
    name = f"wherry-{cluster_id}"
    places = (str(cluster.home), f"/run/wherry/{cluster_id}")
    left = [path.name for path in Path("/sys/class/net").iterdir() if path.name == name]
    mounted = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    left += [point for point in mounted if point.startswith(places)]
    left += [str(path) for pattern in (f"*/{name}", name) for path in Path("/sys/fs/cgroup").glob(pattern)]
    tables = subprocess.run(["nft", "list", "tables"], capture_output=True, text=True, check=True).stdout
    left += [line for line in tables.splitlines() if line.endswith(f" {name}")]
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            command = entry.read_bytes().decode(errors="replace")
            left += [command.replace("\0", " ")] if any(place in command for place in places) else []
    left += [place for place in places[1:] if Path(place).exists()]
    return left


def test_containers_survive_kill_9_and_exit_codes_of_meanwhile_are_found(tmp_path: Path) -> None:
    with cluster_in(tmp_path / "home") as cluster:
        cluster.build_toolbox()
        cluster.kubectl("create", "-f", "-", text=POD)
        cluster.kubectl("wait", "pod/keeper", "--for=condition=Ready", "--timeout=30s")
        before = cluster.jsonpath("pod/keeper", "{.status.containerStatuses[?(@.name=='c')].containerID}")
        cluster.kubectl("exec", "keeper", "-c", "c", "--", "true")
        kill_server(cluster)
        # The second container ends while nobody looks.
        for entry in Path("/proc").glob("[0-9]*/root/tmp"):
            command = entry.parents[1] / "cmdline"
            if b"/tmp/go" in command.read_bytes():
                (entry / "go").touch()
        up = cluster.wherry("up", "--port", str(cluster.port), check=False)
        assert up.returncode == 0, up.stderr
        cluster.kubectl(
            "wait", "pod/keeper", "--timeout=30s",
            "--for=jsonpath={.status.containerStatuses[?(@.name=='short')].lastState.terminated.exitCode}=3",
        )  # fmt: skip
        assert cluster.jsonpath("pod/keeper", "{.status.containerStatuses[?(@.name=='c')].containerID}") == before
        assert cluster.jsonpath("pod/keeper", "{.status.containerStatuses[?(@.name=='c')].restartCount}") == "0"
        assert cluster.kubectl("logs", "keeper", "-c", "c").stdout == "alive\n"


def test_down_leaves_the_machine_as_it_was(tmp_path: Path) -> None:
    with cluster_in(tmp_path / "home") as cluster:
        cluster_id = json.loads((cluster.home / "cluster.json").read_text())["id"]
        cluster.build_toolbox()
        cluster.kubectl("create", "-f", "-", text=POD)
        cluster.kubectl("wait", "pod/keeper", "--for=condition=Ready", "--timeout=30s")
        assert left_on_the_machine(cluster, cluster_id)
        kill_server(cluster)
    assert left_on_the_machine(cluster, cluster_id) == []


def test_a_second_up_says_that_the_cluster_runs_already(cluster: RunningCluster) -> None:
    again = cluster.wherry("up")
    assert "already" in again.stdout


def test_a_port_in_use_is_said_with_the_way_out(cluster: RunningCluster, tmp_path: Path) -> None:
    other = RunningCluster(tmp_path / "other", cluster.port)
    refused = other.wherry("up", "--port", str(cluster.port), check=False)
    assert refused.returncode != 0
    assert f"port {cluster.port}" in refused.stderr
    assert "--port" in refused.stderr
