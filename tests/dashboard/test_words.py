"""Words in a browser: told to who rests on one or presses it, beside it, with the way to how many there are."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from suites.browser import NewVisit, needs_chromium
from suites.running_cluster import RunningCluster

pytestmark = needs_chromium

WORD = "main > p > .term"
TOLD = ".word:popover-open"


def rest_on_a_word(page: Page) -> None:
    page.locator(WORD, has_text="node").first.hover()
    expect(page.locator(TOLD)).to_contain_text("Not to be confused with")


def test_who_rests_on_a_word_is_told_it_until_they_leave_it(visit: NewVisit) -> None:
    page = visit().open("/ui/")
    focused = page.evaluate("document.activeElement.tagName")
    rest_on_a_word(page)
    assert page.evaluate("document.activeElement.tagName") == focused
    # What is told can be reached, to read it or to follow its link.
    page.locator(TOLD).hover()
    page.wait_for_timeout(600)
    expect(page.locator(TOLD)).to_have_count(1)
    page.locator("h1").hover()
    expect(page.locator(TOLD)).to_have_count(0)
    rest_on_a_word(page)
    page.keyboard.press("Escape")
    expect(page.locator(TOLD)).to_have_count(0)


def test_who_presses_a_word_keeps_it_and_finds_how_many_there_are(visit: NewVisit, watched: RunningCluster) -> None:
    page = visit().open("/ui/")
    rest_on_a_word(page)
    page.locator(WORD, has_text="node").first.click()
    page.locator("h1").hover()
    page.wait_for_timeout(600)
    term = page.locator(WORD, has_text="node").first.bounding_box()
    told = page.locator(TOLD).bounding_box()
    assert term is not None
    assert told is not None
    assert 0 <= told["y"] - (term["y"] + term["height"]) < 30
    page.locator(TOLD).get_by_role("link", name="How many are here right now?").click()
    expect(page.locator("li:target h2")).to_have_text("node")
    expect(page.locator("li:target")).to_contain_text("In your cluster right now: 3 of them.")
    config_maps = page.locator('[id="entry/config_map"]')
    before = config_maps.inner_text()
    watched.kubectl("create", "configmap", "one-more")
    expect(config_maps).not_to_have_text(before)
