"""Whatever is done to a cluster, and to the page: what the page shows is what the API says.

The oracle (suites/told_picture.py) works the picture out from the API's objects alone. A page is waited for by what it
says of itself, its position and its revision, and by no time. What it shows when it rests must be so.
Beside that each live page must be, letter by letter, what the server would send to somebody who opens it now.

    WHERRY_TRUTH_RUNS=50 pytest tests/dashboard/test_truth.py      # others at each run, more of them, made short
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from playwright.sync_api import Browser, Page

from suites.browser import Visit, needs_chromium, origin
from suites.cluster_api import ClusterApi, Everything, Thing
from suites.running_cluster import RunningCluster, cluster_in
from suites.told_picture import READ_NEXT, READ_PICTURE, Look, told_next, told_picture
from wherry.api.apps.daemonset import DAEMON_SETS
from wherry.api.apps.deployment import DEPLOYMENTS
from wherry.api.apps.replicaset import REPLICA_SETS
from wherry.api.apps.statefulset import STATEFUL_SETS
from wherry.api.batch.job import JOBS
from wherry.api.core.namespace import NAMESPACES
from wherry.api.core.node import NODES
from wherry.api.core.pod import PODS
from wherry.api.core.service import SERVICES
from wherry.apimachinery.errors import StatusError
from wherry.apimachinery.resource_type import AnyResourceType

pytestmark = needs_chromium

# 200 steps in all. Hypothesis begins with the simplest sequence, which is the first rule again and again.
STEPS, EXAMPLES, KILLED_AT_LATEST = 50, 5, 25
RUNS = int(os.environ.get("WHERRY_TRUTH_RUNS", "0"))
MOVES_WITHIN_MS = 8_000
WANDERED = 40
SIDE = "side"
HAND_MADE = "by-hand"
WORKLOADS: dict[str, AnyResourceType] = {
    "Deployment": DEPLOYMENTS,
    "StatefulSet": STATEFUL_SETS,
    "DaemonSet": DAEMON_SETS,
    "ReplicaSet": REPLICA_SETS,
    "Job": JOBS,
}
TABS = ("next", "story", "masters", "changes")

# Until the page shows another state than this, or is connected again; not until some time has passed.
MOVED = """([position, within]) => new Promise(resolve => {
  const view = document.getElementById('view');
  const look = () => { if (view.dataset.position !== position) { watcher.disconnect(); resolve(true); } };
  const watcher = new MutationObserver(look);
  watcher.observe(view, { attributes: true });
  setTimeout(() => { watcher.disconnect(); resolve(false); }, within);
  look();
})"""
# What the page is once it has come to where somebody is who opens it now, and what that one sees. Only what the script
# adds is left out. A page that has gone further meanwhile gives nothing: it is to be asked again.
BOTH = """async within => {
  const plain = root => {
    const copy = root.cloneNode(true);
    for (const one of copy.querySelectorAll('.leaving')) one.remove();
    for (const one of copy.querySelectorAll('*')) {
      for (const name of ['tabindex', 'open']) if (one.matches('.thing, details')) one.removeAttribute(name);
      one.classList.remove('changed');
      if (!one.classList.length) one.removeAttribute('class');
    }
    return copy.innerHTML;
  };
  let answer = null;
  // Chromium drops its connections when a bridge comes or goes on this machine, and several do at a time.
  for (let tries = 0; !answer; tries++) {
    try { answer = await fetch(location.href, { cache: 'no-store' }); }
    catch (error) { if (tries > 20) throw error; await new Promise(resolve => setTimeout(resolve, 100)); }
  }
  const opened = new DOMParser().parseFromString(await answer.text(), 'text/html').getElementById('view');
  const view = document.getElementById('view'), wanted = opened.dataset.position, before = view.dataset.position;
  const is = text => ({ epoch: text.split('.')[0], number: Number(text.split('.')[1]) });
  await new Promise(resolve => {
    const look = () => {
      const now = is(view.dataset.position), goal = is(wanted);
      if (now.epoch === goal.epoch ? now.number >= goal.number : view.dataset.position !== before) resolve();
    };
    new MutationObserver(look).observe(view, { attributes: true });
    setTimeout(resolve, within);
    look();
  });
  const now = is(view.dataset.position), goal = is(wanted);
  if (view.dataset.position !== before && view.dataset.position !== wanted) return null;
  if (now.epoch === goal.epoch && now.number > goal.number) return null;
  return { live: [view.dataset.position, plain(view)], opened: [wanted, plain(opened)] };
}"""


@dataclass
class Stage:
    """A cluster, its API, and a browser with some tabs."""

    cluster: RunningCluster
    api: ClusterApi
    visit: Visit
    picture: Page
    tabs: dict[str, Page] = field(default_factory=dict)
    lies: list[str] = field(default_factory=list)

    @contextmanager
    def noted(self) -> Iterator[None]:
        """Keep what was untrue: Hypothesis plays the sequence again, and a cluster need not fail the same way twice."""
        try:
            yield
        except AssertionError as error:
            self.lies.append(str(error))
            raise

    def kill(self) -> None:
        """Kill the masters where they stand, and start them again."""
        os.kill(self.cluster.pid, signal.SIGKILL)
        up = self.cluster.wherry("up", "--port", str(self.cluster.port), check=False)
        assert up.returncode == 0, up.stderr
        self.api.reconnect()


@pytest.fixture(scope="module")
def stage(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    home = tmp_path_factory.mktemp("truth") / "home"
    with cluster_in(home, "--no-real-node", "--simulated-nodes", "3") as cluster:
        api = ClusterApi(cluster)
        visit = Visit(browser, cluster)
        stage = Stage(cluster, api, visit, visit.open())
        stage.tabs = {path: visit.open(f"/ui/{path}") for path in TABS}
        yield stage
        visit.close()
        api.close()


def template(app: str, image: str) -> Thing:
    return {"metadata": {"labels": {"app": app}}, "spec": {"containers": [{"name": app, "image": image}]}}


def workload(kind: str, app: str, copies: int) -> Thing:
    spec: Thing = {"selector": {"matchLabels": {"app": app}}, "template": template(app, f"{app}:1")}
    if kind == "Job":
        spec = {"template": spec["template"], "completions": copies}
        spec["template"]["spec"]["restartPolicy"] = "Never"
    elif kind != "DaemonSet":
        spec["replicas"] = copies
    if kind == "StatefulSet":
        spec["serviceName"] = app
    return {"metadata": {"name": app, "labels": {"app": app}}, "spec": spec}


def pod(name: str, **spec: object) -> Thing:
    one = template(name, "alone:1")
    return {"metadata": {**one["metadata"], "name": name}, "spec": {**one["spec"], **spec}}


def agree(page: Page, read: str, told: Callable[[Everything], dict[str, object]], api: ClusterApi) -> None:
    """The page comes to show what is so: while it moves it may be behind, once it rests it must not be."""
    while True:
        shown = page.evaluate(read)
        if is_told(shown, told(api.everything())):
            return
        if not page.evaluate(MOVED, [shown["position"], MOVES_WITHIN_MS]):
            now = told(api.everything())
            assert is_told(shown, now), (
                f"{shown} is not {now}; at its revision it was {told(api.everything(shown['revision']))}"
            )


def is_told(shown: dict[str, object], wanted: dict[str, object]) -> bool:
    """The first sentence may say more."""
    headline = str(wanted.get("headline", ""))
    facts = {name: shown[name] for name in wanted}
    return str(facts.get("headline", "")).startswith(headline) and {**facts, "headline": headline} == {
        **wanted,
        "headline": headline,
    }


def is_as_opened(page: Page) -> None:
    """The page is what somebody would get who opens it now."""
    both = None
    while both is None:
        both = page.evaluate(BOTH, MOVES_WITHIN_MS)
    said = page.locator("#state").text_content()
    assert both["live"] == both["opened"], f"{page.url} says that it is {said}: {both['live']} is not {both['opened']}"


APPS = st.sampled_from(["ant", "bee", "cat"])
NUMBERS = st.integers(0, 30)


class Cluster(RuleBasedStateMachine):
    """What people, programs and misfortune do to a cluster, while somebody looks."""

    def __init__(self, stage: Stage) -> None:
        super().__init__()
        self.stage = stage
        self.look = Look()
        self.kills_left = 1
        self.step = 0
        self.is_simplest = True

    @property
    def api(self) -> ClusterApi:
        return self.stage.api

    def attempt(self, *asked: object) -> None:
        """Ask for it; the API may refuse (it is there already, it is gone): then nothing has changed."""
        for answer in self.api.together(asked):  # type: ignore[arg-type]  # coroutines of the client
            if isinstance(answer, Exception) and not isinstance(answer, StatusError):
                raise answer

    def some(self, kind: str, number: int) -> Thing | None:
        """One of those that are there."""
        found = self.api.everything()[kind]
        return found[number % len(found)] if found else None

    @initialize(number=st.integers(0, 1 << 16))
    def nothing_is_there(self, number: int) -> None:
        self.is_simplest = number == 0
        client = self.api.client
        self.attempt(client.delete(NAMESPACES, SIDE), client.delete(NODES, HAND_MADE))
        self.attempt(*(client.delete_collection(one, "default") for one in WORKLOADS.values()))
        self.attempt(*(client.delete(SERVICES, app, "default") for app in ("ant", "bee", "cat")))
        self.attempt(*(self.unschedulable(f"simulated-{number}", to=False) for number in range(3)))
        for one in WORKLOADS.values():
            self.api.wait_until(one, lambda there: all(key.namespace != "default" for key in there))
        # Nobody makes pods any more. Those on a node without an agent would otherwise take their time.
        self.attempt(*(client.delete_collection(PODS, one, grace_period_s=0) for one in ("default", SIDE)))
        self.api.wait_until(PODS, lambda there: not there)
        self.api.wait_until(NAMESPACES, lambda there: all(key.name != SIDE for key in there))
        self.go(Look())

    def unschedulable(self, name: str, *, to: bool) -> object:
        return self.api.client.patch(NODES, name, {"spec": {"unschedulable": to or None}})

    def go(self, look: Look) -> None:
        self.look = look
        self.stage.visit.go(self.stage.picture, f"/ui/{look.query}")

    # ------------------------------------------------------------------------------------ changes

    @rule(kind=st.sampled_from([*WORKLOADS]), app=APPS, copies=st.integers(0, 6))
    def somebody_makes_a_workload(self, kind: str, app: str, copies: int) -> None:
        self.attempt(self.api.client.create(WORKLOADS[kind], workload(kind, app, copies), "default"))

    @rule(app=APPS, copies=st.integers(0, 30))
    def somebody_scales(self, app: str, copies: int) -> None:
        for one in (DEPLOYMENTS, STATEFUL_SETS):
            self.attempt(self.api.client.patch(one, app, {"spec": {"replicas": copies}}, "default"))

    @rule(app=APPS, number=NUMBERS)
    def somebody_changes_the_image(self, app: str, number: int) -> None:
        spec = {"template": {"spec": {"containers": [{"name": app, "image": f"{app}:{number}"}]}}}
        for one in (DEPLOYMENTS, DAEMON_SETS):
            self.attempt(self.api.client.patch(one, app, {"spec": spec}, "default", patch_type="strategic"))

    @rule(app=APPS, paused=st.booleans())
    def somebody_pauses_a_rollout(self, app: str, paused: bool) -> None:
        self.attempt(self.api.client.patch(DEPLOYMENTS, app, {"spec": {"paused": paused}}, "default"))

    @rule(
        kind=st.sampled_from([*WORKLOADS]), number=NUMBERS, how=st.sampled_from(["Background", "Foreground", "Orphan"])
    )
    def somebody_deletes_a_workload(self, kind: str, number: int, how: str) -> None:
        if one := self.some(kind, number):
            meta = one["metadata"]
            self.attempt(self.api.client.delete(WORKLOADS[kind], meta["name"], meta["namespace"], propagation=how))

    @rule(number=NUMBERS, app=APPS)
    def somebody_makes_a_pod(self, number: int, app: str) -> None:
        self.attempt(self.api.client.create(PODS, pod(f"{app}-{number}"), "default"))

    @rule(number=NUMBERS)
    def somebody_makes_a_pod_that_fits_nowhere(self, number: int) -> None:
        self.attempt(self.api.client.create(PODS, pod(f"lost-{number}", nodeSelector={"is": "nowhere"}), "default"))

    @rule(number=NUMBERS, now=st.booleans())
    def somebody_deletes_a_pod(self, number: int, now: bool) -> None:
        if one := self.some("Pod", number):
            meta, grace_s = one["metadata"], 0 if now else None
            self.attempt(self.api.client.delete(PODS, meta["name"], meta["namespace"], grace_period_s=grace_s))

    @rule(number=NUMBERS)
    def somebody_takes_a_pod_from_its_owner(self, number: int) -> None:
        if one := self.some("Pod", number):
            meta = one["metadata"]
            labels: Thing = {"metadata": {"labels": {"app": "stray"}}}
            self.attempt(self.api.client.patch(PODS, meta["name"], labels, meta["namespace"]))

    @rule(number=st.integers(0, 2), to=st.booleans())
    def somebody_cordons_a_node(self, number: int, to: bool) -> None:
        self.attempt(self.unschedulable(f"simulated-{number}", to=to))

    @rule(number=st.integers(0, 2))
    def somebody_drains_a_node(self, number: int) -> None:
        name = f"simulated-{number}"
        self.attempt(self.unschedulable(name, to=True))
        there = [one["metadata"] for one in self.api.everything()["Pod"] if one["spec"].get("nodeName") == name]
        self.attempt(
            *(
                self.api.client.create(
                    PODS, {"metadata": {}}, one["namespace"], subresource="eviction", name=one["name"]
                )
                for one in there
            )
        )

    @rule(ready=st.booleans())
    def a_node_without_an_agent_comes_or_goes_silent(self, ready: bool) -> None:
        status = {"conditions": [{"type": "Ready", "status": str(ready)}], "allocatable": {"cpu": "8", "pods": "9"}}
        self.attempt(self.api.client.create(NODES, {"metadata": {"name": HAND_MADE}}))
        self.attempt(self.api.client.patch(NODES, HAND_MADE, {"status": status}, subresource="status"))

    @rule()
    def a_node_is_taken_away(self) -> None:
        self.attempt(self.api.client.delete(NODES, HAND_MADE))

    @rule(number=st.integers(0, 2))
    def a_node_says_that_it_is_not_ready(self, number: int) -> None:
        status = {"conditions": [{"type": "Ready", "status": "False", "reason": "Tired"}]}
        patch = self.api.client.patch(
            NODES, f"simulated-{number}", {"status": status}, subresource="status", patch_type="strategic"
        )
        self.attempt(patch)

    @rule(copies=st.integers(0, 3))
    def somebody_makes_a_namespace(self, copies: int) -> None:
        self.attempt(self.api.client.create(NAMESPACES, {"metadata": {"name": SIDE}}))
        self.attempt(self.api.client.create(DEPLOYMENTS, workload("Deployment", "ant", copies), SIDE))

    @rule()
    def somebody_deletes_a_namespace(self) -> None:
        self.attempt(self.api.client.delete(NAMESPACES, SIDE))

    @rule(app=APPS, is_wanted=st.booleans())
    def somebody_makes_or_deletes_a_service(self, app: str, is_wanted: bool) -> None:
        service = {"metadata": {"name": app}, "spec": {"selector": {"app": app}, "ports": [{"port": 80}]}}
        client = self.api.client
        self.attempt(
            client.create(SERVICES, service, "default") if is_wanted else client.delete(SERVICES, app, "default")
        )

    # ------------------------------------------------------------------------------------ the page

    @rule()
    def somebody_loads_the_page_again(self) -> None:
        self.go(self.look)

    @rule(
        namespace=st.sampled_from(["", "default", SIDE]),
        app=st.sampled_from(["", "", "ant", "stray"]),
        state=st.sampled_from(["", "", "Running", "Waiting"]),
        zoom=st.sampled_from(["", "pods", "nodes"]),
    )
    def somebody_looks_otherwise(self, namespace: str, app: str, state: str, zoom: str) -> None:
        self.go(Look(namespace, app, state, zoom))

    @rule(is_behind=st.booleans())
    def the_page_is_behind_another_tab_or_in_front(self, is_behind: bool) -> None:
        (self.stage.tabs["story"] if is_behind else self.stage.picture).bring_to_front()

    @rule()
    def the_tab_that_holds_the_stream_is_closed(self) -> None:
        for path, tab in self.stage.tabs.items():
            if tab.evaluate("document.documentElement.dataset.leader") == "yes":
                tab.close()
                self.stage.tabs[path] = self.stage.visit.open(f"/ui/{path}")
                return

    @rule()
    def somebody_reads_many_pages(self) -> None:
        request, base = self.stage.visit.context.request, origin(self.stage.cluster)
        for number in range(WANDERED):
            assert request.get(f"{base}/ui/?app=none-{number}").ok

    @precondition(lambda self: self.kills_left > 0)
    @rule()
    def the_masters_are_killed_and_started_again(self) -> None:
        self.kills_left -= 1
        self.stage.kill()

    # ------------------------------------------------------------------------------------ the truth

    @invariant()
    def no_long_sequence_is_without_a_misfortune(self) -> None:
        self.step += 1
        if self.step == KILLED_AT_LATEST and self.kills_left and not self.is_simplest:
            self.the_masters_are_killed_and_started_again()

    @precondition(lambda self: not self.is_simplest)
    @invariant()
    def the_picture_is_what_the_api_says(self) -> None:
        with self.stage.noted():
            agree(self.stage.picture, READ_PICTURE, lambda there: told_picture(there, self.look), self.api)
            ids = self.stage.picture.evaluate(READ_PICTURE)["ids"]
            assert len(ids) == len(set(ids)), ids

    @precondition(lambda self: not self.is_simplest)
    @invariant()
    def now_and_next_has_every_workload(self) -> None:
        with self.stage.noted():
            agree(self.stage.tabs["next"], READ_NEXT, lambda there: {"rows": told_next(there)}, self.api)

    @precondition(lambda self: not self.is_simplest)
    @invariant()
    def a_page_is_as_somebody_would_open_it(self) -> None:
        with self.stage.noted():
            is_as_opened(self.stage.picture)
            is_as_opened(self.stage.tabs[TABS[self.step % len(TABS)]])


@pytest.mark.timeout(max(600, 60 * RUNS))
def test_whatever_is_done_the_page_shows_what_the_api_says(stage: Stage) -> None:
    try:
        run_state_machine_as_test(
            lambda: Cluster(stage),  # type: ignore[arg-type]  # any function that makes one will do
            settings=settings(
                max_examples=RUNS or EXAMPLES,
                stateful_step_count=STEPS,
                deadline=None,
                derandomize=not RUNS,
                # A sequence is made short only when there is time: each try costs as much as the sequence.
                phases=[*Phase] if RUNS else [Phase.generate],
                suppress_health_check=list(HealthCheck),
            ),
            _min_steps=0 if RUNS else STEPS - 1,
        )
    except Exception as error:
        raise AssertionError("\n".join(stage.lies[:1]) or "the sequence broke off") from error
