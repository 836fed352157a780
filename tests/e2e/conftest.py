"""Fixtures for the tests on a real cluster."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

import pytest

from suites.running_cluster import RunningCluster, cluster_in


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCluster]:
    with cluster_in(tmp_path_factory.mktemp("cluster") / "home") as running:
        running.build_toolbox()
        yield running


@pytest.fixture
def namespace(cluster: RunningCluster, request: pytest.FixtureRequest) -> Iterator[str]:
    name = f"t-{zlib.crc32(request.node.nodeid.encode()):x}"
    cluster.make_namespace(name)
    yield name
    cluster.kubectl("delete", "namespace", name, "--wait=false")
