"""What all tests share."""

from __future__ import annotations

import random

import pytest

from wherry.kit.clock import FakeClock


@pytest.fixture
def clock() -> FakeClock:
    """Time that moves when told."""
    return FakeClock()


@pytest.fixture
def seeded() -> random.Random:
    """Randomness that repeats."""
    return random.Random(7)
