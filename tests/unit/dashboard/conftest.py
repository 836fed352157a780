"""A shop of services to look at, full and empty."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from suites.shop_window import Shop, shop_window
from wherry.kit import pki
from wherry.kit.http.tls import KeyPair


@pytest.fixture(scope="session")
def authority() -> KeyPair:
    return pki.create_ca("test")


@pytest.fixture
async def full_shop(authority: KeyPair) -> AsyncIterator[Shop]:
    async with shop_window(authority, full=True) as made:
        yield made


@pytest.fixture
async def empty_shop(authority: KeyPair) -> AsyncIterator[Shop]:
    async with shop_window(authority, full=False) as made:
        yield made
