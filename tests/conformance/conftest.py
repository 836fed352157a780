"""The cluster that conformance tests talk to."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest

from suites.conformance_cluster import Cluster, running_cluster
from wherry.kit.clock import FakeClock


@pytest.fixture
async def cluster(clock: FakeClock) -> AsyncGenerator[Cluster, None]:
    """API server and controllers, fresh for each test."""
    async with running_cluster(clock) as cluster:
        yield cluster
