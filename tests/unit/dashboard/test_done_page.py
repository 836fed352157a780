"""The Done board as a page: every verdict in words, and behind each its evidence and the way out."""

from __future__ import annotations

import datetime
import re

import pytest

from suites import shop
from suites.shop_window import Shop
from wherry.api.core.configmap import CONFIG_MAPS
from wherry.api.method.release import RELEASES
from wherry.dashboard.views.criterion import CRITERION
from wherry.dashboard.views.done import DONE
from wherry.method.backlog import FORMATS
from wherry.method.done.backlog import heading, items
from wherry.method.done.board import Board
from wherry.method.done.criteria import CRITERIA
from wherry.method.done.judgement import judge_release
from wherry.method.done.proofs import list_proofs
from wherry.method.done.standard import find_standard, standard_name
from wherry.method.done.waivers import kept_waivers
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
    assert re.search(r"\d+[dh] ago", page.text)


async def test_only_one_environment_or_only_what_is_missing_can_be_shown(full_shop: Shop) -> None:
    assert "0 of 1 release are done." in (await full_shop.browser.read(f"{ADDRESS}?env=prod")).text
    body = (await full_shop.browser.ask("GET", f"{ADDRESS}?show=planning")).body
    assert "/ui/done/config/shop-dev/orders-r4" in body
    assert "/ui/done/codebase/shop-dev/orders-r4" in body


async def test_a_cell_opens_to_its_meaning_its_evidence_its_trial_and_the_way_out(full_shop: Shop) -> None:
    page = await full_shop.browser.read(LOGS)
    for said in (
        "Every line came to the standard output within a second.",
        "Treat logs as event streams",
        "One line of JSON for each event.",
        f"ana ({shop.AGREED_ON})",
        "eli",
        "speaks for it",
        "3.2 s",
        "wherry prove logs --in dev",
        "0.4 s A journey was played.",
        "In 3.2 s 52 requests came in; 1 of them failed. Meanwhile 1 to 2 copies were ready.",
        "What is true needs no waiver.",
        "Nothing is left to do here.",
        "Through the releases",
    ):
        assert said in page.text


async def test_a_trial_is_drawn_and_told_and_listed(full_shop: Shop) -> None:
    body = (await full_shop.browser.ask("GET", LOGS)).body
    said = "In 3.2 s 52 requests came in; 1 of them failed. Meanwhile 1 to 2 copies were ready."
    assert f'<svg class="chart" role="img" aria-label="{said}"' in body
    assert body.count('class="mark-number"') == 2
    assert '<th scope="row">0.8 s to 1.6 s</th><td>20</td><td>1</td><td>1</td>' in body


async def test_a_cell_without_numbers_has_no_picture(full_shop: Shop) -> None:
    assert 'class="chart"' not in (await full_shop.browser.ask("GET", LOGS.replace("logs", "config"))).body


async def test_the_history_of_a_cell_has_all_releases_with_what_was_shown_of_their_images(full_shop: Shop) -> None:
    page = await full_shop.browser.read(LOGS.replace("logs", "disposability"))
    assert "~ r1: Not tried" not in page.text
    assert "· r1: Not tried" in page.text
    assert "✓✓ r2: Proved" in page.text
    assert "· r4: Not tried" in page.text


async def test_a_cell_makes_the_backlog_item_that_the_command_makes(full_shop: Shop) -> None:
    config = LOGS.replace("logs", "config")
    page = await full_shop.browser.read(config)
    found = await read_board_of(full_shop, "orders-r4")
    for form, write in FORMATS.items():
        item = write(heading(found), items(found, "config"))
        assert len(items(found, "config")) == 1
        answer = await full_shop.browser.ask("GET", f"/ui/files/backlog/shop-dev/orders-r4/config.{form}")
        assert answer.body == item
        assert answer.headers["Content-Disposition"] == f'attachment; filename="orders-r4-config.{form}"'
        assert ("".join(item.split()) in "".join(page.text.split())) == (form == "md")
    assert "wherry done --backlog --only config" in page.text
    for wrong in ("logs.md", "config.exe", "beauty.md", "config"):
        assert (await full_shop.browser.ask("GET", f"/ui/files/backlog/shop-dev/orders-r4/{wrong}")).status == 404


async def read_board_of(shop: Shop, name: str) -> Board:
    """The board as the command line would judge it from what is in the cluster."""
    standard = await find_standard(shop.client, "shop-dev", "orders")
    assert standard is not None
    release = await shop.client.get(RELEASES, name, "shop-dev")
    return judge_release(
        "orders",
        None,
        await list_proofs(shop.client, "orders"),
        standard.agreement,
        digest=release.spec.digest,
        today=datetime.date(2026, 1, 5),
        read=standard.read,
    )


async def test_a_waiver_from_the_page_counts_has_a_name_and_can_be_ended(full_shop: Shop) -> None:
    config = LOGS.replace("logs", "config")
    form = {"namespace": "shop-dev", "release": "orders-r4", "service": "orders", "criterion": "config"}
    today = datetime.datetime.fromtimestamp(full_shop.clock.now_s(), datetime.UTC).date()
    sent = await full_shop.browser.send("waive", **form, why="  the next\nsprint ", until=today.isoformat())
    assert (sent.status, sent.headers["Location"]) == (303, config)
    page = await full_shop.browser.read(config)
    assert f"Waived by kubernetes-admin until {today}: the next sprint." in page.text
    assert "kubectl -n shop-dev patch configmap orders-done --type merge -p" in page.text
    # The board of the command line and the gate read the same.
    (kept,) = await kept_waivers(full_shop.client, "shop-dev", "orders-done")
    assert (kept.criterion, kept.who, kept.until) == ("config", "kubernetes-admin", today)
    assert (
        "orders in dev goes without config until"
        in (await full_shop.browser.read("/ui/ceremonies?for=retrospective")).text
    )
    assert (await full_shop.browser.send("unwaive", **form)).status == 303
    assert "Waived" not in (await full_shop.browser.read(config)).text.partition("What to do")[0]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"until": "2020-01-31"}, "is over"),
        ({"until": "soon"}, "last day"),
        ({"why": " "}, "needs a reason"),
        ({"criterion": "beauty"}, "no criterion"),
        ({"service": "ghost"}, "wherry done, in the repository, leaves it"),
    ],
)
async def test_a_waiver_that_cannot_count_is_refused_with_the_way_out(
    full_shop: Shop, change: dict[str, str], said: str
) -> None:
    form = {"namespace": "shop-dev", "release": "orders-r4", "service": "orders", "criterion": "config"}
    sent = await full_shop.browser.send("waive", **{**form, "why": "w", "until": "2100-01-31", **change})
    assert sent.status in (400, 404)
    assert said in sent.body


@pytest.mark.parametrize(
    ("ceremony", "shown", "hidden"),
    [
        ("planning", "config", "logs"),
        ("daily", "", "logs"),
        ("review", "logs", "config"),
        ("retrospective", "processes", "logs"),
    ],
)
async def test_each_ceremony_has_its_columns(full_shop: Shop, ceremony: str, shown: str, hidden: str) -> None:
    body = (await full_shop.browser.ask("GET", f"{ADDRESS}?show={ceremony}&env=staging")).body
    if shown:
        assert f"/ui/done/{shown}/shop-staging/orders-r3" in body
    else:
        assert "No criterion of these releases is like that." in body
    assert f"/ui/done/{hidden}/shop-staging/orders-r3" not in body


async def test_the_burn_up_shows_the_reviews_and_what_has_changed_since_the_last(full_shop: Shop) -> None:
    page = await full_shop.browser.read(ADDRESS)
    for said in (
        "2 of 3 criteria are done or waived, 2 more than at the beginning (0). 2 reviews are marked.",
        "Since Sprint 2",
        "Proved became Refuted",
        "not asked became Waived",
    ):
        assert said in page.text
    assert "How it went on" not in (await full_shop.browser.read(f"{ADDRESS}?env=prod")).text


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


async def test_a_namespace_without_a_release_is_named_and_can_be_left(full_shop: Shop) -> None:
    address = f"{ADDRESS}?ns=elsewhere"
    assert "There is no release to judge in elsewhere yet." in (await full_shop.browser.read(address)).text
    body = (await full_shop.browser.ask("GET", address)).body
    assert '<option value="elsewhere" selected>' in body
    assert '<option value="">all' in body
    assert "In the namespace shop-dev: 0 of " in (await full_shop.browser.read(f"{ADDRESS}?ns=shop-dev")).text
    assert "no release to judge for qa yet." in (await full_shop.browser.read(f"{ADDRESS}?env=qa")).text
