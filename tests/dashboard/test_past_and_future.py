"""The past and the future in a real browser, by forms that need no script."""

from __future__ import annotations

from playwright.sync_api import expect

from suites.axe import violations
from suites.browser import NewVisit, needs_chromium
from suites.running_cluster import RunningCluster

pytestmark = needs_chromium


def test_a_person_goes_back_in_time_and_returns(visit: NewVisit, watched: RunningCluster) -> None:
    page = visit(java_script_enabled=False).open("/ui/", is_live=False)
    page.get_by_role("combobox", name="At", exact=True).fill("1s ago")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.locator("#then")).to_contain_text("As it was at")
    assert page.locator(".node").count() > 0
    page.locator("#then a").click()
    expect(page.locator("#then")).to_have_count(0)


def test_what_would_happen_is_shown_before_it_does(visit: NewVisit, watched: RunningCluster) -> None:
    before = watched.jsonpath("deployment/web", "{.spec.replicas}")
    page = visit().open("/ui/what-if", is_live=False)
    page.get_by_label("A workload").select_option("default/deployment/web")
    page.get_by_label("gets so many copies").fill("400")
    page.get_by_role("button", name="What would happen?").click()
    expect(page.locator("#verdict")).to_contain_text("It does not fit")
    assert page.get_by_text("would start").count() > 0
    assert violations(page) == []
    assert watched.jsonpath("deployment/web", "{.spec.replicas}") == before
