"""The dashboard in a real browser: it tells the truth, to everybody, and to nobody else."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, Page, Route, expect

from suites.browser import NewVisit, Visit, login_link, needs_chromium, origin
from suites.running_cluster import ROOT, RunningCluster, cluster_in

pytestmark = needs_chromium

WEB = "Deployment/default/web"
SHOWN = """() => [...document.querySelectorAll('.node')].flatMap(node =>
  [...node.querySelectorAll('.pod:not(.leaving)')].map(pod =>
    [pod.id.split('/')[2], node.id.split('/')[1], pod.querySelector('.state').textContent].join(' ')))"""


def pods(cluster: RunningCluster) -> list[str]:
    """What the API says: "NAME NODE STATE" of each pod with a node."""
    found = []
    items = cluster.get("pods")["items"]
    assert isinstance(items, list)
    for pod in items:
        if node := pod["spec"].get("nodeName"):
            state = "Stopping" if "deletionTimestamp" in pod["metadata"] else pod["status"].get("phase", "Pending")
            found.append(f"{pod['metadata']['name']} {node} {state}")
    return sorted(found)


def eventually(is_so: Callable[[], bool], timeout_s: float = 15) -> None:
    ends_s = time.monotonic() + timeout_s
    while not is_so():
        assert time.monotonic() < ends_s, "it never became so"
        time.sleep(0.1)


def is_true(page: Page, cluster: RunningCluster) -> bool:
    return sorted(page.evaluate(SHOWN)) == pods(cluster)


def pod_named(cluster: RunningCluster, app: str) -> str:
    return cluster.jsonpath("pods", f"{{.items[?(@.metadata.labels.app=='{app}')].metadata.name}}").split()[0]


def test_without_a_script_every_fact_can_be_read_and_changed(visit: NewVisit, watched: RunningCluster) -> None:
    one = visit(java_script_enabled=False)
    page = one.open("/ui/?ns=default", is_live=False)
    names = sorted(text.strip() for text in page.locator(".pod .name").all_inner_texts())
    assert names == sorted(line.split()[0] for line in pods(watched))
    page.goto(origin(watched) + "/ui/workloads/Deployment/default/orders")
    page.get_by_text("Change the number of copies").click()
    page.get_by_label("Copies").fill("2")
    page.get_by_role("button", name="Scale orders").click()
    expect(page.locator(".note")).to_have_text("orders shall have 2 copies now.")
    assert watched.jsonpath("deployment/orders", "{.spec.replicas}") == "2"
    page.goto(origin(watched) + "/ui/story")
    assert page.locator(".story > li").count() > 3


def test_all_of_it_works_with_the_keyboard_alone(visit: NewVisit, watched: RunningCluster) -> None:
    page = visit().open("/ui/?ns=default")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.locator(".thing").first.focus()
    for key, index in (("ArrowDown", 1), ("ArrowRight", 2), ("ArrowUp", 1), ("Home", 0), ("End", -1)):
        page.keyboard.press(key)
        things = page.locator(".thing")
        expect(things.nth(index if index >= 0 else things.count() - 1)).to_be_focused()
    assert page.locator('.thing[tabindex="0"]').count() == 1
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("Why is pod")
    page.locator("summary", has_text="Stop this pod").focus()
    page.keyboard.press("Enter")
    # On the way to the button stands a word that can be asked about.
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".note")).to_contain_text("is being stopped")
    page.locator("#view .term").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".word:popover-open")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.locator(".word:popover-open")).to_have_count(0)


def test_the_focus_stays_when_what_has_it_changes_or_goes(visit: NewVisit, watched: RunningCluster) -> None:
    watched.kubectl("scale", "deployment/web", "--replicas=4")
    watched.kubectl("rollout", "status", "deployment/web")
    page = visit().open("/ui/?ns=default&app=web")
    name = pod_named(watched, "web")
    page.locator(f'[id="pod/default/{name}"] .thing').focus()
    watched.kubectl("delete", "pod", name)
    eventually(lambda: page.evaluate("document.querySelectorAll('.leaving').length") == 0)
    eventually(lambda: is_true_of_app(page, watched))
    assert page.evaluate("document.activeElement.className") == "thing"


def test_what_somebody_types_and_opens_stays_when_the_page_changes_around_it(
    visit: NewVisit, watched: RunningCluster
) -> None:
    watched.kubectl("scale", "deployment/web", "--replicas=4")
    watched.kubectl("rollout", "status", "deployment/web")
    page = visit().open(f"/ui/workloads/{WEB}")
    page.get_by_text("Change the number of copies").click()
    copies = page.get_by_label("Copies")
    copies.fill("17")
    watched.kubectl("scale", "deployment/web", "--replicas=5")
    expect(page.locator("#view")).to_contain_text("5 of 5 copies run")
    expect(copies).to_be_visible()
    expect(copies).to_have_value("17")
    expect(copies).to_be_focused()
    watched.kubectl("scale", "deployment/web", "--replicas=4")


def is_true_of_app(page: Page, cluster: RunningCluster) -> bool:
    return sorted(page.evaluate(SHOWN)) == [line for line in pods(cluster) if line.startswith("web-")]


def test_updates_can_be_paused_and_go_on(visit: NewVisit, watched: RunningCluster) -> None:
    page = visit().open("/ui/?ns=default")
    eventually(lambda: is_true(page, watched))
    page.get_by_role("button", name="Pause updates").click()
    before = page.evaluate(SHOWN)
    watched.kubectl("scale", "deployment/web", "--replicas=6")
    watched.kubectl("rollout", "status", "deployment/web")
    expect(page.locator("#state")).to_have_text("paused")
    assert page.evaluate(SHOWN) == before
    page.get_by_role("button", name="Go on").click()
    eventually(lambda: is_true(page, watched))


def test_the_title_of_every_page_says_how_many_need_help_and_stops_when_none_does(
    visit: NewVisit, watched: RunningCluster
) -> None:
    one = visit()
    picture, words = one.open("/ui/"), one.open("/ui/glossary")
    calm = words.title()
    assert "help" not in calm
    picture.get_by_role("button", name="Pause updates").click()
    watched.kubectl("run", "lost", "--image=x", '--overrides={"spec":{"nodeSelector":{"is":"nowhere"}}}')
    for page in (picture, words):
        expect(page).to_have_title(re.compile(r"^\(1 needs help\) "))
    # Also of a page that is loaded now, once and not twice.
    assert one.open("/ui/glossary").title() == f"(1 needs help) {calm}"
    watched.kubectl("delete", "pod", "lost")
    expect(words).to_have_title(calm)


def test_six_tabs_share_one_connection_and_one_takes_over(visit: NewVisit, watched: RunningCluster) -> None:
    one = visit()
    tabs = [one.open("/ui/?ns=default" if number % 2 else "/ui/next") for number in range(6)]
    leaders = [tab for tab in tabs if tab.evaluate("document.documentElement.dataset.leader") == "yes"]
    assert len(leaders) == 1
    leaders[0].close()
    rest = [tab for tab in tabs if tab is not leaders[0]]
    watched.kubectl("scale", "deployment/orders", "--replicas=4")
    watched.kubectl("rollout", "status", "deployment/orders")
    for tab in rest:
        if "ns=default" in tab.url:
            eventually(lambda tab=tab: is_true(tab, watched))  # type: ignore[misc]  # bound now
        else:
            expect(tab.locator("tr", has_text="orders")).to_contain_text("4, as wanted")


def test_a_page_that_is_not_served_says_so_and_the_others_stay_live(visit: NewVisit, watched: RunningCluster) -> None:
    one = visit()
    picture = one.open("/ui/?ns=default")

    def without_a_view(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=answer.text().replace('data-view="next"', 'data-view="nowhere"'))

    one.context.route("**/ui/next", without_a_view)
    lost = one.page()
    one.go(lost, "/ui/next")
    expect(lost.locator("#state")).to_have_text("not live: There is no page at this address.")
    # Also when it stops, and goes on.
    lost.get_by_role("button", name="Pause updates").click()
    lost.get_by_role("button", name="Go on").click()
    expect(lost.locator("#state")).to_contain_text("not live")
    expect(picture.locator("#state")).to_have_text("live")
    watched.kubectl("scale", "deployment/orders", "--replicas=5")
    watched.kubectl("rollout", "status", "deployment/orders")
    eventually(lambda: is_true(picture, watched))
    expect(lost.locator("#state")).to_contain_text("not live")


def test_a_log_that_is_not_there_yet_is_followed_when_it_comes(visit: NewVisit, watched: RunningCluster) -> None:
    watched.kubectl("run", "late", "--image=x", '--overrides={"spec":{"nodeSelector":{"disk":"late"}}}')
    one = visit()

    def log(route: Route) -> None:
        is_waiting = "is waiting" in page.locator("#run").inner_text()
        body = '<p class="headline">container "late" is waiting to start</p>' if is_waiting else "first\nno end"
        route.fulfill(status=400 if is_waiting else 200, body=body)

    page = one.page()
    page.route("**/ui/logs/**", log)
    page.goto(origin(watched) + "/ui/log/Pod/default/late")
    expect(page.locator("#log-said")).to_contain_text("waiting to start")
    node = watched.jsonpath("nodes", "{.items[0].metadata.name}", "default")
    watched.kubectl("label", "node", node, "disk=late")
    expect(page.locator("#log")).to_have_text("first\nno end")
    watched.kubectl("label", "node", node, "disk-")
    watched.kubectl("delete", "pod", "late", "--wait=false")


def test_a_link_works_once_and_signing_out_ends_it(browser: Browser, watched: RunningCluster) -> None:
    link = login_link(watched)
    first, second = (browser.new_context(ignore_https_errors=True) for _ in range(2))
    page = first.new_page()
    page.goto(link)
    page.wait_for_url("**/ui/")
    expect(page.locator("h1")).to_have_text("Picture")
    (cookie,) = first.cookies()
    assert cookie["httpOnly"]
    assert cookie["secure"]
    assert cookie["sameSite"] == "Strict"
    answer = second.new_page().goto(link)
    assert answer is not None
    assert answer.status == 401
    page.get_by_role("button", name="Sign out").click()
    expect(page.locator("h1")).to_have_text("You are signed out")
    again = page.goto(origin(watched) + "/ui/")
    assert again is not None
    assert again.status == 401
    first.close()
    second.close()


def test_the_rights_of_another_user_are_kept(visit: NewVisit, watched: RunningCluster) -> None:
    watched.make_namespace("shop")
    watched.kubectl("create", "deployment", "till", "--image=till:1", "-n", "shop")
    watched.kubectl("rollout", "status", "deployment/till", "-n", "shop")
    watched.wherry("user", "add", "ana", "--role", "view", "--namespace", "shop")
    ana = visit("--user", "ana")
    page = ana.open("/ui/")
    # The kubeconfig of ana says where she is at home.
    assert page.url == origin(watched) + "/ui/?ns=shop"
    expect(page.locator(".pod .name")).to_have_count(1)
    expect(page.locator("#headline")).to_contain_text("You may not see: ")
    assert "web-" not in page.content()
    assert ana.page().goto(origin(watched) + "/ui/v1/picture.json").text().count("web-") == 0  # type: ignore[union-attr]
    page.goto(origin(watched) + "/ui/workloads/Deployment/shop/till")
    page.get_by_text("Change the number of copies").click()
    page.get_by_label("Copies").fill("5")
    page.get_by_role("button", name="Scale till").click()
    expect(page.locator("h1")).to_have_text("You may not do that")
    assert watched.jsonpath("deployment/till", "{.spec.replicas}", "shop") == "1"


def test_a_killed_server_comes_back_to_the_same_page(browser: Browser, tmp_path: Path) -> None:
    with cluster_in(tmp_path / "home", "--no-real-node", "--simulated-nodes", "2") as cluster:
        cluster.kubectl("create", "deployment", "web", "--image=web:1", "--replicas=3")
        cluster.kubectl("rollout", "status", "deployment/web")
        one = Visit(browser, cluster)
        page = one.open("/ui/?ns=default")
        eventually(lambda: is_true(page, cluster))
        os.kill(cluster.pid, signal.SIGKILL)
        expect(page.locator("#state")).to_have_text("reconnecting")
        up = cluster.wherry("up", "--port", str(cluster.port), check=False)
        assert up.returncode == 0, up.stderr
        cluster.kubectl("scale", "deployment/web", "--replicas=5")
        cluster.kubectl("rollout", "status", "deployment/web")
        expect(page.locator("#state")).to_have_text("live")
        eventually(lambda: is_true(page, cluster))
        one.close()


def test_a_strangers_page_can_do_nothing(visit: NewVisit, watched: RunningCluster) -> None:
    one = visit()
    request = one.context.request
    base = origin(watched)
    form: dict[str, str | float | bool] = {"namespace": "default", "name": pod_named(watched, "web")}
    strange = request.post(f"{base}/ui/actions/stop", form=form, headers={"Origin": "https://evil.example"})
    assert strange.status == 403
    assert request.post(f"{base}/ui/actions/stop", form=form).status == 403
    rebound = request.get(f"{base}/ui/", headers={"Host": "evil.example"})
    assert rebound.status == 421
    page = one.open()
    answer = page.goto(base + "/ui/story")
    assert answer is not None
    policy = answer.headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["cache-control"] == "no-store"


PICTURES = (
    ("picture", "/ui/?ns=default", "light"),
    ("why", "/ui/pods/default/lonely", "dark"),
    ("story", "/ui/story?ns=default", "light"),
    ("masters", "/ui/masters", "light"),
    ("next", "/ui/next?ns=default", "light"),
    ("tour", "/ui/tour?step=3", "light"),
    ("ceremonies", "/ui/ceremonies?for=daily", "light"),
    ("glossary", "/ui/glossary", "light"),
    ("workload", f"/ui/workloads/{WEB}", "light"),
    ("configuration", f"/ui/settings/{WEB}", "light"),
    ("rollout", f"/ui/rollout/{WEB}", "light"),
    ("yaml", f"/ui/yaml/{WEB}", "dark"),
)


def test_pictures_for_the_documents(visit: NewVisit, watched: RunningCluster, tmp_path: Path) -> None:
    """Rewrites them when they are asked for: WHERRY_PICTURES=1."""
    for app in ("web", "orders"):
        watched.kubectl("scale", f"deployment/{app}", "--replicas=4")
    watched.kubectl("set", "env", "deployment/web", "GREETING=hello", "COLOR=blue")
    watched.kubectl("rollout", "status", "deployment/web", "deployment/orders")
    watched.kubectl("run", "lonely", "--image=x", '--overrides={"spec":{"nodeSelector":{"disk":"ssd"}}}')
    folder = ROOT / "docs" / "pictures" if os.environ.get("WHERRY_PICTURES") else tmp_path
    folder.mkdir(exist_ok=True)
    for name, path, scheme in PICTURES:
        page = visit(color_scheme=scheme, reduced_motion="reduce", viewport={"width": 1200, "height": 760}).open(path)
        expect(page.locator("#view > *").first).to_be_visible()
        page.screenshot(path=folder / f"{name}.png")
        assert (folder / f"{name}.png").stat().st_size < 250_000
    watched.kubectl("delete", "pod", "lonely", "--wait=false")
