"""A service from inside: its API, its own database, its contracts, and who should not be at the database."""

from __future__ import annotations

from suites.shop import INTRUDER
from suites.shop_window import Shop
from wherry.api.core.pod import PODS
from wherry.dashboard.views.service import SERVICE

ORDERS = f"/ui/{SERVICE.path}/shop-dev/orders"


async def test_a_service_shows_its_api_its_settings_its_release_and_its_pods(full_shop: Shop) -> None:
    page = await full_shop.browser.read(ORDERS)
    assert "orders is a service of team shop, with 2 pods. 2 of its contracts need care." in page.text
    assert "GET /orders/{id}" in page.text
    assert "orders-r4" in page.text
    assert "hello from dev" in page.text
    assert "secret" in page.text
    assert {"pod/shop-dev/orders-1", "pod/shop-dev/orders-db-0"} <= {*page.ids}


async def test_its_contracts_stand_on_the_edge_they_belong_to(full_shop: Shop) -> None:
    body = (await full_shop.browser.ask("GET", ORDERS)).body
    offers, _, rest = body.partition('id="inside"')
    needs = rest.partition('id="needs"')[2]
    assert all(f"/shop-dev/{name}" in offers for name in ("web", "mobile", "billing"))
    assert all(f"/shop-dev/{name}" in needs for name in ("stock", "payments"))


async def test_the_rule_of_the_own_database_is_kept_when_only_its_own_pods_connect(full_shop: Shop) -> None:
    page = await full_shop.browser.read(ORDERS)
    assert "Own database: ✓ kept" in page.text
    assert "Only orders itself connects to its database: 1 connection seen." in page.text


async def test_an_intruder_is_named(full_shop: Shop) -> None:
    full_shop.connections += INTRUDER
    page = await full_shop.browser.read(ORDERS)
    assert "Own database: ✕ broken" in page.text
    assert "Somebody else connects to the database of orders: web in shop-dev (1)." in page.text


async def test_what_nobody_can_see_is_not_called_kept(full_shop: Shop) -> None:
    full_shop.connections = ""
    page = await full_shop.browser.read(ORDERS)
    assert "Own database: ? not seen" in page.text
    assert "wherry contract unspoken" in page.text


async def test_a_service_without_a_database_says_so(full_shop: Shop) -> None:
    await full_shop.client.delete(PODS, "orders-db-0", "shop-dev", grace_period_s=0)
    assert "orders has no database among its pods." in (await full_shop.browser.read(ORDERS)).text


async def test_a_service_that_is_only_needed_is_a_hole(full_shop: Shop) -> None:
    page = await full_shop.browser.read("/ui/services/shop-dev/payments")
    assert "Others need payments, and nobody offers it yet." in page.text


async def test_a_service_that_is_not_there_is_said_and_not_guessed(full_shop: Shop) -> None:
    page = await full_shop.browser.read("/ui/services/shop-dev/nobody")
    assert "There is no service nobody in shop-dev (any more)." in page.text
