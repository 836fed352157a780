"""A contract as a page: who the parties are, what holds, and what they say to each other, written in the page too."""

from __future__ import annotations

from suites import shop
from suites.shop_window import Shop
from wherry.api.method.comment import COMMENTS
from wherry.api.method.need import NEEDS
from wherry.api.rbac.rolebinding import ROLE_BINDINGS
from wherry.apimachinery.document import Document
from wherry.dashboard.views.contract import CONTRACT
from wherry.kit.clock import settle
from wherry.method.contracts.catalogue import AGREERS, READERS, set_up_catalogue

ADDRESS = f"/ui/{CONTRACT.path}/{shop.SPACE}/web-orders"
PLACE = {"namespace": shop.SPACE, "name": "web-orders"}


async def give(full_shop: Shop, user: str, role: str) -> None:
    """A role for a user, and the right to look around that everybody in the shop has."""
    await set_up_catalogue(full_shop.client)
    who: Document = {"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user}
    for name in (role, "view"):
        ref: Document = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name}
        binding: Document = {"metadata": {"name": f"{user}-{name}"}, "roleRef": ref, "subjects": [who]}
        await full_shop.client.create(ROLE_BINDINGS, binding, shop.SPACE)


async def test_the_page_says_who_the_parties_are_what_holds_and_who_has_signed(full_shop: Shop) -> None:
    page = await full_shop.browser.read(ADDRESS)
    assert "web-orders is" in page.text
    assert "web needs it. ben may sign. Signed by ben" in page.text
    assert "GET /orders/42" in page.text
    assert "Nobody has said anything yet." in page.text
    assert "ben and ana may comment, sign and withdraw; you are kubernetes-admin." in page.text
    assert f"kubectl get agreement web-orders -n {shop.SPACE}" in page.text
    assert f'href="/ui/contracts/{shop.SPACE}/web-orders"' in (await full_shop.browser.ask("GET", "/ui/puzzle")).body


async def test_a_person_of_a_party_says_something_in_the_page_and_takes_it_back(full_shop: Shop) -> None:
    await give(full_shop, "ben", AGREERS)
    ben = await full_shop.browser_of("ben")
    assert "Say it as ben" in (await ben.ask("GET", ADDRESS)).body
    said = "Is it <b>with</b> tax?"
    assert (await ben.send("comment", **PLACE, text=said, about="GET /orders/42 price")).status == 303
    await settle()
    page = await ben.read(ADDRESS)
    assert "kubectl get comment web-orders-" in page.text
    assert "1 comment is open." in page.text
    assert "; about GET /orders/42 price; open" in page.text
    assert said in page.text
    (made,) = (await full_shop.client.list(COMMENTS)).items
    assert (made.spec.user, made.metadata.namespace) == ("ben", shop.SPACE)
    await full_shop.clock.advance(1)
    assert "1 open comment" in (await ben.read("/ui/puzzle")).text

    assert (await ben.send("withdraw", **PLACE, comment=made.metadata.name)).status == 303
    await settle()
    assert "withdrawn" in (await ben.read(ADDRESS)).text


async def test_who_may_only_look_and_who_is_of_neither_party_write_nothing(full_shop: Shop) -> None:
    await give(full_shop, "ana", READERS)
    await give(full_shop, "eli", AGREERS)
    ana, eli = await full_shop.browser_of("ana"), await full_shop.browser_of("eli")
    assert (await ana.send("comment", **PLACE, text="Yes.")).status == 403
    refused = await eli.send("comment", **PLACE, text="Yes.")
    assert refused.status == 400
    assert "eli is of neither party of web-orders" in refused.body
    for form in (
        {**PLACE, "text": " "},
        {**PLACE, "text": "x", "about": "GET /x"},
        {**PLACE, "name": "x", "text": "x"},
    ):
        assert (await ana.send("comment", **form)).status in (400, 404)
    assert not (await full_shop.client.list(COMMENTS)).items


async def test_a_contract_that_is_not_there_is_said(full_shop: Shop) -> None:
    page = await full_shop.browser.read(f"/ui/{CONTRACT.path}/{shop.SPACE}/nothing")
    assert "There is no contract nothing in shop-dev (any more)." in page.text


async def test_what_no_trial_at_night_can_do_is_said_with_the_command_that_does_it(full_shop: Shop) -> None:
    assert "A trial at night cannot do all of it" not in (await full_shop.browser.read(ADDRESS)).text
    need = await full_shop.client.get(NEEDS, "web-orders", shop.SPACE)
    changed: Document = {"spec": {"document": need.spec.document.replace('"GET"', '"POST"')}}
    await full_shop.client.patch(NEEDS, "web-orders", changed, shop.SPACE)
    await settle()
    told = (await full_shop.browser.read(ADDRESS)).text
    assert "A trial at night cannot do all of it: 1 of 1 requests changes something or needs a state first." in told
    assert "wherry contract verify web-orders --twin (in the folder of orders)" in told


async def test_who_may_not_see_contracts_is_not_told_that_there_is_none(full_shop: Shop) -> None:
    stranger = await full_shop.browser_of("zoe")
    page = await stranger.read(f"/ui/{CONTRACT.path}/{shop.SPACE}/web-orders")
    assert f"You may not see whether there is a contract web-orders in {shop.SPACE}." in page.text
