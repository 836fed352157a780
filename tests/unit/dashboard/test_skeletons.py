"""The timebox of a walking skeleton, in the command's words, where people look at the service and at ceremonies."""

from __future__ import annotations

import pytest

from suites.shop_window import Shop
from unit.dashboard.test_sight import bind
from wherry.api.method.timebox import TIMEBOXES
from wherry.kit.clock import settle
from wherry.method.crds import ensure_kinds
from wherry.method.timebox.clock import start_timebox
from wherry.method.timebox.keeping import keep_timebox, note_ticks
from wherry.method.timebox.ticks import ITEMS

PAGE = "/ui/services/shop-dev/orders"
HOUR_S = 3600
OPEN = [item.title for item in ITEMS[-2:]]


async def begin(window: Shop, service: str = "orders") -> None:
    _ = await keep_timebox(window.client, start_timebox(service, 4 * HOUR_S, window.clock.now_s()), "shop")
    await settle()


async def test_a_service_shows_how_far_its_skeleton_is_what_is_open_and_what_comes_next(full_shop: Shop) -> None:
    await begin(full_shop)
    assert (
        "Nobody has looked yet how far the walking skeleton of orders is." in (await full_shop.browser.read(PAGE)).text
    )
    await note_ticks(full_shop.client, "orders", 10, OPEN, [])
    await full_shop.clock.advance(HOUR_S - 30)
    page = await full_shop.browser.read(PAGE)
    assert "10 of 12 of the walking skeleton of orders are done; 3 h of 4 h left." in page.text
    assert all(f"{title}: " in page.text for title in OPEN)
    assert "Next: wherry promote" in page.text


async def test_when_the_time_is_over_what_is_left_is_said_as_the_command_says_it(full_shop: Shop) -> None:
    await begin(full_shop)
    await note_ticks(full_shop.client, "orders", 10, OPEN, [])
    await full_shop.clock.advance(4 * HOUR_S + 630)
    await full_shop.browser.sign_in()
    page = await full_shop.browser.read(PAGE)
    assert "the 4 h ended 10 min ago." in page.text
    assert "Left: " in page.text
    assert "wherry timebox --backlog md" in page.text


@pytest.mark.parametrize("ceremony", ["planning", "daily"])
async def test_the_open_ones_are_talked_about(full_shop: Shop, ceremony: str) -> None:
    await begin(full_shop)
    await note_ticks(full_shop.client, "orders", 10, OPEN, [])
    await begin(full_shop, "lighthouse")
    await note_ticks(full_shop.client, "lighthouse", 12, [], [])
    await settle()
    page = await full_shop.browser.read(f"/ui/ceremonies?for={ceremony}")
    assert "10 of 12 of the walking skeleton of orders are done" in page.text
    assert "lighthouse" not in page.text
    elsewhere = await full_shop.browser.read(f"/ui/ceremonies?for={ceremony}&ns=kube-system")
    assert "No walking skeleton is open." in elsewhere.text


@pytest.mark.parametrize("ceremony", ["planning", "daily"])
async def test_the_clock_of_a_service_without_a_release_runs_in_every_namespace(full_shop: Shop, ceremony: str) -> None:
    await begin(full_shop, "lighthouse")
    page = await full_shop.browser.read(f"/ui/ceremonies?for={ceremony}&ns=shop-dev")
    assert "how far the walking skeleton of lighthouse is" in page.text


async def test_who_may_not_see_timeboxes_is_not_told_that_none_is_open(full_shop: Shop) -> None:
    await begin(full_shop)
    await bind(full_shop)
    page = await (await full_shop.browser_of("ben")).read("/ui/ceremonies?for=planning&ns=shop-dev")
    assert "You may not see timeboxes here." in page.text
    assert "No walking skeleton is open." not in page.text


async def test_a_skeleton_has_its_page_before_anything_of_it_runs(full_shop: Shop) -> None:
    await begin(full_shop, "lighthouse")
    page = await full_shop.browser.read("/ui/services/shop-dev/lighthouse")
    assert "how far the walking skeleton of lighthouse is" in page.text


async def test_a_clock_that_cannot_be_read_is_none(full_shop: Shop) -> None:
    await ensure_kinds(full_shop.client, "timeboxes")
    spec = {"service": "orders", "startedAt": "2026-01-01t00:00:00z", "lengthSeconds": 60}
    _ = await full_shop.client.create(TIMEBOXES, {"metadata": {"name": "orders"}, "spec": spec})
    await note_ticks(full_shop.client, "orders", 10, OPEN, [])
    assert "no clock was started" in (await full_shop.browser.read(PAGE)).text


async def test_a_service_without_a_timebox_says_nothing_of_it(full_shop: Shop) -> None:
    assert "skeleton" not in (await full_shop.browser.read(PAGE)).ids
