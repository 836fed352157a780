"""Places on the map: who needs is left of who provides, nothing lies over anything, and nothing moves without need."""

from __future__ import annotations

import random
import time
from itertools import combinations, pairwise

import pytest

from wherry.dashboard.puzzle.crossings import crossings, fewest_crossings
from wherry.dashboard.puzzle.layers import Line, columns_of, layers
from wherry.dashboard.puzzle.layout import Layout, Sizes, lay_out

SIZES = Sizes()
SHOP: list[Line] = [("web", "orders"), ("web", "users"), ("orders", "stock"), ("web", "stock"), ("mobile", "orders")]


def boxes(layout: Layout, heights: dict[str, float]) -> dict[str, tuple[float, float, float, float]]:
    return {name: (x, y, x + SIZES.width, y + heights[name]) for name, (x, y) in layout.places.items()}


def overlap(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def some(seed: int, count: int = 25) -> tuple[dict[str, float], list[Line]]:
    choose = random.Random(seed)
    names = [f"s{number:02}" for number in range(count)]
    heights = {name: float(choose.randrange(60, 160)) for name in names}
    return heights, [(choose.choice(names), choose.choice(names)) for _ in range(choose.randrange(count * 2))]


def test_whoever_needs_stands_left_of_who_provides() -> None:
    found = layers(["mobile", "orders", "stock", "users", "web"], SHOP)
    assert all(found[needs] < found[provides] for needs, provides in SHOP)


def test_whoever_nobody_needs_stands_beside_whom_it_needs() -> None:
    found = layers(["a", "b", "c", "late"], [("a", "b"), ("b", "c"), ("late", "c")])
    assert found == {"a": 0, "b": 1, "c": 2, "late": 1}


def test_services_that_need_each_other_stand_side_by_side() -> None:
    found = layers(["a", "b"], [("a", "b"), ("b", "a")])
    assert sorted(found.values()) == [0, 1]


@pytest.mark.parametrize("seed", range(20))
def test_nothing_lies_over_anything_and_no_line_bends_inside_a_piece(seed: int) -> None:
    heights, lines = some(seed)
    layout = lay_out(heights, lines)
    assert layout.places.keys() == heights.keys()
    placed = boxes(layout, heights)
    assert [pair for pair in combinations(placed, 2) if overlap(placed[pair[0]], placed[pair[1]])] == []
    for spots in layout.bends.values():
        for x, y in spots:
            assert not any(box[0] <= x <= box[2] and box[1] <= y <= box[3] for box in placed.values())
    assert min(y for _, y in layout.places.values()) >= 0
    assert layout.height >= max(box[3] for box in placed.values())


@pytest.mark.parametrize("seed", range(5))
def test_the_same_pieces_have_the_same_places_in_whatever_order_they_come(seed: int) -> None:
    heights, lines = some(seed)
    first = lay_out(heights, lines)
    shuffled = [*heights.items()]
    random.Random(seed).shuffle(shuffled)
    random.Random(seed).shuffle(lines)
    assert lay_out(dict(shuffled), lines) == first


def test_a_new_piece_that_nothing_joins_moves_no_other() -> None:
    heights = dict.fromkeys(("web", "orders", "users", "stock", "mobile"), 80.0)
    before = lay_out(heights, SHOP).places
    after = lay_out({**heights, "alone": 80.0}, SHOP).places
    assert {name: after[name] for name in before} == before


def test_sweeping_makes_fewer_crossings_and_never_more() -> None:
    fewer = 0
    for seed in range(20):
        _, lines = some(seed, 12)
        known = sorted({(one, other) for one, other in lines if one != other})
        columns = columns_of(sorted({name for line in known for name in line}), known)
        before, after = crossings(columns, columns.items), crossings(columns, fewest_crossings(columns))
        assert after <= before
        there = [one for column in fewest_crossings(columns) for one in column]
        assert sorted(map(str, there)) == sorted(map(str, columns.column))
        fewer += after < before
    assert fewer > 5


def test_two_lines_side_by_side_do_not_cross_and_crossed_ones_are_uncrossed() -> None:
    columns = columns_of(["a", "b", "c", "d"], [("a", "d"), ("b", "c")])
    assert crossings(columns, [["a", "b"], ["c", "d"]]) == 1
    assert crossings(columns, fewest_crossings(columns)) == 0


def test_a_line_over_several_columns_has_a_bend_in_each_between() -> None:
    layout = lay_out(dict.fromkeys("abcd", 80.0), [("a", "b"), ("b", "c"), ("c", "d"), ("a", "d")])
    bends = layout.bends["a", "d"]
    assert len(bends) == 2
    assert all(one[0] < other[0] for one, other in pairwise(bends))


def test_an_empty_map_has_no_size() -> None:
    assert lay_out({}, []) == Layout({}, {}, 0.0, 0.0)


def test_sixty_services_are_laid_out_in_milliseconds() -> None:
    choose = random.Random(3)
    names = [f"s{number:02}" for number in range(60)]
    lines = [(names[at], names[choose.randrange(at + 1, 60)]) for at in range(59) for _ in range(2)]
    started_s = time.perf_counter()
    lay_out(dict.fromkeys(names, 90.0), lines)
    # Some ten milliseconds on a quiet machine; a loaded one must not fail for that.
    assert time.perf_counter() - started_s < 1
