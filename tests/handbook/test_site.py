"""The documentation site: it builds without a complaint, leaves nothing out, and asks nobody for anything."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
from handbook.building import linked
from handbook.generated.commands import all_commands
from handbook.generated.registry import PAGES
from handbook.navigation import FOLDERS, SECTIONS, with_navigation
from playwright.sync_api import expect, sync_playwright

from suites.browser import launch, needs_chromium
from wherry.cli.commands.registry import COMMANDS
from wherry.cli.troubles import TROUBLES
from wherry.narrate import cause_templates, event_templates, templates
from wherry.narrate.templates import Template

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "wherry"
LOADED = re.compile(r"""<(?:script|img|iframe|source|link|form)\b[^>]*?\b(?:src|href|action)=["']([^"']+)""")
EVENT_CALLS = {"event", "Emit", "EventNote"}
METRIC_CALLS = {"counter", "gauge", "histogram"}
BUILD_S = 100
IN_SERVICES = {"WHERRY_PROVE"}
"""What an experiment sets in a twin: nobody else does."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "handbook", str(target)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=BUILD_S, check=False)
    assert done.returncode == 0, f"make docs says the same: {done.stderr}"
    return target / "html"


def page(name: str) -> str:
    return PAGES[f"docs/reference/{name}.md"]()


def literals(calls: set[str], folder: Path) -> set[str]:
    """The texts that stand where a call names what it is about: the first argument, or an event's second one."""
    found = set()
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            given = node.args[1:2] if name == "event" else node.args[:1]
            if name in calls and given and isinstance(given[0], ast.Constant) and isinstance(given[0].value, str):
                found.add(given[0].value)
    return found


def test_the_site_builds_without_a_complaint(site: Path) -> None:
    assert (site / "index.html").exists()
    assert (site / "docs" / "reference" / "commands.html").exists()
    assert (site / "README.html").exists()


def test_nothing_is_loaded_from_anywhere_else(site: Path) -> None:
    foreign = [
        f"{path.name}: {address}"
        for path in site.rglob("*.html")
        for address in LOADED.findall(path.read_text())
        if address.startswith(("http:", "https:", "//"))
    ]
    assert foreign == []
    styles = [path for path in site.rglob("*.css") if re.search(r"url\(\s*['\"]?(https?:)?//", path.read_text())]
    assert styles == []


def test_every_page_in_the_navigation_exists() -> None:
    named = {name for section in SECTIONS.values() for name in section}
    made = {*PAGES, *(f"{folder}/index.md" for folder in FOLDERS)}
    assert [name for name in named - made if not (ROOT / name).exists()] == []


def test_a_page_that_nobody_has_placed_is_not_lost() -> None:
    text = with_navigation("# Start\n", ["docs/index.md", "docs/new.md"])
    assert ":caption: More" in text
    assert "/docs/new" in text


def test_a_link_to_a_folder_leads_to_the_page_that_lists_it() -> None:
    assert linked("[why](docs/decisions)") == "[why](docs/decisions/index.md)"
    assert linked("[one](docs/decisions/0001-a.md)") == "[one](docs/decisions/0001-a.md)"


def test_every_command_and_option_is_documented() -> None:
    text = page("commands")
    assert [name for name, entry in COMMANDS.items() if entry.shown and f"## wherry {name}\n" not in text] == []
    options = [f"`{name}`" for one in all_commands() for option in one.command.params for name in option.opts
               if name.startswith("-")]  # fmt: skip
    assert [name for name in options if name not in text] == []


def test_every_error_is_documented() -> None:
    text = page("errors")
    assert [code for code in TROUBLES if f"## {code}\n" not in text] == []


def test_every_setting_is_documented() -> None:
    text = page("settings")
    found = {
        name for path in SOURCE.rglob("*.py") for name in re.findall(r'"(WHERRY_[A-Z]+[A-Z_]*)"', path.read_text())
    }
    assert sorted(name for name in found - IN_SERVICES if f"`{name}`" not in text) == []
    assert "WHERRY_EVENT_TTL_S" in text


def test_every_metric_is_documented() -> None:
    text = page("metrics")
    declared = literals(METRIC_CALLS, SOURCE / "apiserver") | literals(METRIC_CALLS, SOURCE / "kit")
    assert declared
    assert sorted(name for name in declared if f"`{name}`" not in text) == []


def test_every_reason_that_a_master_gives_has_a_sentence() -> None:
    said = {
        name for part in ("agent", "controllers", "scheduler")
        for name in literals(EVENT_CALLS, SOURCE / part) if re.fullmatch(r"[A-Z][A-Za-z]+", name)
    }  # fmt: skip
    assert "Scheduled" in said
    assert sorted(said - set(event_templates.EVENTS)) == []
    text = page("events")
    assert [reason for reason in event_templates.EVENTS if f"`{reason}`" not in text] == []


def test_every_sentence_is_documented() -> None:
    text = page("sentences").replace("\\|", "|") + page("events").replace("\\|", "|")
    found = [
        one.text
        for module in (templates, cause_templates, event_templates)
        for family in vars(module).values()
        if isinstance(family, dict)
        for one in family.values()
        if isinstance(one, Template)
    ]
    assert found
    assert [sentence for sentence in found if " ".join(sentence.split()) not in text] == []


def test_what_the_comparison_says_of_conformance_is_what_passes() -> None:
    passing = re.search(r"(\d+) of the (\d+) boxes", (ROOT / "docs" / "conformance.md").read_text())
    assert passing is not None
    assert f"{passing[1]} of {passing[2]} tests" in (ROOT / "docs" / "compare.md").read_text()


@needs_chromium
def test_a_browser_without_a_network_reads_and_searches_it(site: Path) -> None:
    asked: list[str] = []
    with sync_playwright() as playwright:
        browser = launch(playwright)
        context = browser.new_context(offline=True)
        context.on("request", lambda request: asked.append(request.url))
        page = context.new_page()
        page.goto((site / "index.html").as_uri())
        page.wait_for_url("**/docs/index.html")
        page.get_by_role("link", name="First steps", exact=True).first.click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("First steps")
        page.goto(f"{(site / 'search.html').as_uri()}?q=simulated")
        expect(page.locator("#search-results li").first).to_be_visible()
        browser.close()
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
