"""`wherry logs` and `wherry shell` on containers that really run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from suites.running_cluster import IMAGE, RunningCluster, needs_linux

BARE = Path(__file__).parents[2] / "examples" / "stand-in"
"""Python and nothing else."""

pytestmark = [needs_linux, pytest.mark.linux]


@pytest.fixture
def talker(cluster: RunningCluster, namespace: str) -> str:
    script = "echo first word; echo second word; exec sleep 600"
    container = {"name": "c", "image": IMAGE, "command": ["sh", "-c", script]}
    pod = {
        "metadata": {"labels": {"app": "talker"}},
        "spec": {"containers": [container], "terminationGracePeriodSeconds": 0},
    }
    deployment = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "talker"},
        "spec": {"selector": {"matchLabels": {"app": "talker"}}, "template": pod},
    }
    cluster.kubectl("-n", namespace, "apply", "-f", "-", text=json.dumps(deployment))
    cluster.kubectl("-n", namespace, "rollout", "status", "deployment/talker")
    return namespace


def test_a_workload_s_log_is_read_by_its_name(cluster: RunningCluster, talker: str) -> None:
    done = cluster.wherry("logs", "talker", "-n", talker)
    assert done.stdout.splitlines() == ["first word", "second word"]
    assert "container c of pod talker-" in done.stderr
    assert cluster.wherry("logs", "talker", "-n", talker, "--tail", "1").stdout.splitlines() == ["second word"]
    data = json.loads(cluster.wherry("logs", "talker", "-n", talker, "-o", "json").stdout)
    assert data["lines"] == ["first word", "second word"]


def test_a_shell_goes_into_the_container(cluster: RunningCluster, talker: str) -> None:
    done = cluster.wherry(
        "shell", "talker", "-n", talker, "--teach", "--", "sh", "-c", "echo $HOSTNAME; exit 3", check=False
    )
    assert done.stdout.startswith("talker-")
    assert done.returncode == 3, "what the command says is what we say"
    assert "kubectl exec -i talker-" in done.stderr


def test_what_went_before_a_restart_can_be_read(cluster: RunningCluster, talker: str) -> None:
    asked = cluster.wherry("logs", "talker", "-n", talker, "--previous", check=False)
    assert asked.returncode == 1
    assert "previous" in asked.stderr


def test_where_no_shell_is_the_way_to_look_around_is_said(cluster: RunningCluster, namespace: str) -> None:
    cluster.wherry("image", "build", str(BARE))
    cluster.kubectl("-n", namespace, "run", "bare", "--image=stand-in:1", "--", "-c", "import signal; signal.pause()")
    cluster.kubectl("-n", namespace, "wait", "--for=condition=Ready", "pod/bare", "--timeout=30s")
    done = cluster.wherry("shell", "pod/bare", "-n", namespace, check=False)
    assert (done.returncode, "the container bare of pod bare has no shell" in done.stderr) == (1, True)
    assert f"wherry shell pod/bare -n {namespace} -c bare -- python3" in done.stderr
    said = cluster.wherry("shell", "pod/bare", "-n", namespace, "-c", "bare", "--", "python3", "-c", "print(6 * 7)")
    assert said.stdout == "42\n"
