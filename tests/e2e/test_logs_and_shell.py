"""`wherry logs`, `wherry shell` and `wherry tour` on containers that really run."""

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


def test_every_stop_of_the_tour_says_what_kubectl_says_and_its_command_shows_it(
    cluster: RunningCluster, talker: str
) -> None:
    cluster.kubectl("-n", talker, "expose", "deployment/talker", "--port=80")
    cluster.kubectl(
        "-n", talker, "wait", "endpointslice", "-l", "kubernetes.io/service-name=talker",
        "--for=jsonpath={.endpoints[0].conditions.ready}=true", "--timeout=30s",
    )  # fmt: skip
    stops = json.loads(cluster.wherry("tour", "-n", talker, "-o", "json").stdout)
    claims = {stop["title"]: stop["claim"] for stop in stops}
    pod = cluster.jsonpath("pods", "{.items[0].metadata.name}", talker)
    address, node = (
        cluster.jsonpath("pods", f"{{.items[0].{path}}}", talker) for path in ("status.podIP", "spec.nodeName")
    )
    assert claims["container"] == f"c is one, made from the image {IMAGE}; it is in the pod {pod}."
    assert claims["pod"] == f"{pod} is one: it holds 1 container and has the address {address}."
    assert claims["node"] == f"There is room on 1 node. {node} runs 1 pod with 1 container."
    assert claims["workload"] == "talker (Deployment) wants 1. 1 of 1 copies run."
    assert claims["service"] == "1 of 1 pods answer for talker."
    assert claims["master"].startswith("They look after 1 pod here")
    told = cluster.wherry("tour", "-n", talker).stdout
    for number, stop in enumerate(stops, start=1):
        assert f"{number}. {stop['title'].capitalize()}: {stop['meaning']}\n   Here: {stop['claim']}" in told
        command = stop["command"].split()
        assert command[0] == "wherry"
        if "-f" not in command:
            assert cluster.wherry(*command[1:]).stdout
