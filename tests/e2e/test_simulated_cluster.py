"""A cluster without a real node: for an ordinary user, on a machine that need not be Linux."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from suites.running_cluster import RunningCluster, cluster_in, free_port

NOBODY = 65534
# Where the tests run as root, an ordinary user is played; reading files is all that is kept of root's rights,
# since the tests' own Python may lie in root's home.
KEPT = "+dac_read_search"
AS_USER = (
    "setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--inh-caps", KEPT, "--ambient-caps", KEPT
)  # fmt: skip

WITHOUT_LINUX = """
import os, sys

LINUX_ONLY = (
    "uvloop", "resource", "wherry.kit.linux", "wherry.network", "wherry.runtime.oci", "wherry.cluster.real_node"
)

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name in LINUX_ONLY or name.startswith(tuple(f"{one}." for one in LINUX_ONLY)):
            raise ModuleNotFoundError(f"no {name} on this system")

sys.meta_path.insert(0, Absent())
del os.pidfd_open, os.O_CLOEXEC, os.O_DIRECTORY, os.fchmod, os.chown, os.sched_getaffinity
from wherry.cli.main import main
main()
"""


@pytest.fixture(scope="module")
def simulated() -> Iterator[RunningCluster]:
    # Not in pytest's own folder, which is root's alone.
    with tempfile.TemporaryDirectory(prefix="wherry-simulated-") as folder:
        prefix: tuple[str, ...] = ()
        if os.geteuid() == 0:
            if shutil.which("setpriv") is None:
                pytest.skip("playing an ordinary user needs setpriv")
            os.chown(folder, NOBODY, NOBODY)
            prefix = AS_USER
        options = ("--no-real-node", "--simulated-nodes", "100")
        with cluster_in(Path(folder) / "home", *options, prefix=prefix) as running:
            yield running


@pytest.mark.kubectl
def test_a_deployment_becomes_available_on_a_hundred_nodes(simulated: RunningCluster) -> None:
    nodes = simulated.get("nodes")["items"]
    assert isinstance(nodes, list)
    assert len(nodes) == 100
    simulated.kubectl("create", "deployment", "web", "--image=web", "--replicas=50")
    simulated.kubectl("wait", "--for=condition=Available", "deployment/web", "--timeout=30s")
    simulated.kubectl("rollout", "status", "deployment/web", "--timeout=30s")
    assert simulated.jsonpath("deployment/web", "{.status.readyReplicas}") == "50"
    pod = simulated.kubectl("get", "pods", "-l", "app=web", "-o", "name").stdout.split()[0]
    refused = simulated.kubectl("logs", pod, check=False)
    assert "is simulated: its pods have no containers" in refused.stderr
    simulated.kubectl("delete", "deployment", "web")
    simulated.kubectl("wait", "--for=delete", "pod", "-l", "app=web", "--timeout=30s")


@pytest.mark.kubectl
def test_it_remembers_what_it_runs_on(simulated: RunningCluster) -> None:
    again = simulated.wherry("up", check=False)
    assert again.returncode == 0, again.stderr
    assert "is up already" in again.stdout
    other = simulated.wherry("up", "--simulated-nodes", "7", check=False)
    assert other.returncode == 4
    assert "no real node and 100 simulated ones" in other.stderr
    assert "wherry down, then wherry up --simulated-nodes 7" in other.stderr
    simulated.wherry("down")
    up = simulated.wherry("up", "--port", str(simulated.port))
    assert "100 simulated nodes are ready" in up.stdout + up.stderr
    assert "100 of 100 nodes ready" in simulated.wherry("status").stdout


def test_the_masters_boot_where_nothing_of_linux_is_to_be_had(tmp_path: Path) -> None:
    arguments = ["--home", str(tmp_path / "home"), "server", "--port", str(free_port())]
    server = subprocess.Popen(
        [sys.executable, "-c", WITHOUT_LINUX, *arguments, "--no-real-node", "--simulated-nodes", "3"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert server.stdout is not None
    told = [json.loads(line) for line in server.stdout]
    try:
        assert told[-1] == {"ready": True}, told
    finally:
        server.send_signal(signal.SIGTERM)
        _, errors = server.communicate(timeout=30)
    assert server.returncode == 0, errors
