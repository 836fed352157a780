"""The masters, the tour and the ceremonies, read as a browser without a script reads them."""

from __future__ import annotations

import pytest

from suites.api_harness import Api
from suites.page_reader import Browser
from unit.dashboard.test_app import api, browser
from wherry.dashboard.ceremonies import CEREMONIES
from wherry.dashboard.views.ceremonies import CEREMONIES_VIEW
from wherry.dashboard.views.masters import MASTERS
from wherry.dashboard.views.registry import VIEWS
from wherry.dashboard.views.tour import TOUR

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


@pytest.mark.parametrize("name", CEREMONIES)
async def test_each_ceremony_has_its_topics_also_when_there_is_nothing(browser: Browser, name: str) -> None:
    await browser.sign_in()
    page = await browser.read(f"/ui/ceremonies?for={name}")
    assert len([one for one in page.ids if one.startswith("topic/")]) == 3


async def test_what_is_short_is_talked_about_at_planning(browser: Browser, api: Api) -> None:
    await browser.sign_in()
    planning = await browser.read("/ui/ceremonies?for=planning")
    assert "web: 0 of 2 copies run." in planning.text
    assert "web: 0 of 2 copies run." not in (await browser.read("/ui/ceremonies?for=retrospective")).text
