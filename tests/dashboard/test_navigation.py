"""The way through the pages: one line of groups, at hand for everybody."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from suites.browser import NewVisit, needs_chromium
from wherry.dashboard.views.registry import NAVIGATION

pytestmark = needs_chromium

TOPS = "[...document.querySelectorAll('.group a')].map(one => Math.round(one.getBoundingClientRect().top))"


@pytest.mark.parametrize("width", [1280, 1024])
def test_the_navigation_stands_on_one_line(visit: NewVisit, width: int) -> None:
    page = visit(viewport={"width": width, "height": 700}).open("/ui/story")
    assert len(set(page.evaluate(TOPS))) == 1
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_every_page_is_one_click_away_and_the_current_one_is_marked(visit: NewVisit) -> None:
    page = visit(java_script_enabled=False).open("/ui/", is_live=False)
    for group, views in NAVIGATION:
        expect(page.get_by_role("list", name=group)).to_be_visible()
        for view in views:
            page.get_by_role("navigation", name="Views").get_by_role("link", name=view.label, exact=True).click()
            expect(page.locator("header nav [aria-current=page]")).to_have_text([view.label])


def test_the_keyboard_goes_through_all_of_it_in_order(visit: NewVisit) -> None:
    page = visit().open("/ui/")
    page.locator("nav a").first.focus()
    seen = []
    for _ in range(sum(len(views) for _, views in NAVIGATION)):
        seen.append(page.evaluate("document.activeElement.textContent"))
        page.keyboard.press("Tab")
    assert seen == [view.label for _, views in NAVIGATION for view in views]


def test_a_slash_leads_to_the_field_that_finds_and_single_keys_can_be_turned_off(visit: NewVisit) -> None:
    page = visit().open("/ui/")
    page.keyboard.press("/")
    expect(page.locator("#find")).to_be_focused()
    page.keyboard.type("a/?b")
    expect(page.locator("#find")).to_have_value("a/?b")
    expect(page.locator("#keys")).to_be_hidden()
    page.locator("#find").fill("web")
    page.keyboard.press("Enter")
    expect(page.locator("#answer")).to_contain_text('"web" fits')
    page.wait_for_load_state("load")
    expect(page.locator("#found a").first).to_have_attribute("href", "/ui/workloads/Deployment/default/web")
    page.locator("#main").focus()
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.get_by_role("button", name="Turn single keys off").click()
    expect(page.locator("#answer")).to_contain_text('"web" fits')
    page.wait_for_load_state("load")
    page.locator("#main").focus()
    page.keyboard.press("/")
    expect(page.locator("#main")).to_be_focused()
