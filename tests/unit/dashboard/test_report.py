"""The report is one file that says what the pages say and reaches out for nothing."""

from __future__ import annotations

import re

import msgspec
import orjson

from suites.page_reader import Read
from suites.shop_window import Shop
from wherry.api.core.namespace import NAMESPACES
from wherry.api.method.board import BOARDS
from wherry.api.method.release import RELEASES
from wherry.dashboard.offline import offline
from wherry.dashboard.views.report import REPORT

FILE = "/ui/files/report/report.html"


async def test_the_report_says_what_the_pages_say(full_shop: Shop) -> None:
    answer = await full_shop.browser.ask("GET", FILE)
    assert answer.status == 200
    assert answer.headers["Content-Disposition"] == 'attachment; filename="cluster-report.html"'
    page = Read(answer.body)
    for said in (
        "orders-db-0",
        "1 broken",
        "mobile needs it",
        "0 of 4 releases are done.",
        "orders-r3",
        "hello from prod",
    ):
        assert said in page.text
    assert len(page.ids) == len(set(page.ids))


async def test_the_report_asks_nobody_for_anything(full_shop: Shop) -> None:
    body = (await full_shop.browser.ask("GET", FILE)).body
    assert re.findall(r'\s(?:src|href|action)="[^"]*"', body) == []
    assert not re.findall(r"<(?:script|link|form|iframe|img)\b", body)
    assert "@import" not in body
    assert "url(" not in body
    assert "default-src 'none'" in body


async def test_the_report_can_be_about_one_namespace(full_shop: Shop) -> None:
    answer = await full_shop.browser.ask("GET", "/ui/files/report/shop-dev/report.html")
    assert "How namespace shop-dev stands" in answer.body
    for wrong in ("report.txt", "a/b/report.html"):
        assert (await full_shop.browser.ask("GET", f"/ui/files/report/{wrong}")).status == 404


async def test_a_report_of_a_namespace_names_nothing_of_another_one(full_shop: Shop) -> None:
    made = full_shop.client
    _ = await made.create(NAMESPACES, {"metadata": {"name": "far"}})
    (release, *_) = (await made.list(RELEASES, "shop-prod")).items
    spec = {**msgspec.to_builtins(release.spec), "service": "lighthouse"}
    _ = await made.create(RELEASES, {"metadata": {"name": "lighthouse-r1"}, "spec": spec}, "far")
    (board, *_) = (await made.list(BOARDS, "shop-dev")).items
    spec = {**msgspec.to_builtins(board.spec), "service": "lighthouse"}
    _ = await made.create(BOARDS, {"metadata": {"name": "lighthouse"}, "spec": spec}, "far")
    assert "lighthouse" in (await full_shop.browser.ask("GET", FILE)).body
    body = (await full_shop.browser.ask("GET", "/ui/files/report/shop-dev/report.html")).body
    assert "orders-r4" in body
    assert "lighthouse" not in body
    assert "hello from prod" not in body
    # So do the pages that it is made of, and the ceremonies.
    for path in ("done", "releases", "puzzle", "ceremonies?for=review"):
        narrowed = await full_shop.browser.ask("GET", f"/ui/{path}{'&' if '?' in path else '?'}ns=shop-dev")
        assert "lighthouse" not in narrowed.body


async def test_a_program_gets_it_with_its_own_credentials_and_a_stranger_does_not(full_shop: Shop) -> None:
    full_shop.browser.cookie = ""
    assert (await full_shop.browser.ask("GET", FILE)).status == 401
    answer = await full_shop.browser.ask("GET", FILE, authorization="Bearer secret-token")
    assert answer.status == 403
    assert orjson.loads(answer.body)["message"].startswith("You may not see the pods of the whole cluster.")
    assert "orders-db-0" not in answer.body


async def test_an_empty_cluster_has_a_report_too(empty_shop: Shop) -> None:
    assert "There is no service yet." in Read((await empty_shop.browser.ask("GET", FILE)).body).text


async def test_the_page_says_where_to_get_it(full_shop: Shop) -> None:
    body = (await full_shop.browser.ask("GET", f"/ui/{REPORT.path}")).body
    assert f'href="{FILE}"' in body
    assert 'href="/ui/files/report/shop-dev/report.html"' in body


def test_forms_links_and_layers_for_pointing_are_left_out_and_words_stay() -> None:
    html = (
        '<p id="a">x &amp; <a href="/ui/x" class="thing" tabindex="-1">y</a></p><form><p>no</p></form>'
        '<details class="action"><summary>no</summary><details>no</details></details><details open><p>yes</p></details>'
        '<svg class="map over"><a href="/">no</a></svg><svg class="map"><rect x="1"/></svg>'
    )
    assert offline(html, "one") == (
        '<p id="one-a">x &amp; <span class="thing">y</span></p><details open><p>yes</p></details>'
        '<svg class="map"><rect x="1"/></svg>'
    )
