"""Somebody who does not look hears once that something needs help, and once that it does not any more."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from suites.told_cluster import RUNNING, HandFed, container_status, deployment, meta, node, pod, replica_set
from wherry.api.apps.deployment import DEPLOYMENTS
from wherry.api.apps.replicaset import REPLICA_SETS
from wherry.api.core.node import NODES
from wherry.api.core.pod import PODS
from wherry.apimachinery.document import Document
from wherry.narrate.find import Target
from wherry.narrate.incidents import CALM_S, LASTS_S, Incident, Moment, Notice, plan

START_S = 1_795_417_200.0
CRASHES: Document = {
    "phase": "Running",
    "containerStatuses": [
        container_status(
            {"waiting": {"reason": "CrashLoopBackOff"}}, lastState={"terminated": {"exitCode": 1, "reason": "Error"}}
        )
    ],
}
WELL: Document = {"phase": "Running", "containerStatuses": [container_status(RUNNING, ready=True)]}


class Watcher:
    """Somebody who plans again whenever time passes."""

    def __init__(self, told: HandFed) -> None:
        self.told = told
        self.now_s = 0.0
        self.again_s: float | None = None
        self._known: Mapping[Target, Incident] = {}

    def after(self, passes_s: float) -> list[str]:
        return [f"{one.state}: {one.sentence}" for one in self.notices_after(passes_s)]

    def notices_after(self, passes_s: float) -> list[Notice]:
        self.now_s += passes_s
        planned = plan(self._known, self.told.model.snapshot(), Moment(START_S + self.now_s, self.now_s))
        self._known, self.again_s = planned.incidents, planned.again_s
        return [*planned.notices]


@pytest.fixture
def told() -> HandFed:
    made = HandFed()
    made.put(NODES, node("n1"))
    made.put(DEPLOYMENTS, deployment("web", 2))
    made.put(REPLICA_SETS, replica_set("web-1", "web", 2))
    for name in ("web-1-a", "web-1-b"):
        made.put(PODS, pod(name, "n1", owner=("ReplicaSet", "web-1")))
    return made


@pytest.fixture
def watcher(told: HandFed) -> Watcher:
    made = Watcher(told)
    assert made.after(0) == []
    return made


def let(told: HandFed, name: str, status: Document) -> None:
    told.put(PODS, pod(name, "n1", owner=("ReplicaSet", "web-1"), status=status))


def test_nobody_is_told_while_all_is_well(watcher: Watcher) -> None:
    assert watcher.after(3600) == []
    assert watcher.again_s is None


def test_a_workload_of_which_two_pods_crash_is_one_incident(told: HandFed, watcher: Watcher) -> None:
    let(told, "web-1-a", CRASHES)
    let(told, "web-1-b", CRASHES)
    assert watcher.after(0) == []
    assert watcher.again_s == LASTS_S
    assert watcher.after(LASTS_S) == [
        "started: Deployment web needs help (2 pods): c stops right after it starts (exit code 1), again and again."
    ]
    assert watcher.after(3600) == []
    assert watcher.again_s is None


def test_a_notice_says_who_where_when_and_what_to_do(told: HandFed, watcher: Watcher) -> None:
    told.put(PODS, pod("lone", "n1", namespace="shop", status=CRASHES))
    assert watcher.after(0) == []
    assert watcher.notices_after(LASTS_S) == [
        Notice(
            state="started",
            sentence="Pod lone in shop needs help: c stops right after it starts (exit code 1), again and again.",
            next="wherry why lone -n shop",
            thing="pod/lone",
            namespace="shop",
            at="2026-11-23T07:00:00Z",
        )
    ]


def test_trouble_that_is_over_at_once_is_not_told(told: HandFed, watcher: Watcher) -> None:
    let(told, "web-1-a", CRASHES)
    watcher.after(0)
    let(told, "web-1-a", WELL)
    assert watcher.after(LASTS_S / 2) == []
    assert watcher.after(CALM_S) == []
    assert watcher.again_s is None


def test_the_end_is_told_when_it_has_been_well_for_a_while_with_the_time_when_it_got_well(
    told: HandFed, watcher: Watcher
) -> None:
    let(told, "web-1-a", CRASHES)
    watcher.after(0)
    watcher.after(LASTS_S)
    let(told, "web-1-a", WELL)
    assert watcher.after(50) == []
    assert watcher.again_s == CALM_S
    [notice] = watcher.notices_after(CALM_S)
    assert (notice.state, notice.sentence) == ("ended", "Deployment web needs no help any more, after 60s.")
    assert (notice.next, notice.at) == ("wherry story web", "2026-11-23T07:01:00Z")


def test_a_program_that_stops_again_and_again_is_one_incident(told: HandFed, watcher: Watcher) -> None:
    said = []
    for _ in range(10):
        let(told, "web-1-a", CRASHES)
        said += watcher.after(CALM_S - 5)
        let(told, "web-1-a", WELL)
        said += watcher.after(5)
    assert len(said) == 1


def test_what_is_deleted_ends_its_incident_without_being_called_well(told: HandFed, watcher: Watcher) -> None:
    lone = told.put(PODS, pod("lone", "n1", status=CRASHES))
    watcher.after(0)
    watcher.after(LASTS_S)
    told.remove(PODS, lone)
    watcher.after(0)
    assert watcher.after(CALM_S) == ["ended: Pod lone is not there any more; it was not well for 10s."]


def test_a_node_that_does_not_report_is_one_incident_and_its_pods_are_part_of_it(
    told: HandFed, watcher: Watcher
) -> None:
    lost: Document = {**WELL, "conditions": [{"type": "Ready", "status": "False"}]}
    let(told, "web-1-a", lost)
    let(told, "web-1-b", lost)
    told.put(NODES, node("n1", ready=False))
    assert watcher.after(0) == []
    [notice] = watcher.notices_after(LASTS_S)
    assert (notice.thing, notice.sentence) == ("node/n1", "n1 does not report; 2 pods were on it.")
    assert notice.next == "wherry why node/n1"
    told.put(NODES, node("n1"))
    let(told, "web-1-a", WELL)
    let(told, "web-1-b", WELL)
    watcher.after(5)
    assert watcher.after(CALM_S) == ["ended: Node n1 needs no help any more, after 15s."]


def test_a_pod_of_its_node_alone_is_told_by_its_own_name(told: HandFed, watcher: Watcher) -> None:
    static = pod("agent-n1", "n1", namespace="kube-system", status=CRASHES)
    static["metadata"] = meta("agent-n1", "kube-system", owner=("Node", "n1"))
    told.put(PODS, static)
    watcher.after(0)
    assert [one.thing for one in watcher.notices_after(LASTS_S)] == ["pod/agent-n1"]


def test_what_is_wrong_when_somebody_begins_to_listen_is_told_too(told: HandFed) -> None:
    let(told, "web-1-a", CRASHES)
    watcher = Watcher(told)
    assert watcher.after(0) == []
    assert len(watcher.after(LASTS_S)) == 1


def test_a_wall_clock_that_jumps_neither_tells_nor_ends_anything(told: HandFed) -> None:
    let(told, "web-1-a", CRASHES)
    begun = plan({}, told.model.snapshot(), Moment(START_S, 0.0))
    assert plan(begun.incidents, told.model.snapshot(), Moment(START_S + 86_400, 1.0)).notices == ()
