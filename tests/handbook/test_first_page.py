"""A person who has never used Kubernetes: three commands of the first page, and the picture is open."""

from __future__ import annotations

import re
import shlex
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright

from suites.browser import arrive, launch, needs_chromium
from suites.documented_code import Script, run_script, scripts
from suites.running_cluster import ROOT, RunningCluster, needs_linux

pytestmark = [needs_linux, needs_chromium, pytest.mark.linux]

NOVICE_S = 60
COMMANDS_MAX = 3
SET_UP = "make setup"


def first_script() -> Script:
    (found,) = (script for script in scripts() if script.place == "first")
    return found


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "cluster"
    RunningCluster(tmp_path / "cluster", 0).wherry("down", "--delete-data", "--yes", check=False)


def is_set_up() -> bool:
    """Whether the first command would find everything there; else it would change what other tests stand on."""
    done = subprocess.run([str(ROOT / "scripts" / "setup"), "ready"], capture_output=True, check=False)
    return done.returncode == 0


def typed() -> list[str]:
    """The commands of the page, each as it is typed."""
    ((_, code),) = first_script().blocks
    lines = [shlex.join(shlex.split(line, comments=True)) for line in code.splitlines()]
    return [line for line in lines if line]


def test_three_commands_open_the_picture_within_a_minute(home: Path, tmp_path: Path) -> None:
    commands = typed()
    assert len(commands) <= COMMANDS_MAX
    assert commands[0] == SET_UP
    started_s = time.monotonic()
    runnable = commands if is_set_up() else commands[1:]
    script = "\n".join(["set -euo pipefail", f"cd {shlex.quote(str(ROOT))}", *runnable])
    done = run_script(script, tmp_path, home, timeout_s=NOVICE_S)
    assert done.returncode == 0, done.stdout + done.stderr
    link = done.stdout.splitlines()[-1]
    with sync_playwright() as playwright:
        browser = launch(playwright)
        page = browser.new_context(ignore_https_errors=True).new_page()
        arrive(page, link)
        expect(page.locator(".node")).to_have_count(1)
        took_s = time.monotonic() - started_s
        assert "1 node" in page.inner_text("body")
        browser.close()
    assert took_s < NOVICE_S


def test_the_page_is_the_first_one_that_the_documentation_names() -> None:
    links = re.findall(r"\]\(([\w/.-]+\.md)\)", (ROOT / "docs" / "index.md").read_text())
    assert links[0] == first_script().page.name
