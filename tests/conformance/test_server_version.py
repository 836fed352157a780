"""apimachinery/server_version.go: which release the server speaks."""

from __future__ import annotations

import re

from suites.conformance import box
from suites.conformance_cluster import Cluster


@box("server version should find the server version")
async def test_the_version_is_one_that_clients_understand(cluster: Cluster) -> None:
    version = await cluster.must("GET", "/version")
    assert re.fullmatch("[1-9]", str(version["major"]))
    assert re.sub("[^0-9]", "", str(version["minor"])).isdigit()
    assert re.match(r"v[0-9]+\.[0-9]+\.[0-9]+", str(version["gitVersion"]))
