"""Wherry is killed at the worst moment: nothing acknowledged is lost, no container notices."""

from __future__ import annotations

import os
import select
import signal
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


def machine_state() -> dict[str, list[str]]:
    """What a cluster could leave behind on the machine."""
    links = sorted(path.name for path in Path("/sys/class/net").iterdir())
    mounts = sorted(line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines())
    groups = sorted(str(path) for path in Path("/sys/fs/cgroup").glob("*/wherry*"))
    groups += sorted(str(path) for path in Path("/sys/fs/cgroup").glob("wherry*"))
    return {"links": links, "mounts": mounts, "cgroups": groups}


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
    before = machine_state()
    with cluster_in(tmp_path / "home") as cluster:
        cluster.build_toolbox()
        cluster.kubectl("create", "-f", "-", text=POD)
        cluster.kubectl("wait", "pod/keeper", "--for=condition=Ready", "--timeout=30s")
        kill_server(cluster)
    assert machine_state() == before


def test_a_second_up_says_that_the_cluster_runs_already(cluster: RunningCluster) -> None:
    again = cluster.wherry("up")
    assert "already" in again.stdout


def test_a_port_in_use_is_said_with_the_way_out(cluster: RunningCluster, tmp_path: Path) -> None:
    other = RunningCluster(tmp_path / "other", cluster.port)
    refused = other.wherry("up", "--port", str(cluster.port), check=False)
    assert refused.returncode != 0
    assert f"port {cluster.port}" in refused.stderr
    assert "--port" in refused.stderr
