"""Names without the hash of their content."""

from __future__ import annotations

import pytest

from wherry.method.delivery.stable_names import stable_name


@pytest.mark.parametrize(
    ("name", "stable"),
    [
        ("orders-7tmfm2mbkf", "orders"),
        ("ConfigMap/orders-db-9c7f77557c", "ConfigMap/orders-db"),
        ("orders-db", "orders-db"),
        ("orders-production", "orders-production"),
        ("7tmfm2mbkf", "7tmfm2mbkf"),
    ],
)
def test_only_a_content_hash_behind_a_name_is_taken_off(name: str, stable: str) -> None:
    assert stable_name(name) == stable
