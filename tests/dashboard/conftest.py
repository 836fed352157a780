"""A cluster of simulated nodes, and a browser that looks at it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from suites.browser import NewVisit, Visit, launch
from suites.running_cluster import RunningCluster, cluster_in
from suites.shop import fill_with_kubectl
from wherry.kit.http.tls import KeyPair


# One for each module: what its tests leave behind is nobody else's beginning.
@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCluster]:
    home = tmp_path_factory.mktemp("dashboard") / "home"
    with cluster_in(home, "--no-real-node", "--simulated-nodes", "3") as cluster:
        cluster.kubectl("create", "deployment", "web", "--image=web:1", "--replicas=4")
        cluster.kubectl("create", "deployment", "orders", "--image=orders:1", "--replicas=3")
        cluster.kubectl("rollout", "status", "deployment/web", "deployment/orders")
        yield cluster


@pytest.fixture(scope="module")
def shop(watched: RunningCluster) -> RunningCluster:
    """The same with the shop's services, contracts, releases and verdicts in it."""
    pki = watched.home / "pki"
    fill_with_kubectl(watched, KeyPair((pki / "ca.crt").read_bytes(), (pki / "ca.key").read_bytes()))
    return watched


# Not longer than a module: while it runs, no asyncio test can.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture
def visit(browser: Browser, watched: RunningCluster) -> Iterator[NewVisit]:
    made: list[Visit] = []

    def new(*options: str, **context: object) -> Visit:
        made.append(Visit(browser, watched, *options, **context))
        return made[-1]

    yield new
    for one in made:
        one.close()
