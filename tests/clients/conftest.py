"""Real clients against a cluster of simulated nodes: everything of the wire, and no container."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from suites.running_cluster import ROOT, RunningCluster, cluster_in

PROGRAMS = Path(sys.prefix) / "clients"


@dataclass(frozen=True)
class Tool:
    """A client's program, pointed at the cluster and one namespace."""

    path: Path
    cluster: RunningCluster
    namespace: str

    def __call__(self, *arguments: str, text: str | None = None, timeout_s: float = 60) -> str:
        """Run it; it must succeed. Returns what it prints."""
        done = self.attempt(*arguments, text=text, timeout_s=timeout_s)
        assert done.returncode == 0, f"{self.path.name} {' '.join(arguments)}: {done.stderr}{done.stdout}"
        return done.stdout

    def attempt(
        self, *arguments: str, text: str | None = None, timeout_s: float = 60
    ) -> subprocess.CompletedProcess[str]:
        """Run it, whatever comes of it."""
        return subprocess.run(
            [str(self.path), *arguments, "--namespace", self.namespace],
            input=text, capture_output=True, text=True, timeout=timeout_s, check=False,
            env={**os.environ, "HOME": str(self.cluster.home), "KUBECONFIG": str(self.cluster.kubeconfig)},
        )  # fmt: skip


@pytest.fixture(scope="session")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCluster]:
    home = tmp_path_factory.mktemp("clients") / "home"
    with cluster_in(home, "--no-real-node", "--simulated-nodes", "3") as running:
        yield running


@pytest.fixture
def namespace(simulated: RunningCluster, request: pytest.FixtureRequest) -> Iterator[str]:
    name = f"t-{zlib.crc32(request.node.nodeid.encode()):x}"
    simulated.make_namespace(name)
    yield name
    simulated.kubectl("delete", "namespace", name, "--wait=false")


@pytest.fixture(params=["kubectl-1.37", "kubectl-1.32"])
def kubectl(request: pytest.FixtureRequest, simulated: RunningCluster, namespace: str) -> Tool:
    return Tool(program(request.param), simulated, namespace)


@pytest.fixture(params=["helm4", "helm3"])
def helm(request: pytest.FixtureRequest, simulated: RunningCluster, namespace: str) -> Tool:
    return Tool(program(request.param), simulated, namespace)


@pytest.fixture
def chart() -> str:
    return str(ROOT / "tests" / "clients" / "charts" / "shop")


def program(name: str) -> Path:
    """A client's program, unpacked by scripts/clients."""
    path = PROGRAMS / name
    assert shutil.which(path), f"{path} is missing: make dev"
    return path
