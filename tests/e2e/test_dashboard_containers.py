"""The dashboard's logs and its shell, in a real browser on real containers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from suites.browser import Visit, launch, needs_chromium, origin
from suites.running_cluster import RunningCluster, needs_linux

pytestmark = [needs_linux, needs_chromium]

POD = """
apiVersion: v1
kind: Pod
metadata: {name: talker}
spec:
  restartPolicy: Always
  containers:
  - name: talk
    image: toolbox:1
    command: [sh, -c, "echo hello from the start; while sleep 0.2; do echo tick; done"]
  - name: dies
    image: toolbox:1
    command: [sh, -c, "echo my last words; test -e /tmp/x || sleep 0.1; exit 3"]
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture
def visit(browser: Browser, cluster: RunningCluster, namespace: str) -> Iterator[Visit]:
    cluster.kubectl("apply", "-n", namespace, "-f", "-", text=POD)
    status = "{.status.containerStatuses[?(@.name=='dies')].lastState.terminated.exitCode}"
    cluster.kubectl("wait", "pod/talker", "-n", namespace, f"--for=jsonpath={status}=3", "--timeout=60s")
    one = Visit(browser, cluster)
    yield one
    one.close()


def test_a_log_grows_on_the_page_is_searched_and_remembers_the_run_before(
    visit: Visit, cluster: RunningCluster, namespace: str
) -> None:
    page = visit.open(f"/ui/log/Pod/{namespace}/talker?container=talk")
    log = page.locator("#log")
    expect(log).to_contain_text("hello from the start")
    before = log.inner_text().count("tick")
    page.wait_for_function("before => document.getElementById('log').textContent.split('tick').length - 1 > before + 2",
                           arg=before)  # fmt: skip
    page.get_by_label("Search").fill("HELLO")
    expect(log).to_have_text("hello from the start")
    expect(page.locator("#log-said")).to_contain_text("1 of ")
    page.get_by_role("button", name="Following").click()
    expect(page.get_by_role("button", name="Follow", exact=True)).to_be_visible()
    page.goto(f"{origin(cluster)}/ui/log/Pod/{namespace}/talker?container=dies&previous=1")
    expect(page.locator("#log")).to_have_text("my last words")
    page.goto(f"{origin(cluster)}/ui/log/Pod/{namespace}/talker?container=talk&previous=1")
    expect(page.locator("#log-said")).to_contain_text("not found")


def test_a_shell_on_the_page_runs_what_is_typed_and_ends_with_the_session(visit: Visit, namespace: str) -> None:
    page = visit.open(f"/ui/shell/Pod/{namespace}/talker?container=talk")
    page.get_by_role("button", name="Open a shell in talk").click()
    expect(page.locator("#shell-said")).to_have_text("Connected.")
    page.keyboard.type("echo $((6*7))-is-it\n")
    expect(page.locator(".xterm-rows")).to_contain_text("42-is-it")
    page.keyboard.press("Shift+Tab")
    expect(page.locator(".xterm-helper-textarea")).not_to_be_focused()
    page.locator(".xterm-helper-textarea").focus()
    page.keyboard.type("exit 3\n")
    expect(page.locator("#shell-said")).to_contain_text("exit status 3")
    page.get_by_role("button", name="Open it again").click()
    expect(page.locator("#shell-said")).to_have_text("Connected.")
    other = visit.open()
    other.get_by_role("button", name="Sign out").click()
    expect(page.locator("#shell-said")).to_have_text("The shell has ended.")
