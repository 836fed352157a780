"""What is said of a timebox, before its end, at its end and after it, on a clock that the test moves."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace

import pytest

from suites.typed_commands import parse
from wherry.kit.clock import FakeClock
from wherry.method.backlog import FORMATS
from wherry.method.timebox.clock import Timebox, start_timebox
from wherry.method.timebox.ticks import Facts, Running, Tick, backlog, tick_off
from wherry.method.timebox.words import ALL_DONE, next_words, timebox_words

HOUR_S = 3600
NINE = Facts(
    service="orders",
    team="shop",
    namespace="orders-dev",
    environments=("dev", "prod"),
    head="0123456789abcdef",
    commits=3,
    stored_environments=("dev", "prod"),
    images=("orders:0123",),
    releases=("orders-r1",),
    running={"dev": Running("orders-r1", "sha256:ab", 1)},
    row="/x/1 is in container postgres",
    log_lines=4,
    healed="a pod was lost, and another was made",
    exposed="orders serves it",
)
ALL = replace(
    NINE,
    agreed_by=("shop", "web"),
    running={name: Running("orders-r1", "sha256:ab", 1) for name in ("dev", "prod")},
    demo="do-x in prod",
)
LEFT = "Left: Agree on a contract with a second party; Run the same image in every environment; Hold a demo in prod."


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def timebox(clock: FakeClock) -> Timebox:
    return start_timebox("orders", 4 * HOUR_S, clock.now_s())


def said(timebox: Timebox | None, clock: FakeClock, facts: Facts = NINE) -> list[str]:
    return timebox_words("orders", timebox, tick_off(facts), clock.now_s())


def then(timebox: Timebox | None, clock: FakeClock, facts: Facts = NINE) -> str:
    return next_words(timebox, tick_off(facts), clock.now_s())


async def test_while_it_runs_the_time_left_is_said_and_the_first_open_item_is_next(
    clock: FakeClock, timebox: Timebox
) -> None:
    await clock.advance(HOUR_S)
    assert said(timebox, clock) == ["9 of 12 of the walking skeleton of orders are done; 3 h of 4 h left."]
    assert then(timebox, clock) == "wherry contract agree, by somebody of another team"


async def test_at_its_end_what_is_left_is_named_and_carried_over(clock: FakeClock, timebox: Timebox) -> None:
    await clock.advance(4 * HOUR_S)
    assert said(timebox, clock) == [
        "9 of 12 of the walking skeleton of orders are done; the 4 h ended less than a minute ago.",
        LEFT,
    ]
    command, _, what = then(timebox, clock).partition("     ")
    parse(command)
    assert what == "(what is left, as backlog items)"


async def test_long_after_its_end_it_is_said_how_long_ago_that_was(clock: FakeClock, timebox: Timebox) -> None:
    await clock.advance(30 * HOUR_S)
    assert said(timebox, clock)[0].endswith("are done; the 4 h ended 1 d 2 h ago.")


@pytest.mark.parametrize("passed_s", [HOUR_S, 5 * HOUR_S])
async def test_when_all_is_done_nothing_is_left_whatever_the_clock_says(
    clock: FakeClock, timebox: Timebox, passed_s: int
) -> None:
    await clock.advance(passed_s)
    (line,) = said(timebox, clock, ALL)
    assert line.startswith("12 of 12 of the walking skeleton of orders are done; ")
    assert then(timebox, clock, ALL) == ALL_DONE


async def test_without_a_clock_nothing_ends(clock: FakeClock) -> None:
    assert said(None, clock) == ["9 of 12 of the walking skeleton of orders are done; no clock was started."]
    assert then(None, clock) == "wherry contract agree, by somebody of another team"


def left() -> list[Tick]:
    return tick_off(NINE)


def test_the_export_has_just_what_the_words_name_as_orders_in_every_form() -> None:
    orders = LEFT.removeprefix("Left: ").rstrip(".").split("; ")
    items = backlog(left())
    assert [item.title for item in items] == orders
    markdown = FORMATS["md"]("Left", items)
    assert [line[3:] for line in markdown.splitlines() if line.startswith("## ")] == orders
    assert markdown.count("- [ ] `wherry timebox` ticks ") == len(orders)
    rows = [*csv.DictReader(io.StringIO(FORMATS["csv"]("Left", items)))]
    assert [row["Title"] for row in rows] == orders
    assert [item["title"] for item in json.loads(FORMATS["json"]("Left", items))["items"]] == orders


def test_when_all_is_done_the_export_says_that_nothing_is_left() -> None:
    assert "Nothing is left." in FORMATS["md"]("Left", backlog(tick_off(ALL)))
