"""The Done board as a page: every verdict in words, and behind each its evidence and the way out."""

from __future__ import annotations

import datetime

import pytest

from suites import shop
from suites.shop_window import Shop
from wherry.api.core.configmap import CONFIG_MAPS
from wherry.dashboard.views.criterion import CRITERION
from wherry.dashboard.views.done import DONE
from wherry.method.done.criteria import CRITERIA
from wherry.method.done.standard import standard_name
from wherry.method.evidence.verdict import Word

ADDRESS = f"/ui/{DONE.path}"
LOGS = f"/ui/{CRITERION.path}/logs/shop-dev/orders-r4"


async def test_each_release_that_runs_stands_against_every_criterion_of_the_registry(full_shop: Shop) -> None:
    answer = await full_shop.browser.ask("GET", ADDRESS)
    for one in CRITERIA:
        assert f">{one.criterion.code}</span>" in answer.body
        assert f"/ui/done/{one.id}/shop-dev/orders-r4" in answer.body
    for name in ("orders-r4", "orders-r3", "orders-r2", "web-r1"):
        assert f'href="/ui/done/logs/shop-{"prod" if name == "orders-r2" else "staging" if name == "orders-r3" else "dev"}/{name}"' in answer.body  # fmt: skip  # noqa: E501
    # A release that another one has replaced is not judged any more.
    assert "orders-r1" not in answer.body


async def test_verdicts_are_those_of_the_method_with_their_age_and_their_release(full_shop: Shop) -> None:
    page = await full_shop.browser.read(ADDRESS)
    for word in (Word.PROVED, Word.SUPPORTED, Word.REFUTED, Word.NOT_SHOWN, Word.WAIVED, Word.STALE):
        assert word.value in page.text
    assert "0 of 4 releases are done." in page.text
    assert "d ago" in page.text


async def test_only_one_environment_or_only_what_is_missing_can_be_shown(full_shop: Shop) -> None:
    assert "0 of 1 release are done." in (await full_shop.browser.read(f"{ADDRESS}?env=prod")).text
    body = (await full_shop.browser.ask("GET", f"{ADDRESS}?show=missing")).body
    assert "/ui/done/config/shop-dev/orders-r4" in body
    assert "/ui/done/codebase/shop-dev/orders-r4" in body


async def test_a_cell_opens_to_its_meaning_its_evidence_its_trial_and_the_way_out(full_shop: Shop) -> None:
    page = await full_shop.browser.read(LOGS)
    for said in (
        "Every line came to the standard output within a second.",
        "Treat logs as event streams",
        "One line of JSON for each event.",
        "ana (2026-01-03)",
        "eli",
        "speaks for it",
        "3.2 s",
        "wherry prove logs",
        "wherry waive logs",
        "Through the releases",
    ):
        assert said in page.text


async def test_what_is_refuted_says_how_to_mend_it_and_how_to_see_it(full_shop: Shop) -> None:
    page = await full_shop.browser.read(LOGS.replace("logs", "config"))
    assert "Without GREETING it starts all the same." in page.text
    assert "read it at start" in page.text
    assert "kubectl logs deploy/orders" in page.text


async def test_without_the_teams_standard_the_page_says_how_to_leave_it(full_shop: Shop) -> None:
    await full_shop.client.delete(CONFIG_MAPS, standard_name("orders"), shop.SPACE)
    page = await full_shop.browser.read(LOGS)
    assert "The team's own standard is not known here." in page.text
    assert (
        "Waived" not in (await full_shop.browser.ask("GET", LOGS.replace("logs", "parity"))).body.partition("<h2>")[0]
    )


async def test_what_is_not_there_is_said_and_not_guessed(full_shop: Shop) -> None:
    assert (await full_shop.browser.ask("GET", LOGS.replace("logs", "beauty"))).status == 404
    assert "not there (any more)" in (await full_shop.browser.read(LOGS.replace("r4", "r9"))).text


async def test_without_a_release_the_page_says_how_to_begin(empty_shop: Shop) -> None:
    page = await empty_shop.browser.read(ADDRESS)
    assert "There is no release to judge yet." in page.text
    assert "wherry release" in page.text


@pytest.mark.parametrize(
    ("ending", "said"),
    [
        ("html", "<!doctype html>"),
        ("md", "| criterion | verdict |"),
        ("csv", "orders,logs,Proved"),
        ("xml", "<testsuite"),
    ],
)
async def test_a_board_can_be_taken_along(full_shop: Shop, ending: str, said: str) -> None:
    answer = await full_shop.browser.ask("GET", f"/ui/files/done/shop-dev/orders-r4.{ending}")
    assert answer.status == 200
    assert said in answer.body
    assert answer.headers["Content-Disposition"] == f'attachment; filename="orders-r4-done.{ending}"'
    for wrong in ("orders-r9.html", "orders-r4.exe", "orders-r4"):
        assert (await full_shop.browser.ask("GET", f"/ui/files/done/shop-dev/{wrong}")).status == 404


async def test_a_waiver_counts_until_its_day(full_shop: Shop) -> None:
    page = await full_shop.browser.read(LOGS.replace("logs", "parity"))
    assert f"Waived by ana until {datetime.date(2100, 3, 31)}: prod moves in March." in page.text
