"""The puzzle as a page: the picture, and the table that says the same to whoever cannot see it."""

from __future__ import annotations

import pytest

from suites import shop
from suites.shop_window import Shop
from wherry.api.apps.deployment import DEPLOYMENTS
from wherry.api.core.service import SERVICES
from wherry.api.method.agreement import AGREEMENTS
from wherry.api.method.api import APIS
from wherry.api.method.signature import SIGNATURES
from wherry.dashboard.puzzle.facts import WORST_FIRST
from wherry.dashboard.views.puzzle import PUZZLE
from wherry.kit.clock import settle
from wherry.kit.signing import signer

ADDRESS = f"/ui/{PUZZLE.path}"


async def test_every_state_stands_in_the_picture_and_in_the_table(full_shop: Shop) -> None:
    answer = await full_shop.browser.ask("GET", ADDRESS)
    assert answer.status == 200
    picture, _, table = answer.body.partition("<figcaption>")
    for word in WORST_FIRST:
        assert f'class="joint {word.lower()}"' in picture
        assert f'class="mark {word.lower()}"' in table
    assert 'role="img" aria-label="7 services, 6 contracts: 1 broken' in picture


async def test_the_table_says_between_whom_who_has_signed_and_what_breaks(full_shop: Shop) -> None:
    page = await full_shop.browser.read(ADDRESS)
    assert "7 services, 6 contracts: 1 broken, 1 drifting, 1 proposed" in page.text
    assert "1 pair talks without a contract." in page.text
    assert "ben (front), ana (shop)" in page.text
    assert "GET /orders/{id} does not promise discount, and mobile needs it." in page.text
    assert "If orders stops, web misses it: GET /orders/42." in page.text
    assert "billing uses users (port 8080): there is no contract between them." in page.text
    assert "payments has published no contract." in page.text
    assert "Next: wherry breaks" in page.text


async def test_a_piece_leads_to_the_service_from_inside_without_a_script(full_shop: Shop) -> None:
    answer = await full_shop.browser.ask("GET", ADDRESS)
    assert answer.body.count('href="/ui/services/shop-dev/orders"') >= 3
    assert 'role="img"' in answer.body
    # The layer of links is for those who point; the table and the list have the same links for everybody.
    assert '<svg class="map over"' in answer.body
    assert 'aria-hidden="true"><a href="/ui/services/shop-dev/billing" tabindex="-1">' in answer.body


async def test_only_one_place_can_be_shown_with_whom_it_is_joined_to(full_shop: Shop) -> None:
    assert "There is no service yet." in (await full_shop.browser.read(f"{ADDRESS}?ns=elsewhere")).text
    assert "7 services" in (await full_shop.browser.read(f"{ADDRESS}?env=dev")).text


async def test_without_a_service_the_page_says_how_to_begin(empty_shop: Shop) -> None:
    page = await empty_shop.browser.read(ADDRESS)
    assert "There is no service yet." in page.text
    assert "wherry new orders --team shop" in page.text


async def test_where_nobody_sees_traffic_the_page_says_so(full_shop: Shop) -> None:
    full_shop.connections = ""
    page = await full_shop.browser.read(ADDRESS)
    assert "pair talks" not in page.text
    assert "Nobody here can see who talks to whom" in page.text


async def test_a_contract_that_goes_leaves_the_map_at_once(full_shop: Shop) -> None:
    await full_shop.browser.read(ADDRESS)
    await full_shop.client.delete(AGREEMENTS, "web-orders", shop.SPACE)
    await settle(1000)
    await full_shop.clock.advance(1)
    await settle(1000)
    assert "5 contracts" in (await full_shop.browser.read(ADDRESS)).text


async def test_a_promise_that_is_taken_back_unsigns_the_contract(full_shop: Shop) -> None:
    await full_shop.client.delete(APIS, "users", shop.SPACE)
    page = await full_shop.browser.read(ADDRESS)
    assert "users has published no contract." in page.text
    assert "2 proposed" in page.text


@pytest.mark.parametrize("name", ["map.json"])
async def test_the_facts_behind_the_map_are_there_for_programs(full_shop: Shop, name: str) -> None:
    answer = await full_shop.browser.ask("GET", f"/ui/v1/{name}")
    assert answer.status == 200
    assert '"word":"Verified"' in answer.body
    assert '"seesTraffic":true' in answer.body


async def test_what_is_missing_is_suggested_with_what_to_do(full_shop: Shop) -> None:
    page = await full_shop.browser.read(ADDRESS)
    assert (
        "billing calls users: no contract yet. Next: wherry contract propose, in the repository of billing" in page.text
    )
    assert "orders needs payments: nobody offers it yet." in page.text


async def test_a_call_that_only_the_configuration_shows_is_a_gap_too(full_shop: Shop) -> None:
    env = [{"name": "USERS_URL", "value": "http://users:8080"}]
    pod = {"containers": [{"name": "main", "image": "stock:1", "env": env}]}
    template = {"metadata": {"labels": {"app": "stock"}}, "spec": pod}
    spec = {"selector": {"matchLabels": {"app": "stock"}}, "template": template}
    await full_shop.client.create(DEPLOYMENTS, {"metadata": {"name": "stock"}, "spec": spec}, shop.SPACE)
    other = {"metadata": {"labels": {"app": "users"}}, "spec": {"containers": [{"name": "u", "image": "u"}]}}
    users = {"selector": {"matchLabels": {"app": "users"}}, "template": other}
    await full_shop.client.create(DEPLOYMENTS, {"metadata": {"name": "users"}, "spec": users}, shop.SPACE)
    service = {"selector": {"app": "users"}, "ports": [{"port": 8080}]}
    await full_shop.client.create(SERVICES, {"metadata": {"name": "users"}, "spec": service}, shop.SPACE)
    page = await full_shop.browser.read(ADDRESS)
    assert "stock is set up to call users: no contract yet." in page.text


async def test_a_piece_is_moved_for_everybody_by_who_may_change_its_service(full_shop: Shop) -> None:
    await full_shop.browser.read(ADDRESS)
    answer = await full_shop.browser.send("move", namespace=shop.SPACE, service="web", to="down")
    assert (answer.status, answer.headers["Location"]) == (303, ADDRESS)
    assert "web is one step down, for everybody." in (await full_shop.browser.read(ADDRESS)).text
    assert (await full_shop.browser.send("move", namespace=shop.SPACE, service="gone", to="down")).status == 404
    assert (await full_shop.browser.send("move", namespace=shop.SPACE, service="web", to="away")).status == 400
    assert (await full_shop.browser.send("arrange")).status == 303


async def test_a_service_with_a_contract_and_without_pods_is_played_from_the_map(full_shop: Shop) -> None:
    page = await full_shop.browser.ask("GET", ADDRESS)
    assert "Run a stand-in of stock" in page.body
    assert "Run a stand-in of payments" not in page.body
    answer = await full_shop.browser.send("stand-in", service="stock", namespace=shop.SPACE, back=ADDRESS)
    assert (answer.status, answer.headers["Location"]) == (303, ADDRESS)
    assert (await full_shop.client.get(DEPLOYMENTS, "stock-stand-in", shop.SPACE)).metadata.labels


async def test_a_signature_is_proved_for_the_contract_that_it_is_under_and_for_no_other(full_shop: Shop) -> None:
    signer.cache_clear()
    await full_shop.browser.read("/ui/puzzle")
    signatures = await full_shop.client.list(SIGNATURES)
    proved = signer.cache_info()
    assert proved.misses == len(signatures.items)
    assert proved.hits == 0
