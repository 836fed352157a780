"""The way of a whole system in a real browser: two pictures, steps that tick themselves, stand-ins from the page."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from playwright.sync_api import expect

from suites.axe import violations
from suites.bazaar import STEPS, run_service, write_files
from suites.browser import NewVisit, needs_chromium, origin
from suites.running_cluster import ROOT, RunningCluster

pytestmark = needs_chromium

SPACE = "bazaar-dev"
DRAWN = """() => [...document.querySelectorAll('#step-list > li')].map(one =>
  [one.id.slice(5), one.classList.contains('done')])"""


@pytest.fixture(scope="module")
def plans(watched: RunningCluster, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A monolith that runs, and the model of its future."""
    folder = tmp_path_factory.mktemp("plans") / "bazaar"
    folder.mkdir()
    watched.make_namespace(SPACE)
    run_service(watched, SPACE, "bazaar", database="bazaar-db")
    return write_files(folder)


@pytest.fixture(autouse=True)
def bazaar(watched: RunningCluster, plans: Path) -> Path:
    """The model is in the cluster, whatever other tests have made of it."""
    watched.wherry("model", str(plans), "--publish", "-n", SPACE)
    return plans


def test_the_page_shows_the_same_steps_as_the_command_and_the_facts(
    visit: NewVisit, watched: RunningCluster, bazaar: Path
) -> None:
    told = watched.wherry("next", "--model", str(bazaar), "-o", "json", check=False)
    steps = [(one["title"], one["done"]) for one in json.loads(told.stdout)["steps"]]
    one = visit()
    page = one.open("/ui/future")
    expect(page.locator("#step-list > li")).to_have_count(len(STEPS))
    facts = one.context.request.get(f"{origin(watched)}/ui/v1/landscape.json").json()["way"]
    assert [(fact["title"], fact["done"]) for fact in facts["steps"]] == steps
    assert page.evaluate(DRAWN) == [[fact["id"], fact["done"]] for fact in facts["steps"]]
    assert [box["name"] for box in facts["now"]["boxes"]] == ["bazaar"]
    assert [box["state"] for box in facts["next"]["boxes"]] == ["wanted"] * 3
    expect(page.locator("#before svg")).to_have_attribute("aria-label", "Now: 1 service, 3 parts inside, 1 with a "
                                                          "database. The lists say all of it.")  # fmt: skip
    assert page.locator("#before .part").count() == 3
    assert page.locator("#after .is-wanted").count() == 3
    expect(page.locator("#origin")).to_contain_text("comes from model.yaml")


def test_a_step_is_taken_along_as_the_command_writes_it(visit: NewVisit, watched: RunningCluster, bazaar: Path) -> None:
    one = visit()
    one.open("/ui/future").close()
    base = f"{origin(watched)}/ui/files/steps/{SPACE}/bazaar"
    for form in ("md", "csv", "json"):
        told = watched.wherry("next", "--model", "model.yaml", "--backlog", form, check=False, cwd=bazaar.parent)
        saved = one.context.request.get(f"{base}/all.{form}")
        assert saved.headers["content-disposition"].startswith("attachment")
        assert saved.text().split() == told.stdout.split()
    single = one.context.request.get(f"{base}/split-till-out-of-bazaar.md").text()
    assert "- [ ] all wanted pods of till are ready" in single
    assert single.count("\n## ") == 1
    assert one.context.request.get(f"{base}/nothing-such.md").status == 404


def test_a_stand_in_runs_from_the_page_and_is_taken_away_again(visit: NewVisit, watched: RunningCluster) -> None:
    page = visit().open("/ui/future")
    card = page.locator('[id="next/till"]')
    card.locator("summary").click()
    expect(card).to_contain_text(f"kubectl -n {SPACE} apply -f till.yaml")
    card.get_by_role("button", name="Run a stand-in of till").click()
    expect(page.locator(".note")).to_contain_text(f"A stand-in of till answers at http://till.{SPACE}:8080")
    expect(page.locator('[id="next/till"]')).to_contain_text("a stand-in answers")
    expect(page.locator('[id="step/split-till-out-of-bazaar"]')).to_contain_text("Only a stand-in answers for till")
    assert "till-stand-in" in watched.kubectl("-n", SPACE, "get", "deployments", "-o", "name").stdout
    card = page.locator('[id="next/till"]')
    card.locator("summary").click()
    card.get_by_role("button", name=f"Take it away from {SPACE}").click()
    expect(page.locator(".note")).to_have_text(f"The stand-in of till is gone from {SPACE}.")
    assert "stand-in" not in watched.kubectl("-n", SPACE, "get", "deployments,services,configmaps", "-o", "name").stdout
    # What has no contract cannot be played.
    assert page.locator('[id="next/window"] summary').count() == 0


def test_only_who_may_edit_a_namespace_runs_a_stand_in_there(visit: NewVisit, watched: RunningCluster) -> None:
    watched.wherry("user", "add", "vera", "--role", "view")
    page = visit("--user", "vera").open("/ui/future")
    card = page.locator('[id="next/till"]')
    card.locator("summary").click()
    card.get_by_role("button", name="Run a stand-in of till").click()
    expect(page.locator("h1")).to_have_text("You may not do that")
    assert "till-stand-in" not in watched.kubectl("-n", SPACE, "get", "deployments", "-o", "name").stdout


@pytest.mark.parametrize("scheme", ["light", "dark", "forced"])
def test_everybody_can_use_the_page(visit: NewVisit, watched: RunningCluster, scheme: str) -> None:
    media = {"forced_colors": "active"} if scheme == "forced" else {"color_scheme": scheme}
    page = visit(**media).open("/ui/future")
    page.evaluate("document.querySelectorAll('main details').forEach(one => { one.open = true; })")
    assert violations(page) == []
    page.set_viewport_size({"width": 320, "height": 640})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_without_a_script_all_of_it_can_be_read(visit: NewVisit) -> None:
    page = visit(java_script_enabled=False).open("/ui/future", is_live=False)
    said = " ".join(page.locator("main").inner_text().split())
    for words in (
        "0 of 12 steps to the next state are done",
        *STEPS,
        "stall, till, window",
        "bazaar-db (postgresql 18)",
    ):
        assert words in said, words


def test_a_picture_for_the_documents(visit: NewVisit, tmp_path: Path) -> None:
    """Rewrites it when it is asked for: WHERRY_PICTURES=1."""
    folder = ROOT / "docs" / "pictures" if os.environ.get("WHERRY_PICTURES") else tmp_path
    page = visit(color_scheme="light", viewport={"width": 1280, "height": 900}).open("/ui/future")
    page.screenshot(path=folder / "future.png")
    assert (folder / "future.png").stat().st_size < 250_000


def test_a_step_ticks_itself_when_the_cluster_shows_it(visit: NewVisit, watched: RunningCluster) -> None:
    page = visit().open("/ui/future")
    done = page.locator("#step-list > li.done")
    expect(done).to_have_count(0)
    run_service(watched, SPACE, "till", database="till-db")
    expect(done.locator("h3")).to_have_text(
        [f"✓ done {number}. {title}" for number, title in ((1, STEPS[0]), (2, STEPS[1]))]
    )
    expect(page.locator('[id="next/till"]')).to_have_class("piece-card is-there")
    expect(page.locator("#after .is-there")).to_have_count(1)
    watched.kubectl("-n", SPACE, "delete", "deployment/till", "statefulset/till-db", "service/till", "service/till-db")
    expect(done).to_have_count(0)


def test_a_model_that_goes_leads_back_to_the_beginning(visit: NewVisit, watched: RunningCluster, bazaar: Path) -> None:
    page = visit().open("/ui/future")
    watched.kubectl("-n", SPACE, "delete", "model", "bazaar")
    expect(page.locator("#verdict")).to_have_text("Nobody has told the cluster yet how the system shall be.")
    expect(page.locator("#begin pre")).to_contain_text("- name: bazaar")
    bazaar.with_name("first.yaml").write_text(page.locator("#begin pre").inner_text())
    watched.wherry("model", str(bazaar.with_name("first.yaml")), "--publish", "-n", SPACE)
    expect(page.locator("#verdict")).to_contain_text("The system is as the model wants it")
