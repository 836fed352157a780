"""Questions that a product manager asks: each is answered within two clicks on the page, and by one command.

The cluster is prepared so that each has one true answer; it is read from the page and from the terminal.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page

from suites.bazaar import write_files
from suites.browser import Visit, needs_chromium
from suites.running_cluster import RunningCluster

pytestmark = needs_chromium

CLICKS_MAX = 2
ALONE = '--overrides={"spec":{"nodeSelector":{"disk":"ssd"}}}'
NEXT_WEB = "Now and next > web"


@dataclass(frozen=True)
class Question:
    """What is asked, the links to click (" > " between them), what the page says, the command, and what that says."""

    asks: str
    clicks: str
    page: str
    command: str
    answer: str
    fills: tuple[tuple[str, str], ...] = ()


QUESTIONS = (
    Question("Is it healthy?", "", r"1 needs help: lonely", "picture", r"1 needs help: lonely"),
    Question("How many machines are there?", "", r"3 nodes, \d+ pods", "status", r"3 of 3 nodes ready"),
    Question("Are these real machines?", "", r"simulated-0 Ready simulated", "show node/simulated-0", r"simulated"),
    Question(
        "What changed since yesterday?",
        "What changed",
        r"things changed",
        "changes --since yesterday",
        r"kubernetes-admin created 3 things in default with kubectl: .*pod lonely",
    ),
    Question(
        "Why is it waiting?",
        "Why lonely?",
        r"simulated-0: never, it lacks the labels that the pod asks for: disk=ssd",
        "why pod/lonely",
        r"never, it lacks the labels that the pod asks for: disk=ssd",
    ),
    Question(
        "Who asked for it?",
        "Why lonely?",
        r"kubernetes-admin wrote pod lonely with kubectl",
        "why pod/lonely",
        r"kubernetes-admin wrote pod lonely with kubectl",
    ),
    Question(
        "Why were the pods of orders made anew?",
        "Story",
        r"The replica set controller created 3 pods for orders",
        "story",
        r"created 3 pods for orders",
    ),
    Question("How many copies of web run?", "Now and next", r"4 of 4 copies run", "next web", r"4 of 4 copies run"),
    Question("Which version of web runs?", NEXT_WEB, r"web:2", "show web", r"Images:\s+web:2"),
    Question(
        "Which versions did web have?",
        "Now and next > versions of web",
        r"3 \(newest\).*web:2.*1 .*web:1.*Go back to version 1",
        "kubectl rollout history deployment/web",
        r"1 .*\n2 ",
    ),
    Question(
        "What is web configured with?",
        "Now and next > configuration of web",
        r"COLOR blue the workload",
        "kubectl set env deployment/web --list",
        r"COLOR=blue",
    ),
    Question(
        "What does Pod mean?", "Glossary", r"The smallest thing that Kubernetes runs", "word pod", r"The smallest thing"
    ),
    Question(
        "Do the masters work?",
        "Masters",
        r"All 5 parts of the masters are well.*Heartbeat.*Queue",
        "kubectl get componentstatuses",
        r"scheduler\s+Healthy",
    ),
    Question(
        "What is a node, here?",
        "Tour > 3. node",
        r"Here: There is room on 3 nodes",
        "tour --step 3",
        r"Here: There is room on 3 nodes",
    ),
    Question(
        "What needs somebody today?",
        "Ceremonies",
        r"Needs help now lonely:",
        "picture",
        r"Next: wherry why (pod/)?lonely|1 needs help",
    ),
    Question(
        "What is missing, for planning?",
        "Ceremonies > Planning",
        r"Contracts to agree on.*mobile and orders: Broken",
        "contract list",
        r"^6 contracts, 1 verified, 1 broken\.(?s:.*)mobile-orders .*Broken",
    ),
    Question(
        "What does the contract between web and orders say?",
        "Puzzle",
        r"Verified",
        "contract show web-orders",
        r"^web-orders is Verified: ",
    ),
    Question(
        "Who is affected if orders stops?",
        "Puzzle > orders",
        r"web.*orders",
        "contract list orders",
        r"^billing, mobile and web need orders; it needs payments and stock: ",
    ),
    Question(
        "What runs in prod, and since when?",
        "Releases",
        r"orders-r2",
        "releases",
        r"^this cluster has 5 releases; 4 of them run\.(?s:.*)orders-r2 +prod +Running +\d+d",
    ),
    Question(
        "What is left to reach the future?",
        "Future",
        r"1 of 12 steps to the next state is done.*to do 1\. Split till out of bazaar",
        "next --model bazaar",
        r"1 of 12 steps to the next state is done",
    ),
    Question("Are we done?", "Done", r"orders", "done", r"^0 of \d services are done\.(?s:.*)orders +shop-dev"),
    Question(
        "Is there room for ten more?",
        "What if",
        r"It fits: 10 pods would start",
        "what-if --scale web=14",
        r"It fits: 10 pods would start",
        fills=(("thing", "web"), ("copies", "14")),
    ),
    Question(
        "What happens when a machine breaks?",
        "What if",
        r"would stop",
        "what-if --node-down simulated-1",
        r"would stop",
        fills=(("node", "simulated-1"),),
    ),
)


@pytest.fixture(scope="module", autouse=True)
def prepared(shop: RunningCluster, tmp_path_factory: pytest.TempPathFactory) -> None:
    plans = tmp_path_factory.mktemp("plans") / "bazaar"
    plans.mkdir()
    shop.wherry("model", str(write_files(plans)), "--publish")
    shop.kubectl("set", "image", "deployment/web", "web=web:2")
    shop.kubectl("rollout", "status", "deployment/web")
    shop.kubectl("set", "env", "deployment/web", "COLOR=blue")
    shop.kubectl("scale", "deployment/orders", "--replicas=3")
    shop.kubectl("rollout", "status", "deployment/web", "deployment/orders")
    shop.kubectl("delete", "pod", "-l", "app=orders")
    shop.kubectl("rollout", "status", "deployment/orders")
    shop.kubectl("run", "lonely", "--image=x", ALONE)


@pytest.fixture(scope="module")
def reader(browser: object, watched: RunningCluster, prepared: None) -> Visit:
    return Visit(browser, watched, java_script_enabled=False)  # type: ignore[arg-type]  # the module's browser


def ask(page: Page, fills: tuple[tuple[str, str], ...]) -> None:
    """Fill a form in and send it."""
    for name, value in fills:
        field = page.locator(f'main [name="{name}"]')
        option = field.locator("option", has_text=value)
        if option.count():
            field.select_option(value=option.first.get_attribute("value"))
        else:
            field.fill(value)
    page.get_by_role("button", name="What would happen?").click()


def read(page: Page) -> str:
    return " ".join(page.locator("main").inner_text().split())


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.asks)
def test_a_question_is_answered_on_the_page_within_two_clicks(reader: Visit, question: Question) -> None:
    page = reader.open(is_live=False)
    clicks = [one for one in question.clicks.split(" > ") if one]
    # A form that is sent costs one more.
    assert len(clicks) + bool(question.fills) <= CLICKS_MAX
    for name in clicks:
        page.get_by_role("link", name=name, exact=True).first.click()
    if question.fills:
        ask(page, question.fills)
    assert re.search(question.page, read(page)), read(page)[:3000]
    page.close()


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.asks)
def test_a_question_is_answered_by_one_command(watched: RunningCluster, question: Question) -> None:
    done = watched.wherry(*question.command.split(), check=False)
    assert done.returncode in (0, 1), done.stderr
    assert re.search(question.answer, done.stdout), done.stdout[:2000] + done.stderr
