from __future__ import annotations

import pytest

from suites.store_suite import StoreSuite
from wherry.store.memory import MemoryStore


class TestMemoryStore(StoreSuite):
    @pytest.fixture
    def store(self) -> MemoryStore:
        return MemoryStore()
