"""The masters keep the places: over a restart, for a month, whatever is in the file."""

from __future__ import annotations

from pathlib import Path

import pytest

from wherry.dashboard.places import DAY_S, FORGOTTEN_S, PIECES_MAX, Listener, Places, Slot
from wherry.dashboard.puzzle.layout import Sizes
from wherry.dashboard.puzzle.slots import find_slots

SIZES = Sizes(width=208, gap_x=196, gap_y=36)
NOW_S = 1_800_000_000.0


def seen(places: Places, *names: str, now_s: float = NOW_S) -> dict[str, Slot]:
    heights = dict.fromkeys(names, 92.0)
    return places.slots(lambda known: find_slots(known, heights, [("dev/web", "dev/orders")], SIZES), now_s)


def test_places_outlive_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "places.json"
    first = seen(Places(file), "dev/web", "dev/orders")
    again = Places(file)
    later = seen(again, "dev/web", "dev/orders", "dev/a", "dev/zebra")
    assert {name: later[name] for name in first} == first
    again.put("dev/web", (-1, 0))
    assert seen(Places(file), "dev/web", "dev/orders")["dev/web"] == (-1, 0)
    assert file.stat().st_mode & 0o077 == 0


def test_looking_again_writes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "places.json"
    places = Places(file)
    seen(places, "dev/web", "dev/orders")
    file.write_text("as it was")
    seen(places, "dev/web", "dev/orders")
    assert file.read_text() == "as it was"
    seen(places, "dev/web", "dev/orders", now_s=NOW_S + 2 * DAY_S)
    assert file.read_text() != "as it was"


@pytest.mark.parametrize("content", ["", "[", '{"dev/web": 1}', '{"dev/web": {"column": "x", "row": 1}}'])
def test_a_file_that_cannot_be_read_costs_only_the_places(tmp_path: Path, content: str) -> None:
    file = tmp_path / "places.json"
    file.write_text(content)
    assert seen(Places(file), "dev/web") == {"dev/web": (0, 0)}


def test_a_folder_that_cannot_be_written_costs_only_the_next_start(tmp_path: Path) -> None:
    places = Places(tmp_path / "nowhere" / "places.json")
    assert seen(places, "dev/web") == seen(places, "dev/web")


def test_who_is_not_seen_for_a_month_gives_the_place_up() -> None:
    places = Places()
    first = seen(places, "dev/web", "dev/orders")
    seen(places, "dev/web", now_s=NOW_S + FORGOTTEN_S - 1)
    found = seen(places, "dev/web", "dev/a", now_s=NOW_S + FORGOTTEN_S + 1)
    assert found["dev/web"] == first["dev/web"]
    assert [*places.known] == ["dev/web", "dev/a"]


def test_a_crowd_does_not_grow_for_ever() -> None:
    places = Places()
    for start in range(0, PIECES_MAX + 200, 100):
        seen(places, *(f"dev/s{number}" for number in range(start, start + 100)), now_s=NOW_S + start)
    seen(places, now_s=NOW_S + 1)
    assert len(places.known) == PIECES_MAX
    assert "dev/s0" not in places.known


def test_whoever_looks_is_told_of_a_move_and_nobody_after_leaving() -> None:
    places = Places()
    seen(places, "dev/web")
    told: list[str] = []
    listener = Listener(lambda: told.append("moved"))
    places.subscribe(listener)
    places.put("dev/web", (1, 0))
    places.arrange_anew()
    del listener
    seen(places, "dev/web")
    places.put("dev/web", (1, 0))
    assert told == ["moved", "moved"]
