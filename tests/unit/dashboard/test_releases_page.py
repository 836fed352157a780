"""Releases as a page: commit, image, releases, where each runs, and what differs."""

from __future__ import annotations

from suites.shop_window import Shop
from wherry.dashboard.views.releases import RELEASES_VIEW

ADDRESS = f"/ui/{RELEASES_VIEW.path}"


async def test_the_way_from_a_commit_to_where_it_runs_is_shown_for_each_image(full_shop: Shop) -> None:
    page = await full_shop.browser.read(ADDRESS)
    assert "5 releases of 2 services, 4 of them run." in page.text
    for said in ("orders-r4 dev", "orders-r3 staging", "orders-r2 prod", "orders-r1 dev", "Replaced", "https://git"):
        assert said in page.text


async def test_environments_stand_side_by_side_and_what_differs_is_said(full_shop: Shop) -> None:
    page = await full_shop.browser.read(ADDRESS)
    assert "orders: environment beside environment" in page.text
    assert "GREETING (ConfigMap/orders)≠ differs" in page.text
    assert "PORT (ConfigMap/orders)same8080" in page.text
    assert "password (Secret/orders-db)not compared" in page.text
    assert "hello from prod" in page.text
    assert "web: environment" not in page.text
    body = (await full_shop.browser.ask("GET", ADDRESS)).body
    assert ">secret</button></em>" in body


async def test_two_releases_can_be_compared_without_a_script(full_shop: Shop) -> None:
    page = await full_shop.browser.read(f"{ADDRESS}?left=shop-prod/orders-r2&right=shop-dev/orders-r4")
    assert "From orders-r2 to orders-r4: 3 differences." in page.text
    assert "ConfigMap/orders GREETING: hello from prod -> hello from dev" in page.text
    assert "Secret/orders-db password: changed (secret)" in page.text


async def test_without_a_release_the_page_says_how_to_make_one(empty_shop: Shop) -> None:
    page = await empty_shop.browser.read(ADDRESS)
    assert "There is no release yet." in page.text
    assert "wherry release" in page.text
