"""Who has a place on the map keeps it, whoever comes and goes; a new piece finds room beside those that it knows."""

from __future__ import annotations

import random
from itertools import combinations

import pytest

from wherry.dashboard.places import Slot
from wherry.dashboard.puzzle.layers import Line
from wherry.dashboard.puzzle.layout import Layout, Sizes
from wherry.dashboard.puzzle.slots import closed_up, find_slots, fitting_heights, move_slot, place_all

SIZES = Sizes(width=208, gap_x=196, gap_y=36)
SHOP: list[Line] = [("web", "orders"), ("web", "users"), ("orders", "stock"), ("web", "stock"), ("mobile", "orders")]
NAMES = ("mobile", "orders", "stock", "users", "web")


def placed(slots: dict[str, Slot], heights: dict[str, float], lines: list[Line]) -> tuple[Layout, dict[str, float]]:
    fitted = fitting_heights(slots, heights)
    return place_all(slots, fitted, lines, SIZES), fitted


def check(layout: Layout, heights: dict[str, float]) -> None:
    """Nothing lies over anything, and no line bends inside a piece."""
    boxes = {name: (x, y, x + SIZES.width, y + heights[name]) for name, (x, y) in layout.places.items()}
    for one, other in combinations(boxes.values(), 2):
        assert not (one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3])
    for spots in layout.bends.values():
        for x, y in spots:
            assert not any(box[0] <= x <= box[2] and box[1] < y < box[3] for box in boxes.values())
    assert layout.left <= min(box[0] for box in boxes.values())
    assert layout.left + layout.width >= max(box[2] for box in boxes.values())
    assert layout.top + layout.height >= max(box[3] for box in boxes.values())


@pytest.mark.parametrize("seed", range(20))
def test_nobody_moves_whoever_comes_and_goes(seed: int) -> None:
    choose = random.Random(seed)
    names = [f"s{number:02}" for number in range(24)]
    known: dict[str, Slot] = {}
    there = set(choose.sample(names, 4))
    for _ in range(30):
        there ^= {choose.choice(names)}
        there = there or {names[0]}
        heights = {name: choose.choice((92.0, 92.0, 124.0, 220.0)) for name in there}
        everybody = sorted(there)
        lines = [(choose.choice(everybody), choose.choice(everybody)) for _ in range(len(everybody))]
        found = find_slots(known, heights, lines, SIZES)
        assert {name: found[name] for name in known.keys() & there} == {
            name: known[name] for name in known.keys() & there
        }
        assert found == find_slots(known, dict(reversed(heights.items())), [*reversed(lines)], SIZES)
        known |= found
        layout, fitted = placed(found, heights, lines)
        check(layout, fitted)
        assert all(layout.places[name] == (404 * column, 64 * row) for name, (column, row) in found.items())


def test_the_first_map_is_laid_out_as_a_whole() -> None:
    found = find_slots({}, dict.fromkeys(NAMES, 92.0), SHOP, SIZES)
    columns = {name: column for name, (column, _) in found.items()}
    assert columns == {"web": 0, "mobile": 0, "orders": 1, "users": 1, "stock": 2}


def test_a_new_service_stands_where_it_belongs_and_no_other_moves() -> None:
    known = find_slots({}, dict.fromkeys(NAMES, 92.0), SHOP, SIZES)
    lines = [*SHOP, ("kiosk", "orders"), ("stock", "depot"), ("kiosk", "users")]
    heights = dict.fromkeys((*NAMES, "kiosk", "depot", "alone"), 92.0)
    found = find_slots(known, heights, lines, SIZES)
    assert {name: found[name] for name in NAMES} == known
    assert (found["kiosk"][0], found["depot"][0]) == (0, 3)
    before, _ = placed(known, dict.fromkeys(NAMES, 92.0), SHOP)
    after, fitted = placed(found, heights, lines)
    assert {name: after.places[name] for name in NAMES} == before.places
    check(after, fitted)


def test_who_comes_back_finds_the_place_free() -> None:
    known = find_slots({}, dict.fromkeys(NAMES, 92.0), SHOP, SIZES)
    others = {name: 92.0 for name in NAMES if name != "users"}
    without = find_slots(known, {**others, "new": 92.0}, [*SHOP[2:], ("web", "new")], SIZES)
    assert without["new"] != known["users"]
    again = find_slots(known | without, dict.fromkeys((*NAMES, "new"), 92.0), SHOP, SIZES)
    assert again["users"] == known["users"]


def test_a_consumer_of_the_leftmost_stands_further_left() -> None:
    found = find_slots({"web": (0, 0)}, {"web": 92.0, "app": 92.0}, [("app", "web")], SIZES)
    assert found == {"web": (0, 0), "app": (-1, 0)}
    layout, fitted = placed(found, {"web": 92.0, "app": 92.0}, [("app", "web")])
    assert layout.left == -404
    check(layout, fitted)


def test_a_piece_that_grows_stops_above_whoever_stands_below() -> None:
    assert fitting_heights({"a": (0, 0), "b": (0, 2), "c": (1, 1)}, dict.fromkeys("abc", 400.0)) == {
        "a": 108.0,
        "b": 400.0,
        "c": 400.0,
    }


def test_a_part_of_the_map_has_the_same_order_without_the_room_between() -> None:
    slots = {"a": (0, 0), "b": (2, 8), "c": (2, 20)}
    assert closed_up(slots, dict.fromkeys("abc", 92.0), SIZES) == {"a": (0, 0), "b": (1, 2), "c": (1, 4)}


def test_who_is_pushed_goes_over_others_and_lies_on_nobody() -> None:
    known = {"a": (0, 0), "b": (0, 2), "c": (1, 0)}
    assert move_slot(known, "a", (0, 1)) == (0, 4)
    assert move_slot(known, "a", (1, 0)) == (2, 0)
    assert move_slot(known, "c", (0, 1)) == (1, 1)
    assert move_slot(known, "gone", (0, 1)) is None


def test_an_empty_map_has_no_size() -> None:
    assert find_slots({}, {}, [], SIZES) == {}
    assert place_all({}, {}, [], SIZES) == Layout({}, {}, 0.0, 0.0)
