"""The masters, the tour and the ceremonies, read as a browser without a script reads them."""

from __future__ import annotations

import pytest

from suites.api_harness import Api
from suites.page_reader import Browser
from suites.shop_window import Shop
from unit.dashboard.test_app import api, browser
from wherry.api.core.event import EVENTS
from wherry.apimachinery.timestamps import format_time
from wherry.dashboard.ceremonies import CEREMONIES
from wherry.dashboard.views.ceremonies import CEREMONIES_VIEW
from wherry.dashboard.views.masters import MASTERS
from wherry.dashboard.views.registry import VIEWS
from wherry.dashboard.views.tour import TOUR
from wherry.kit.clock import settle

__all__ = ["api", "browser"]


def test_they_are_views() -> None:
    assert {MASTERS, TOUR, CEREMONIES_VIEW} <= set(VIEWS)


async def test_every_part_of_the_masters_is_a_figure(browser: Browser) -> None:
    await browser.sign_in()
    page = await browser.read("/ui/masters")
    for name in ("API_server", "store", "scheduler", "controllers", "nodes", "DNS"):
        assert f"master/{name}" in page.ids
    assert "Its newest change is number" in page.text


async def test_each_stop_of_the_tour_is_about_this_cluster(browser: Browser) -> None:
    await browser.sign_in()
    for step, word, claim in (
        ("1", "Container", "c is one, made from the image i:1; it is in the pod web-1."),
        ("2", "Pod", "web-1 is one: it holds 1 container"),
        ("3", "Node", "laptop"),
        ("4", "Workload", "web"),
    ):
        page = await browser.read(f"/ui/tour?step={step}")
        assert word in page.text
        assert claim in page.text
    for step in ("", "0", "99", "x", "-1", "٣"):
        await browser.read(f"/ui/tour?step={step}")


TOPICS = {
    "planning": ["Walking_skeletons", "Not_yet_as_wanted", "Contracts_to_agree_on", "Criteria_that_do_not_hold"],
    "daily": ["Needs_help_now", "Trouble_since_yesterday", "What_changed", "Walking_skeletons"],
    "review": ["What_runs_where", "Ready_to_be_shown", "Criteria_that_hold"],
    "retrospective": ["Started_again_and_again", "Releases_that_failed", "Waivers", "Verdicts_that_waver"],
}


@pytest.mark.parametrize("name", CEREMONIES)
async def test_each_ceremony_has_its_topics_also_when_there_is_nothing(browser: Browser, name: str) -> None:
    await browser.sign_in()
    page = await browser.read(f"/ui/ceremonies?for={name}")
    titles = [one.removeprefix("topic/") for one in page.ids if one.startswith("topic/")]
    assert titles == TOPICS[name]
    assert f"/ui/done?show={name}" in (await browser.ask("GET", f"/ui/ceremonies?for={name}")).body


async def test_what_is_short_is_talked_about_at_planning(browser: Browser, api: Api) -> None:
    await browser.sign_in()
    planning = await browser.read("/ui/ceremonies?for=planning")
    assert "web: 0 of 2 copies run." in planning.text
    assert "web: 0 of 2 copies run." not in (await browser.read("/ui/ceremonies?for=retrospective")).text


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("planning", ["orders, config: Without GREETING it starts all the same.", "orders and stock"]),
        ("daily", ["Nothing needs help."]),
        ("review", ["orders in prod: orders-r2", "orders, logs: Every line came"]),
        (
            "retrospective",
            [
                "orders in dev goes without parity until 2100-03-31. ana: prod moves in March",
                "orders, processes on orders-r4: Refuted, then Proved",
            ],
        ),
    ],
)
async def test_each_ceremony_talks_about_what_is_so_in_the_shop(full_shop: Shop, name: str, said: list[str]) -> None:
    page = await full_shop.browser.read(f"/ui/ceremonies?for={name}")
    for one in said:
        assert one in page.text


@pytest.mark.parametrize(
    ("name", "links"),
    [
        ("planning", ["/ui/puzzle?ns=shop-dev"]),
        ("daily", ["/ui/story?trouble=1&amp;ns=shop-dev", "/ui/changes?since=yesterday&amp;ns=shop-dev"]),
        ("review", ["/ui/demo?ns=shop-dev"]),
    ],
)
async def test_what_a_ceremony_leads_to_is_of_the_same_namespace(full_shop: Shop, name: str, links: list[str]) -> None:
    events: dict[str, object] = {"involvedObject": {"kind": "Pod", "name": "web-1", "namespace": "shop-dev"}}
    for number, type_ in enumerate(("Warning", "Normal")):
        time = {"lastTimestamp": format_time(full_shop.clock.now_s())}
        said = {"reason": f"Tried{number}", "message": "It was tried.", "type": type_}
        metadata = {"name": f"e{number}", "namespace": "shop-dev"}
        _ = await full_shop.client.create(EVENTS, {"metadata": metadata, **events, **said, **time}, "shop-dev")
    await settle()
    body = (await full_shop.browser.ask("GET", f"/ui/ceremonies?for={name}&ns=shop-dev")).body
    view = body.partition('id="view"')[2]
    assert [one for one in links if f'href="{one}"' not in view] == []
