"""A real browser for tests of the dashboard: Debian's Chromium, driven by Playwright."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, Playwright, Route, expect

from suites.running_cluster import RunningCluster

CHROMIUM = shutil.which("chromium") or ""
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WAIT_MS = 15_000
TRIES = 8
# How it shows that Chromium has dropped its connections, which it does when a bridge comes or goes on this machine.
DROPPED = ("ERR_NETWORK_CHANGED", "interrupted by another navigation")

STYLED = """[...document.querySelectorAll('link[rel=stylesheet]')].every(one => {
  try { return one.sheet.cssRules.length > 0; } catch { return false; }
})"""

needs_chromium = pytest.mark.skipif(not CHROMIUM, reason="there is no chromium here: scripts/setup dev installs it")


def launch(playwright: Playwright) -> Browser:
    expect.set_options(timeout=WAIT_MS)
    return playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS, headless=True)


def arrive(page: Page, address: str) -> None:
    """Go to an address, again and again while Chromium drops its connections."""
    for number in range(TRIES):
        try:
            page.goto(address)
        except Error as error:
            if number == TRIES - 1 or not any(sign in str(error) for sign in DROPPED):
                raise
        else:
            return


def origin(cluster: RunningCluster) -> str:
    return f"https://127.0.0.1:{cluster.port}"


def login_link(cluster: RunningCluster, *options: str) -> str:
    return cluster.wherry("open", *options).stdout.strip()


class Visit:
    """One signed-in browser context; every request to another host, and every error of a page, is noted."""

    def __init__(self, browser: Browser, cluster: RunningCluster, *options: str, **context: object) -> None:
        self.cluster = cluster
        self.foreign: list[str] = []
        self.errors: list[str] = []
        settings = {"ignore_https_errors": True, "viewport": {"width": 1280, "height": 800}, **context}
        self.context: BrowserContext = browser.new_context(**settings)  # type: ignore[arg-type]  # Playwright's options
        self.context.set_default_timeout(WAIT_MS)
        self.context.route("**/*", self._watch)
        self._sign_in(*options)

    def _sign_in(self, *options: str) -> None:
        for number in range(TRIES):
            page = self.page()
            try:
                page.goto(login_link(self.cluster, *options))
                page.wait_for_url(re.compile(r"/ui/(\?ns=[^&]+)?$"))
            except Error as error:
                # See `go`. A link works once, so another one is asked for.
                if number == TRIES - 1 or not any(sign in str(error) for sign in DROPPED):
                    raise
            else:
                return
            finally:
                page.close()

    def _watch(self, route: Route) -> None:
        if urlsplit(route.request.url).netloc != f"127.0.0.1:{self.cluster.port}":
            self.foreign.append(route.request.url)
            route.abort()
        else:
            route.continue_()

    def page(self) -> Page:
        page = self.context.new_page()
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda said: self.errors.append(said.text) if "Content Security" in said.text else None)
        return page

    def open(self, path: str = "/ui/", *, is_live: bool = True) -> Page:
        page = self.page()
        self.go(page, path, is_live=is_live)
        if is_live:
            expect(page.locator("#state")).to_have_text("live")
        return page

    def go(self, page: Page, path: str, *, is_live: bool = True) -> None:
        """Show another page of the dashboard in a tab."""
        # After a dropped connection there is a page of Chromium's own, or ours without its script (that one shows the
        # button for a pause) or without a style sheet.
        for _ in range(TRIES):
            arrive(page, origin(self.cluster) + path)
            if page.evaluate(STYLED) and (not is_live or page.locator("#pause").is_visible()):
                return
        raise AssertionError(f"{path} did not come whole in {TRIES} tries")

    def close(self) -> None:
        self.context.close()
        assert self.foreign == [], self.foreign
        assert self.errors == [], self.errors


NewVisit = Callable[..., Visit]
