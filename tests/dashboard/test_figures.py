"""The three figures that everybody knows from the book, as pages draw them: what is in what, beside what, how many.

    1.2   one node holds pods, each pod holds containers
    1.3   many nodes, the pods spread over them
    1.4   the boundary of a microservice: its REST API and its own database within, its contracts on the edge

What is compared is where each box stands, not pixels: letters are drawn otherwise by every version of Chromium and on
every machine's fonts, so a stored picture would differ everywhere, or have to be so coarse that a missing box passes.
A box within another, in line with its neighbours, in order and over nothing else is the figure at every width.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import pytest
from playwright.sync_api import Browser, Page, expect

from suites.browser import Visit, needs_chromium
from suites.running_cluster import RunningCluster, cluster_in
from suites.shop import SPACE, fill_with_kubectl
from wherry.kit.http.tls import KeyPair

pytestmark = needs_chromium

FIGURE = {
    "simulated-0": {"api-1": ["api", "proxy"], "api-2": ["api", "proxy"], "jobs-1": ["worker"]},
    "simulated-1": {"api-3": ["api", "proxy"], "web-1": ["web"]},
    "simulated-2": {"web-2": ["web"]},
    "simulated-3": {"jobs-2": ["worker"], "web-3": ["web"], "web-4": ["web", "cache", "log"]},
}
"""Which node holds which pods, and each of them which containers."""
WIDTHS = (1280, 800, 360)
SLACK_PX = 1.0
READ = """() => {
  const rect = one => { const r = one.getBoundingClientRect(); return [r.left, r.top, r.right, r.bottom]; };
  const box = (one, name, inside) => ({name: name(one), rect: rect(one), inside: inside(one)});
  const containers = pod => [...pod.querySelectorAll('.container')].map(one =>
    box(one, x => x.childNodes[1].textContent.trim(), () => []));
  const pods = node => [...node.querySelectorAll('.pod')].map(one =>
    box(one, x => x.querySelector('.name').textContent, containers));
  return [...document.querySelectorAll('.node')].map(one => box(one, x => x.querySelector('h2').textContent, pods));
}"""
PARTS = """() => Object.fromEntries(['#boundary', '#inside', '#api', '#database', '#settings', '#release',
  '#offers .tab', '#needs .tab', '#inside .title'].map(which => [which,
  [...document.querySelectorAll(which)].map(one => {
    const r = one.getBoundingClientRect(); return [r.left, r.top, r.right, r.bottom]; })]))"""


@dataclass(frozen=True)
class Box:
    """A rectangle with a name, and the boxes in it."""

    name: str
    left: float
    top: float
    right: float
    bottom: float
    inside: tuple[Box, ...] = ()

    def holds(self, other: Box) -> bool:
        return (
            self.left < other.left + SLACK_PX
            and self.top < other.top + SLACK_PX
            and other.right < self.right + SLACK_PX
            and other.bottom < self.bottom + SLACK_PX
        )

    def is_over(self, other: Box) -> bool:
        return (
            self.left + SLACK_PX < other.right
            and other.left + SLACK_PX < self.right
            and self.top + SLACK_PX < other.bottom
            and other.top + SLACK_PX < self.bottom
        )


def boxes(read: list[dict[str, object]]) -> tuple[Box, ...]:
    found = []
    for one in read:
        rect, inside = one["rect"], one["inside"]
        assert isinstance(rect, list)
        assert isinstance(inside, list)
        left, top, right, bottom = rect
        found.append(Box(str(one["name"]), left, top, right, bottom, boxes(inside)))
    return tuple(found)


def shown(page: Page) -> tuple[Box, ...]:
    return boxes(page.evaluate(READ))


def check_boxes(parent: Box | None, siblings: tuple[Box, ...]) -> None:
    """All within their parent, in order from left to right and down, in line, none over another; and so on inside."""
    for one in siblings:
        assert one.right > one.left, f"{one.name} is not to be seen"
        assert one.bottom > one.top, f"{one.name} is not to be seen"
        assert parent is None or parent.holds(one), f"{one.name} sticks out of {parent}"
        check_boxes(one, one.inside)
    for before, after in pairwise(siblings):
        is_beside, is_below = after.left >= before.right - SLACK_PX, after.top >= before.bottom - SLACK_PX
        assert is_beside or is_below, f"{after.name} is not after {before.name}"
        assert is_below or abs(before.top - after.top) <= SLACK_PX, f"{after.name} is not in line with {before.name}"
    for index, one in enumerate(siblings):
        assert not any(one.is_over(other) for other in siblings[index + 1 :]), f"something is over {one.name}"


def names(found: tuple[Box, ...]) -> dict[str, dict[str, list[str]]]:
    return {node.name: {pod.name: [one.name for one in pod.inside] for pod in node.inside} for node in found}


def pod(name: str, containers: list[str], node: str, **labels: str) -> dict[str, object]:
    made = [{"name": one, "image": f"{one}:1"} for one in containers]
    metadata = {"name": name, "labels": {"app": name.partition("-")[0], **labels}}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"nodeName": node, "containers": made}}


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCluster]:
    home = tmp_path_factory.mktemp("figures") / "home"
    with cluster_in(home, "--no-real-node", "--simulated-nodes", str(len(FIGURE))) as cluster:
        pods = [pod(name, what, node) for node, held in FIGURE.items() for name, what in held.items()]
        cluster.kubectl("apply", "-f", "-", text=json.dumps({"apiVersion": "v1", "kind": "List", "items": pods}))
        fill_with_kubectl(cluster, KeyPair((home / "pki/ca.crt").read_bytes(), (home / "pki/ca.key").read_bytes()))
        service = {"wherry.dev/service": "orders"}
        orders = [
            pod("orders-1", ["orders"], "simulated-0", **service),
            pod("orders-db-0", ["postgres"], "simulated-1", **service),
        ]
        listed = json.dumps({"apiVersion": "v1", "kind": "List", "items": orders})
        cluster.kubectl("-n", SPACE, "apply", "-f", "-", text=listed)
        cluster.kubectl("wait", "--for=condition=Ready", "pod", "--all", "--all-namespaces")
        yield cluster


@pytest.fixture(scope="module")
def eyes(browser: Browser, drawn: RunningCluster) -> Iterator[Visit]:
    one = Visit(browser, drawn, reduced_motion="reduce")
    yield one
    one.close()


@pytest.mark.parametrize("width", WIDTHS)
def test_figure_1_2_a_node_holds_pods_and_each_pod_its_containers(eyes: Visit, width: int) -> None:
    page = eyes.open("/ui/?ns=default&node=simulated-0")
    page.set_viewport_size({"width": width, "height": 800})
    expect(page.locator(".pod.running")).to_have_count(len(FIGURE["simulated-0"]))
    found = shown(page)
    assert names(found) == {"simulated-0": FIGURE["simulated-0"]}
    check_boxes(None, found)
    page.close()


@pytest.mark.parametrize("width", WIDTHS)
def test_figure_1_3_pods_are_spread_over_many_nodes_and_none_is_in_two(eyes: Visit, width: int) -> None:
    page = eyes.open("/ui/?ns=default")
    page.set_viewport_size({"width": width, "height": 800})
    expect(page.locator(".pod.running")).to_have_count(sum(len(held) for held in FIGURE.values()))
    found = shown(page)
    assert names(found) == FIGURE
    check_boxes(None, found)
    lefts = {round(one.left) for one in found}
    # As many columns as there is room for, each from the top: a table of boxes, and one below the other on a telephone.
    assert len(lefts) == sum(abs(one.top - found[0].top) <= SLACK_PX for one in found)
    assert (len(lefts) == 1) == (width == min(WIDTHS))
    page.close()


def parts(page: Page) -> dict[str, list[Box]]:
    return {which: [Box(which, *rect) for rect in rects] for which, rects in page.evaluate(PARTS).items()}


@pytest.mark.parametrize("width", WIDTHS)
def test_figure_1_4_a_microservice_holds_its_api_and_its_own_database_and_contracts_stand_on_its_edge(
    eyes: Visit, width: int
) -> None:
    page = eyes.open(f"/ui/services/{SPACE}/orders")
    page.set_viewport_size({"width": width, "height": 800})
    expect(page.locator("#database")).to_contain_text("orders-db-0")
    expect(page.locator("#api")).to_contain_text("GET /orders/{id}")
    found = parts(page)
    within = [found[which] for which in ("#inside .title", "#api", "#database", "#settings", "#release")]
    assert [len(one) for one in within] == [1] * 5
    (inside,), (boundary,) = found["#inside"], found["#boundary"]
    check_boxes(boundary, (inside,))
    check_boxes(inside, tuple(one[0] for one in within))
    offers, needs = found["#offers .tab"], found["#needs .tab"]
    assert (len(offers), len(needs)) == (3, 2)
    check_boxes(boundary, tuple(offers))
    check_boxes(boundary, tuple(needs))
    for one in offers:
        assert one.right < inside.left if width == max(WIDTHS) else one.bottom < inside.top
    for one in needs:
        assert one.left > inside.right if width == max(WIDTHS) else one.top > inside.bottom
    for contract, word in (("web", "Verified"), ("mobile", "Broken"), ("stock", "Exposed")):
        expect(page.locator(".tab", has=page.get_by_role("link", name=contract, exact=True))).to_contain_text(word)
    page.close()
