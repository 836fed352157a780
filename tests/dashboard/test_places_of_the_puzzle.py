"""Each service has its place in the puzzle: it keeps it when others come and go, and over a restart of the masters."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from suites.browser import Visit, needs_chromium
from suites.running_cluster import RunningCluster, cluster_in
from suites.shop import SPACE, fill_with_kubectl
from wherry.kit.http.tls import KeyPair

pytestmark = needs_chromium

SPOTS = """() => Object.fromEntries([...document.querySelectorAll('svg.over a')].map(one =>
  [one.getAttribute('href'), ['x', 'y'].map(name => one.querySelector('rect').getAttribute(name)).join(' ')]))"""


def spots(page: Page, count: int) -> dict[str, str]:
    expect(page.locator("svg.over a")).to_have_count(count)
    found: dict[str, str] = page.evaluate(SPOTS)
    return found


def deploy(cluster: RunningCluster, name: str) -> None:
    cluster.kubectl("-n", SPACE, "create", "deployment", name, f"--image={name}:1")
    cluster.kubectl("-n", SPACE, "rollout", "status", f"deployment/{name}")


def test_a_place_is_kept_whoever_comes_goes_or_starts_anew(browser: Browser, tmp_path: Path) -> None:
    with cluster_in(tmp_path / "home", "--no-real-node", "--simulated-nodes", "2") as cluster:
        pki = cluster.home / "pki"
        fill_with_kubectl(cluster, KeyPair((pki / "ca.crt").read_bytes(), (pki / "ca.key").read_bytes()))
        one = Visit(browser, cluster)
        page = one.open("/ui/puzzle")
        first = spots(page, 7)
        for name in ("alone", "zebra"):
            deploy(cluster, name)
        more = spots(page, 9)
        assert {name: more[name] for name in first} == first
        page.locator("summary", has_text="Move web").click()
        page.locator('[id^="piece/"]', has_text="web").get_by_role("button", name="Left").click()
        expect(page.locator(".note")).to_have_text("web is one step left, for everybody.")
        expect(page.locator(f'svg.over a[href="/ui/services/{SPACE}/web"] rect')).to_have_attribute("x", "-404")
        cluster.kubectl("-n", SPACE, "delete", "deployment", "alone")
        moved = spots(page, 8)
        assert {name: spot for name, spot in moved.items() if not name.endswith("/web")} == {
            name: spot for name, spot in more.items() if not name.endswith(("/web", "/alone"))
        }
        page.close()
        os.kill(cluster.pid, signal.SIGKILL)
        cluster.wherry("up", "--port", str(cluster.port))
        deploy(cluster, "early")
        again = spots(one.open("/ui/puzzle"), 9)
        assert {name: again[name] for name in moved} == moved
        one.close()
