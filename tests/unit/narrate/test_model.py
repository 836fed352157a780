"""The read-model: what changes in the API changes in the facts, once and in one place."""

from __future__ import annotations

import msgspec
import orjson
import pytest

from suites.fake_api import FakeApi
from suites.told_cluster import HandFed, deployment, meta, node, pod, replica_set
from wherry.api.apps.deployment import DEPLOYMENTS
from wherry.api.apps.replicaset import REPLICA_SETS
from wherry.api.batch.cronjob import CRON_JOBS
from wherry.api.batch.job import JOBS
from wherry.api.core.node import NODES
from wherry.api.core.pod import PODS
from wherry.api.core.service import SERVICES
from wherry.api.discovery.endpointslice import ENDPOINT_SLICES
from wherry.apimachinery.errors import Forbidden
from wherry.kit.http.types import Request
from wherry.narrate.describe import count_pods
from wherry.narrate.model import Change, read, unseen_kinds


@pytest.fixture
def told() -> HandFed:
    return HandFed()


def test_nodes_hold_their_pods_and_pods_their_containers(told: HandFed) -> None:
    told.put(NODES, node("laptop"))
    told.put(NODES, node("far", labels={"wherry.dev/simulated": "true"}))
    told.put(PODS, pod("web-1", "laptop"))
    told.put(PODS, pod("web-2", "far"))
    snapshot = told.model.snapshot()
    assert [(one.name, one.kind, [pod.name for pod in one.pods]) for one in snapshot.nodes] == [
        ("far", "simulated", ["web-2"]),
        ("laptop", "this machine", ["web-1"]),
    ]
    assert snapshot.nodes[0].sentence == "far runs 1 pod with 1 container."
    assert snapshot.sentence == "2 nodes, 2 pods. All is well."
    assert snapshot.counts.states["Running"] == 2


def test_a_pod_that_gets_a_node_leaves_those_that_wait(told: HandFed) -> None:
    told.put(NODES, node("n1"))
    told.put(PODS, pod("web-1"))
    assert [one.name for one in told.model.snapshot().waiting] == ["web-1"]
    told.put(PODS, pod("web-1", "n1"))
    snapshot = told.model.snapshot()
    assert snapshot.waiting == ()
    assert [one.name for one in snapshot.nodes[0].pods] == ["web-1"]


def test_a_node_that_is_gone_is_shown_only_to_the_namespaces_whose_pods_name_it(told: HandFed) -> None:
    told.put(PODS, pod("web-1", "n1"))
    assert [one.name for one in told.model.snapshot("default").nodes] == ["n1"]
    assert told.model.snapshot("other").nodes == ()


def test_pods_whose_node_is_gone_are_shown_on_a_node_that_is_gone(told: HandFed) -> None:
    there = told.put(NODES, node("n1"))
    bound = told.put(PODS, pod("web-1", "n1"))
    told.remove(NODES, there)
    snapshot = told.model.snapshot()
    assert [(one.name, one.kind) for one in snapshot.nodes] == [("n1", "gone")]
    assert snapshot.counts.nodes == 0
    told.remove(PODS, bound)
    assert told.model.snapshot().nodes == ()


def test_a_pod_belongs_to_the_outermost_that_wants_it_in_whatever_order_they_come(told: HandFed) -> None:
    told.put(PODS, pod("web-6d4b-x", "n1", owner=("ReplicaSet", "web-6d4b")))
    told.put(REPLICA_SETS, replica_set("web-6d4b", "web"))
    told.put(DEPLOYMENTS, deployment("web", 1))
    snapshot = told.model.snapshot()
    assert snapshot.pods[0].owner == "Deployment/web"
    assert [(one.id, one.pods) for one in snapshot.workloads] == [("Deployment/default/web", ("web-6d4b-x",))]


def test_a_workload_has_an_empty_place_for_each_pod_it_lacks(told: HandFed) -> None:
    told.put(DEPLOYMENTS, deployment("web", 3))
    told.put(REPLICA_SETS, replica_set("web-6d4b", "web"))
    told.put(PODS, pod("web-6d4b-x", "n1", owner=("ReplicaSet", "web-6d4b")))
    told.put(PODS, pod("web-6d4b-y", owner=("ReplicaSet", "web-6d4b")))
    (web,) = told.model.snapshot().workloads
    assert (web.wanted, web.have, web.ready, web.missing, web.is_as_wanted) == (3, 2, 1, 1, False)
    assert web.now == "1 of 3 copies run."
    assert web.next == "1 waits, because the scheduler has not chosen a node yet. The controller makes 1 more."
    assert web.images == ("web:1",)


def test_a_workload_that_is_as_wanted_says_so(told: HandFed) -> None:
    told.put(DEPLOYMENTS, deployment("web", 1))
    told.put(REPLICA_SETS, replica_set("web-6d4b", "web"))
    told.put(PODS, pod("web-6d4b-x", "n1", owner=("ReplicaSet", "web-6d4b")))
    (web,) = told.model.snapshot().workloads
    assert (web.is_as_wanted, web.next) == (True, "Nothing: what is wanted is what is.")


def test_a_job_counts_what_has_finished_and_a_cron_job_what_it_starts(told: HandFed) -> None:
    spec = {"completions": 3, "parallelism": 1, "template": {}}
    told.put(JOBS, {"metadata": meta("pack"), "spec": spec, "status": {"succeeded": 1}})
    told.put(CRON_JOBS, {"metadata": meta("night"), "spec": {"schedule": "0 3 * * *", "jobTemplate": {}}})
    pack, night = sorted(told.model.snapshot().workloads, key=lambda one: one.kind, reverse=True)
    assert (pack.now, pack.next) == ("1 of 3 runs have finished.", "2 more to finish.")
    assert (night.now, night.missing) == ("It starts a job at the times 0 3 * * *.", 0)


def test_a_service_says_who_answers_and_who_does_not(told: HandFed) -> None:
    told.put(SERVICES, {"metadata": meta("web"), "spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]}})
    assert told.model.snapshot().services[0].sentence.startswith("No pod answers for web")
    endpoint = {"addresses": ["10.0.0.1"], "targetRef": {"kind": "Pod", "name": "web-1"}}
    labels = {"kubernetes.io/service-name": "web"}
    ready = {**endpoint, "conditions": {"ready": True}}
    unready = {"addresses": ["10.0.0.2"], "targetRef": {"kind": "Pod", "name": "web-2"}, "conditions": {"ready": False}}
    told.put(
        ENDPOINT_SLICES,
        {"metadata": meta("web-abc", labels=labels), "addressType": "IPv4", "endpoints": [ready, unready]},
    )
    (web,) = told.model.snapshot().services
    assert (web.answering, web.silent) == (("web-1",), ("web-2",))
    assert web.sentence == "1 of 2 pods answer for web."


def test_one_namespace_shows_all_nodes_but_only_its_pods(told: HandFed) -> None:
    told.put(NODES, node("n1"))
    told.put(PODS, pod("web", "n1", namespace="shop"))
    told.put(PODS, pod("other", "n1"))
    snapshot = told.model.snapshot("shop")
    assert [one.name for one in snapshot.pods] == ["web"]
    assert (snapshot.counts.nodes, snapshot.counts.pods, snapshot.nodes[0].counts.pods) == (1, 1, 1)


def test_the_headline_names_who_needs_help_and_which_node_is_silent(told: HandFed) -> None:
    told.put(NODES, node("n1", ready=False))
    assert told.model.snapshot().sentence == "1 node, no pods. n1 does not report."
    told.put(PODS, pod("web", "n1", status={"phase": "Failed", "reason": "Evicted"}))
    assert told.model.snapshot().sentence == "1 node, 1 pod. 1 needs help: web."


def test_subscribers_hear_of_changes_but_not_of_heartbeats(told: HandFed) -> None:
    heard: list[Change] = []
    stop = told.model.subscribe(heard.append)
    told.put(NODES, node("n1"))
    told.put(NODES, node("n1"))
    told.put(PODS, pod("web", "n1"))
    stop()
    told.put(PODS, pod("web-2", "n1"))
    assert [(change.kind, change.key.name) for change in heard] == [("Node", "n1"), ("Pod", "web")]


def test_a_snapshot_is_made_once_for_each_change(told: HandFed) -> None:
    told.put(NODES, node("n1"))
    told.put(PODS, pod("web", "n1"))
    before = told.model.snapshot()
    told.put(NODES, node("n1"))
    assert told.model.snapshot() is before
    told.put(PODS, pod("web-2", "n1"))
    after = told.model.snapshot()
    assert (before.counts.pods, after.counts.pods) == (1, 2)
    assert after.counts == count_pods(after.pods, nodes=1, nodes_ready=1)
    assert told.model.snapshot("elsewhere").counts.pods == 0
    told.model.hide(["Node"])
    assert told.model.snapshot().hidden == ("Node",)


def test_a_snapshot_is_plain_data(told: HandFed) -> None:
    told.put(NODES, node("n1"))
    told.put(PODS, pod("web", "n1"))
    data = orjson.loads(msgspec.json.encode(told.model.snapshot()))
    assert data["nodes"][0]["pods"][0]["needsHelp"] is False
    assert data["nodes"][0]["counts"]["states"]["Running"] == 1


async def test_a_model_for_one_look_is_read_from_lists() -> None:
    api = FakeApi()
    api.put(NODES, node("n1"))
    api.put(PODS, pod("web", "n1"), "default")
    model = await read(api.client())
    assert model.snapshot().sentence == "1 node, 1 pod. All is well."
    assert model.hidden == ()


async def test_what_a_person_may_not_see_is_named_and_the_rest_is_shown() -> None:
    api = FakeApi()
    api.put(PODS, pod("web", "n1"), "default")

    def refuse(request: Request) -> None:
        if request.path.endswith("/nodes"):
            raise Forbidden("nodes is forbidden")

    api.before = refuse
    snapshot = (await read(api.client())).snapshot()
    assert snapshot.hidden == ("Node",)
    assert [one.name for one in snapshot.pods] == ["web"]
    assert [(one.name, one.kind) for one in snapshot.nodes] == [("n1", "hidden")], "it is not gone"
    assert snapshot.sentence == "1 pod; you may not see the nodes. All is well."


async def test_who_may_not_see_nodes_does_not_hear_that_there_are_none() -> None:
    told = HandFed()
    told.model.hide(["Node"])
    assert told.model.snapshot().sentence == "No pods yet; you may not see the nodes."
    told.put(PODS, pod("web"))
    assert told.model.snapshot().sentence.startswith("1 pod; you may not see the nodes. ")


async def test_one_namespace_is_read_with_the_rights_for_it_alone() -> None:
    api = FakeApi()
    api.put(PODS, pod("web", "n1", namespace="shop"), "shop")

    def refuse(request: Request) -> None:
        if "/namespaces/shop/" not in request.path:
            raise Forbidden("only shop")

    api.before = refuse
    snapshot = (await read(api.client(), namespace="shop")).snapshot("shop")
    assert snapshot.hidden == ("Node",)
    assert await unseen_kinds(api.client(), "shop") == (("Node",), ())
    assert [one.name for one in snapshot.pods] == ["web"]


async def test_a_model_that_follows_waits_for_what_may_be_seen_only() -> None:
    told = HandFed()
    told.model.hide(["Node"])
    for kind, informer in told.informers.items():
        if kind != "Node":
            informer.replace([], "1")
    await told.model.wait_synced()


def test_pods_that_cannot_start_are_there_and_no_more_are_made(told: HandFed) -> None:
    told.put(DEPLOYMENTS, deployment("web", 2))
    told.put(REPLICA_SETS, replica_set("web-6d4b", "web"))
    waiting = {
        "name": "web",
        "state": {"waiting": {"reason": "ErrImagePull"}},
        "image": "web:1",
        "imageID": "",
        "ready": False,
        "restartCount": 0,
    }
    for name, phase in (("a", "Pending"), ("b", "Pending"), ("c", "Failed")):
        document = pod(f"web-6d4b-{name}", "n1", owner=("ReplicaSet", "web-6d4b"))
        document["status"] = {"phase": phase, "containerStatuses": [waiting] if phase == "Pending" else []}
        told.put(PODS, document)
    (web,) = told.model.snapshot().workloads
    assert (web.have, web.missing) == (2, 0)
    assert "more" not in web.next
