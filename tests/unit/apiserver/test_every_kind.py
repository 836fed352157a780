"""The suite for all kinds, over the API server in memory."""

from __future__ import annotations

from suites.resource_suite import ResourceSuite


class TestEveryKind(ResourceSuite):
    """Nothing to add."""
