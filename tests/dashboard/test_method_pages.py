"""The method's pages in a real browser, over a shop whose contracts are in every state."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from suites.axe import violations
from suites.browser import NewVisit, needs_chromium
from suites.running_cluster import ROOT, RunningCluster
from suites.shop import SPACE

pytestmark = [needs_chromium, pytest.mark.usefixtures("shop")]


def test_the_map_changes_by_itself_when_a_contract_breaks(visit: NewVisit, watched: RunningCluster) -> None:
    page = visit().open("/ui/puzzle")
    row = page.locator("tr", has_text="web-users")
    expect(row).to_contain_text("Agreed")
    expect(page.locator("svg[role=img]")).to_be_visible()
    watched.kubectl("-n", SPACE, "delete", "agreements.wherry.dev/web-users")
    expect(row).to_have_count(0)
    expect(page.locator("#verdict")).to_contain_text("5 contracts")


def test_a_piece_opens_by_mouse_and_by_keyboard(visit: NewVisit) -> None:
    page = visit().open("/ui/puzzle")
    page.locator(f'svg.over a[href$="/{SPACE}/orders"]').click()
    expect(page.locator("h1")).to_have_text("Inside orders")
    page.go_back()
    page.locator("#pieces .thing").first.focus()
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Inside web")


def test_a_cell_of_the_board_opens_to_its_evidence_without_a_script(visit: NewVisit) -> None:
    page = visit(java_script_enabled=False).open("/ui/done", is_live=False)
    page.locator(f'a[href="/ui/done/config/{SPACE}/orders-r4"]').click()
    expect(page.locator("#answer")).to_contain_text("Refuted")
    expect(page.locator("#step")).to_contain_text("wherry prove config")


def test_a_cell_is_waived_and_its_backlog_item_copied(visit: NewVisit, watched: RunningCluster) -> None:
    one = visit()
    one.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = one.open(f"/ui/done/config/{SPACE}/orders-r4")
    page.get_by_text("Make a backlog item").click()
    page.get_by_role("button", name="Copy it").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()").startswith("# orders: what is not done\n\n## Mend Config")
    with page.expect_download() as saved:
        page.locator("#backlog").get_by_role("link", name="Markdown").click()
    assert saved.value.suggested_filename == "orders-r4-config.md"
    page.get_by_text("Waive it until a day").click()
    page.get_by_role("textbox", name="Why").fill("the settings move next week")
    page.get_by_role("button", name="Waive it").click()
    expect(page.locator("#answer")).to_contain_text("the settings move next week")
    page.get_by_text("End this waiver").click()
    page.get_by_role("button", name="End the waiver").click()
    expect(page.locator("#answer")).to_contain_text("Refuted")


def test_who_may_only_look_cannot_waive(visit: NewVisit, watched: RunningCluster) -> None:
    rule = {"apiGroups": ["*"], "resources": ["*"], "verbs": ["get", "list", "watch"]}
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "looks"}}
    watched.kubectl("apply", "-f", "-", text=json.dumps({**role, "rules": [rule]}))
    watched.wherry("user", "add", "looker", "--role", "looks")
    page = visit("--user", "looker").open(f"/ui/done/config/{SPACE}/orders-r4")
    page.get_by_text("Waive it until a day").click()
    page.get_by_role("textbox", name="Why").fill("I would like to")
    page.get_by_role("button", name="Waive it").click()
    expect(page.locator("h1")).to_have_text("You may not do that")


def requests_of(page: Page) -> list[str]:
    """The addresses that a page asks from now on."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    return asked


def test_the_report_opens_from_a_disk_and_asks_nobody(
    browser: Browser, visit: NewVisit, watched: RunningCluster, tmp_path: Path
) -> None:
    page = visit().open("/ui/report")
    with page.expect_download() as saved:
        page.get_by_role("link", name="Save the whole report").click()
    file = tmp_path / "report.html"
    saved.value.save_as(file)
    written = tmp_path / "other.html"
    watched.wherry("report", "--format", "page", "-o", str(written))
    for one in (file, written):
        context = browser.new_context(offline=True)
        shown = context.new_page()
        asked = requests_of(shown)
        shown.goto(one.as_uri())
        expect(shown.locator("svg.map[role=img]")).to_be_visible()
        expect(shown.locator("#done")).to_contain_text("orders-r4")
        assert asked == [one.as_uri()]
        assert violations(shown) == []
        context.close()


def test_pictures_of_the_method_for_the_documents(visit: NewVisit, tmp_path: Path) -> None:
    """Rewrites them when they are asked for: WHERRY_PICTURES=1."""
    folder = ROOT / "docs" / "pictures" if os.environ.get("WHERRY_PICTURES") else tmp_path
    for name, path, scheme in (
        ("puzzle", "/ui/puzzle", "light"),
        ("service", f"/ui/services/{SPACE}/orders", "dark"),
        ("done", "/ui/done", "light"),
        ("releases", "/ui/releases", "light"),
    ):
        page = visit(color_scheme=scheme, reduced_motion="reduce", viewport={"width": 1280, "height": 800}).open(path)
        page.screenshot(path=folder / f"{name}.png")
        assert (folder / f"{name}.png").stat().st_size < 250_000
