"""The DaemonSet planner: where its pods run, what is replaced, and how a new template gets around."""

from __future__ import annotations

import copy
from typing import cast

import msgspec
import pytest

from suites.planned_world import PlannedWorld
from suites.sample_objects import TEMPLATE
from wherry.api.apps.daemonset import DAEMON_SETS, DaemonSet
from wherry.api.core.node import NODES, NodeStatus, Taint
from wherry.api.core.pod import PODS
from wherry.api.documents import find, section, text
from wherry.apimachinery.document import Document
from wherry.apimachinery.meta import ObjectKey
from wherry.controllers.daemonset.controller import DAEMON_SET_CONTROLLER, plan
from wherry.controllers.daemonset.placement import HASH_LABEL, Placement, node_of
from wherry.controllers.daemonset.rolling import compute_limits

KEY = ObjectKey("ns", "agent")
READY: Document = {"type": "Ready", "status": "True", "lastTransitionTime": "2026-11-23T06:00:00Z"}


class Cluster(PlannedWorld):
    """A world in which the test plays the scheduler and the nodes."""

    def node(self, name: str, **spec: object) -> None:
        self.create(NODES, {"metadata": {"name": name, "labels": {"disk": "ssd"}}, "spec": spec})

    def daemon_set(self, template: Document = TEMPLATE, **spec: object) -> None:
        document: Document = {
            "metadata": {"name": "agent", "namespace": "ns"},
            "spec": {"selector": {"matchLabels": {"app": "web"}}, "template": copy.deepcopy(template), **spec},
        }
        self.create(DAEMON_SETS, document)

    def change(self, **spec: object) -> None:
        """As a user does: through the kind's own strategy."""
        old = self.objects["DaemonSet", "ns", "agent"]
        new = copy.deepcopy(old)
        section(new, "spec").update(copy.deepcopy(spec))
        DAEMON_SETS.default(new)
        DAEMON_SETS.prepare(new, old)
        section(new, "metadata")["generation"] = cast("int", find(old, "metadata", "generation")) + 1
        assert DAEMON_SETS.validate(new, old) == []
        self.objects["DaemonSet", "ns", "agent"] = new

    def play_nodes(self) -> None:
        """Every pod is bound to the node that it asks for, and is ready."""
        for pod in self.of_kind("Pod"):
            section(pod, "spec")["nodeName"] = node_of(PODS.from_document(pod))
            if text(pod, "status", "phase") == "Pending":
                section(pod, "status").update(phase="Running", conditions=[READY])

    def step(self) -> None:
        self.perform(plan(KEY, self))

    def roll(self) -> None:
        for _ in range(20):
            self.settle(plan, KEY)
            self.play_nodes()

    def by_node(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for pod in self.of_kind("Pod"):
            found.setdefault(node_of(PODS.from_document(pod)), []).append(text(pod, "metadata", "name"))
        return found

    def status(self) -> Document:
        return section(self.objects["DaemonSet", "ns", "agent"], "status")


@pytest.fixture
def cluster() -> Cluster:
    cluster = Cluster()
    for name in ("n1", "n2", "n3"):
        cluster.node(name)
    cluster.daemon_set()
    cluster.roll()
    return cluster


def image(name: str) -> Document:
    template = copy.deepcopy(TEMPLATE)
    section(template, "spec")["containers"] = [{"name": "c", "image": name}]
    return template


def test_every_node_gets_a_pod_that_only_it_can_run(cluster: Cluster) -> None:
    assert sorted(cluster.by_node()) == ["n1", "n2", "n3"]
    assert all(len(names) == 1 for names in cluster.by_node().values())
    pod = cluster.of_kind("Pod")[0]
    assert find(pod, "metadata", "labels", "pod-template-generation") == "1"
    assert find(pod, "metadata", "labels", HASH_LABEL)
    keys = [each["key"] for each in cast("list[Document]", find(pod, "spec", "tolerations"))]
    assert keys == [
        f"node.kubernetes.io/{word}"
        for word in ("not-ready", "unreachable", "disk-pressure", "memory-pressure", "pid-pressure", "unschedulable")
    ]
    assert cluster.status() == {
        "currentNumberScheduled": 3,
        "desiredNumberScheduled": 3,
        "numberAvailable": 3,
        "numberMisscheduled": 0,
        "numberReady": 3,
        "observedGeneration": 1,
        "updatedNumberScheduled": 3,
    }


def test_a_node_that_comes_gets_one_and_a_lost_pod_comes_back(cluster: Cluster) -> None:
    cluster.node("n4")
    gone = cluster.of_kind("Pod")[0]
    cluster.delete(PODS, "ns", text(gone, "metadata", "name"))
    cluster.roll()
    assert sorted(cluster.by_node()) == ["n1", "n2", "n3", "n4"]


def test_labels_decide_which_nodes_are_meant(cluster: Cluster) -> None:
    template = copy.deepcopy(TEMPLATE)
    section(template, "spec")["nodeSelector"] = {"disk": "hdd"}
    cluster.change(template=template)
    cluster.roll()
    assert cluster.by_node() == {}
    section(cluster.objects["Node", "", "n2"], "metadata", "labels")["disk"] = "hdd"
    cluster.roll()
    assert sorted(cluster.by_node()) == ["n2"]


def test_a_failed_pod_is_replaced_after_a_pause(cluster: Cluster) -> None:
    pod = cluster.of_kind("Pod")[0]
    name = text(pod, "metadata", "name")
    section(pod, "status")["phase"] = "Failed"
    cluster.step()
    assert cluster.requeue_after_s == 5.0
    assert ("Pod", "ns", name) in cluster.objects
    cluster.time_s += 5
    cluster.roll()
    assert ("Pod", "ns", name) not in cluster.objects
    assert len(cluster.of_kind("Pod")) == 3
    assert any(event.startswith("FailedDaemonPod: Found failed daemon pod ns/") for event in cluster.events)


def test_two_pods_on_a_node_become_one_the_older(cluster: Cluster) -> None:
    twin = copy.deepcopy(cluster.of_kind("Pod")[0])
    first = text(twin, "metadata", "name")
    section(twin, "metadata").update(name="twin", creationTimestamp="2026-11-23T09:00:00Z", uid="other")
    cluster.objects["Pod", "ns", "twin"] = twin
    cluster.step()
    assert ("Pod", "ns", "twin") not in cluster.objects
    assert ("Pod", "ns", first) in cluster.objects


def test_a_rolling_update_takes_one_node_at_a_time(cluster: Cluster) -> None:
    cluster.change(template=image("web:2"))
    for left in (2, 1, 0):
        cluster.step()
        old = [
            pod
            for pod in cluster.of_kind("Pod")
            if find(
                pod,
                "spec",
                "containers",
            )
            and image_of(pod) == "registry.example/web:1"
        ]
        assert len(old) == left
        cluster.settle(plan, KEY)
        cluster.play_nodes()
    cluster.settle(plan, KEY)
    assert {image_of(pod) for pod in cluster.of_kind("Pod")} == {"web:2"}
    assert cluster.status()["updatedNumberScheduled"] == 3


def image_of(pod: Document) -> str:
    [container] = cast("list[Document]", find(pod, "spec", "containers"))
    return text(container, "image")


def test_a_surge_starts_the_new_pod_before_the_old_one_goes(cluster: Cluster) -> None:
    cluster.change(updateStrategy={"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}})
    cluster.change(template=image("web:2"))
    cluster.step()
    assert sorted(len(names) for names in cluster.by_node().values()) == [1, 1, 2]
    cluster.step()
    assert len(cluster.of_kind("Pod")) == 4, "it waits for the new one"
    cluster.roll()
    assert {image_of(pod) for pod in cluster.of_kind("Pod")} == {"web:2"}
    assert len(cluster.of_kind("Pod")) == 3


def test_on_delete_leaves_the_pods_alone(cluster: Cluster) -> None:
    cluster.change(updateStrategy={"type": "OnDelete"})
    cluster.change(template=image("web:2"))
    cluster.roll()
    assert {image_of(pod) for pod in cluster.of_kind("Pod")} == {"registry.example/web:1"}


def test_a_rollback_keeps_the_pods_that_fit_again(cluster: Cluster) -> None:
    before = set(cluster.objects)
    cluster.change(template=image("web:broken"))
    cluster.step()
    cluster.settle(plan, KEY)
    cluster.change(template=TEMPLATE)
    cluster.roll()
    after = {key for key in cluster.objects if key[0] == "Pod"}
    assert len(after & before) == 2, "only the pod that was replaced is replaced again"
    revisions = [find(one, "revision") for one in cluster.of_kind("ControllerRevision")]
    assert sorted(cast("list[int]", revisions)) == [2, 3]


def test_only_so_many_revisions_are_kept(cluster: Cluster) -> None:
    cluster.change(revisionHistoryLimit=1)
    for number in range(2, 6):
        cluster.change(template=image(f"web:{number}"))
        cluster.roll()
    assert len(cluster.of_kind("ControllerRevision")) == 2


@pytest.mark.parametrize(
    ("taint", "wanted"),
    [
        (Taint(key="own", effect="NoSchedule"), (False, True)),
        (Taint(key="own", effect="NoExecute"), (False, False)),
        (Taint(key="own", effect="PreferNoSchedule"), (True, True)),
        (Taint(key="node.kubernetes.io/not-ready", effect="NoExecute"), (True, True)),
        (Taint(key="node.kubernetes.io/unschedulable", effect="NoSchedule"), (True, True)),
        (Taint(key="node.kubernetes.io/network-unavailable", effect="NoSchedule"), (False, True)),
    ],
)
def test_taints_keep_pods_away_or_drive_them_out(cluster: Cluster, taint: Taint, wanted: tuple[bool, bool]) -> None:
    daemon_set = DAEMON_SETS.from_document(cluster.objects["DaemonSet", "ns", "agent"])
    node = NODES.from_document(cluster.objects["Node", "", "n1"])
    node = msgspec.structs.replace(node, spec=msgspec.structs.replace(node.spec, taints=(taint,)))
    assert Placement(daemon_set).judge(node) == wanted


@pytest.mark.parametrize(
    ("rolling", "desired", "wanted"),
    [
        ({"maxUnavailable": "10%", "maxSurge": 0}, 15, (2, 0)),
        ({"maxUnavailable": 0, "maxSurge": "50%"}, 3, (0, 2)),
        ({"maxUnavailable": 2}, 0, (2, 0)),
    ],
)
def test_shares_are_rounded_up(rolling: Document, desired: int, wanted: tuple[int, int]) -> None:
    spec = {"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": rolling}}
    daemon_set = msgspec.convert({"metadata": {}, "spec": spec}, DaemonSet)
    limits = compute_limits(daemon_set, desired)
    assert (limits.unavailable, limits.surge) == wanted


def test_a_heartbeat_concerns_no_daemon_set(cluster: Cluster) -> None:
    [source] = [source for source in DAEMON_SET_CONTROLLER.sources if source.resource is NODES]
    node = NODES.from_document(cluster.objects["Node", "", "n1"])
    beating = msgspec.structs.replace(node, status=NodeStatus(capacity={"cpu": "9"}))
    cordoned = msgspec.structs.replace(node, spec=msgspec.structs.replace(node.spec, unschedulable=True))
    assert not source.matters(node, beating)
    assert source.matters(node, cordoned)
    assert source.matters(None, node)
