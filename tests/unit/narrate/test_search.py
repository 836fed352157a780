"""What fits something that is typed, the likeliest first."""

from __future__ import annotations

import pytest

from unit.narrate.test_find import snapshot
from wherry.narrate.facts import Snapshot
from wherry.narrate.search import search

__all__ = ["snapshot"]


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("web", ["deployment/web", "service/web", "pod/web-6d-x"]),
        ("WEB", ["deployment/web", "service/web", "pod/web-6d-x"]),
        ("6d", ["pod/web-6d-x"]),
        ("pod web", ["pod/web-6d-x"]),
        ("pod/web", ["pod/web-6d-x"]),
        ("shop", ["pod/db-0 -n shop", "pod/log -n shop"]),
        ("shop db", ["pod/db-0 -n shop"]),
        ("log", ["pod/log", "pod/log -n shop"]),
        ("laptop web", []),
        ("nothing", []),
        ("", []),
        (" / ", []),
    ],
)
def test_every_word_fits_and_the_nearest_name_is_first(snapshot: Snapshot, said: str, found: list[str]) -> None:
    assert [one.command for one in search(snapshot, said)] == found
