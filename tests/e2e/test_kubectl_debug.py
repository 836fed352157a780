"""kubectl debug: a container that is added to a running pod, and sees what is in it."""

from __future__ import annotations

import json
import os
import re
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from suites.conformance import box
from suites.running_cluster import IMAGE, RunningCluster, cluster_in, needs_linux

KUBECTL = Path(sys.executable).parent / "kubectl"
pytestmark = [needs_linux, pytest.mark.linux, pytest.mark.kubectl]

GUEST = "--for=jsonpath={.status.ephemeralContainerStatuses[0].state"


def start_web(cluster: RunningCluster, namespace: str) -> None:
    command = ["--command", "--", "sh", "-c", "exec sleep 1000"]
    cluster.kubectl("-n", namespace, "run", "web", f"--image={IMAGE}", *command)
    cluster.kubectl("-n", namespace, "wait", "pod/web", "--for=condition=Ready", "--timeout=60s")


@box("Ephemeral Containers will start an ephemeral container in an existing pod")
def test_somebody_looks_into_a_running_pod(cluster: RunningCluster, namespace: str) -> None:
    start_web(cluster, namespace)
    debug = ["debug", "-i", "web", f"--image={IMAGE}", "--target=web", "-c", "look", "--", "sh"]
    command = [str(KUBECTL), "--kubeconfig", str(cluster.kubeconfig), "-n", namespace, *debug]
    done = subprocess.run(
        command, input="ps; hostname; exit 5\n", capture_output=True, text=True, timeout=60, check=False,
        env={**os.environ, "HOME": str(cluster.home)},
    )  # fmt: skip
    assert "sleep 1000" in done.stdout, done.stderr
    assert "web" in done.stdout.splitlines()
    assert "acts on" not in done.stderr
    cluster.kubectl("-n", namespace, "wait", "pod/web", f"{GUEST}.terminated.exitCode}}=5", "--timeout=30s")
    assert "sleep 1000" in cluster.kubectl("-n", namespace, "logs", "web", "-c", "look").stdout
    assert cluster.kubectl("-n", namespace, "get", "pod", "web", "--no-headers").stdout.split()[1:4] == [
        "1/1", "Running", "0",
    ]  # fmt: skip
    shown = cluster.wherry("show", "pod/web", "-n", namespace).stdout
    assert re.search(rf"look, added to look inside: {IMAGE}, Done", shown)
    assert (
        "because somebody added it to look at the pod from inside"
        in cluster.wherry("why", "web", "-n", namespace).stdout
    )


@box("Ephemeral Containers should update the ephemeral containers in an existing pod")
def test_a_second_one_is_added_by_update_and_both_end_with_the_pod(cluster: RunningCluster, namespace: str) -> None:
    start_web(cluster, namespace)
    place = f"/api/v1/namespaces/{namespace}/pods/web/ephemeralcontainers"
    for count in (1, 2):
        pod = json.loads(cluster.kubectl("get", "--raw", place).stdout)
        listed = pod["spec"].setdefault("ephemeralContainers", [])
        listed.append({"name": f"look-{count}", "image": IMAGE, "command": ["sleep", f"77{count}"]})
        cluster.kubectl("replace", "--raw", place, "-f", "-", text=json.dumps(pod))
        running = f'--for=jsonpath={{.status.ephemeralContainerStatuses[?(@.name=="look-{count}")].state.running}}'
        cluster.kubectl("-n", namespace, "wait", "pod/web", running, "--timeout=30s")
    assert "sleep 772" in cluster.kubectl("-n", namespace, "exec", "web", "-c", "look-2", "--", "ps").stdout
    cluster.kubectl("-n", namespace, "delete", "pod", "web", "--grace-period=1")
    commands = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if path.exists()]
    assert not [one for one in commands if one in (b"sleep\x00771\x00", b"sleep\x00772\x00")]


def test_what_cannot_be_had_is_said_and_the_pod_goes_on(cluster: RunningCluster, namespace: str) -> None:
    start_web(cluster, namespace)
    cluster.kubectl("-n", namespace, "debug", "web", "--image=registry.invalid/none:1", "-c", "look")
    cluster.kubectl("-n", namespace, "wait", "pod/web", f"{GUEST}.waiting.reason}}=ImagePullBackOff", "--timeout=60s")
    shown = cluster.wherry("show", "pod/web", "-n", namespace).stdout
    assert "look, added to look inside: registry.invalid/none:1, Failed" in shown
    assert cluster.jsonpath("pod/web", "{.status.conditions[?(@.type=='Ready')].status}", namespace) == "True"


def test_masters_that_die_lose_nobody_who_looks(tmp_path: Path) -> None:
    with cluster_in(tmp_path / "home") as cluster:
        cluster.build_toolbox()
        start_web(cluster, "default")
        cluster.kubectl("debug", "web", f"--image={IMAGE}", "--target=web", "-c", "look", "--", "sleep", "500")
        cluster.kubectl("wait", "pod/web", f"{GUEST}.running}}", "--timeout=30s")
        before = cluster.jsonpath("pod/web", "{.status.ephemeralContainerStatuses[0].containerID}")
        killed = os.pidfd_open(cluster.pid)
        os.kill(cluster.pid, signal.SIGKILL)
        select.select([killed], [], [], 20)
        os.close(killed)
        cluster.wherry("up", "--port", str(cluster.port))
        assert "sleep 1000" in cluster.kubectl("exec", "web", "-c", "look", "--", "ps").stdout
        assert cluster.jsonpath("pod/web", "{.status.ephemeralContainerStatuses[0].containerID}") == before
