"""The whole answer to "why", from evidence read from an API."""

from __future__ import annotations

import json

import msgspec
import pytest

from suites.fake_api import FakeApi
from suites.told_cluster import container_status, deployment, meta, node, pod, replica_set
from wherry.api.apps.deployment import DEPLOYMENTS
from wherry.api.apps.replicaset import REPLICA_SETS
from wherry.api.core.configmap import CONFIG_MAPS
from wherry.api.core.event import EVENTS
from wherry.api.core.node import NODES
from wherry.api.core.pod import PODS
from wherry.api.core.service import SERVICES
from wherry.apimachinery.deed import Author, Deed
from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import Forbidden
from wherry.apimachinery.timestamps import parse_time
from wherry.client.deeds import PATH as DEEDS_PATH
from wherry.client.recorder import DECISION_ANNOTATION, WHY_ANNOTATION
from wherry.kit.http.types import Request, Response
from wherry.narrate.because import Answer, answer
from wherry.narrate.evidence import gather
from wherry.narrate.find import Target
from wherry.narrate.model import read

WAITING: Document = {
    "phase": "Pending",
    "conditions": [
        {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/1 nodes are available."}
    ],
}
OWNED = ("ReplicaSet", "web-6d")


def event(number: int, kind: str, name: str, reason: str, message: str, component: str, **notes: str) -> Document:
    keys = {"why": WHY_ANNOTATION, "decision": DECISION_ANNOTATION}
    return {
        "metadata": {"name": f"e{number}", "annotations": {keys[key]: text for key, text in notes.items()}},
        "involvedObject": {"kind": kind, "name": name, "namespace": "default"},
        "reason": reason,
        "message": message,
        "type": "Warning" if reason.startswith("Failed") else "Normal",
        "lastTimestamp": f"2026-11-23T07:00:{number:02}Z",
        "source": {"component": component},
    }


class Shop(FakeApi):
    """An API whose pods have logs."""

    log = b""
    deeds: tuple[Deed, ...] = ()

    async def __call__(self, request: Request) -> Response:
        if request.path.endswith("/log"):
            self.requests.append((request.query, request.path))
            return Response(body=self.log)
        if request.path == DEEDS_PATH:
            return Response(body=msgspec.json.encode(self.deeds))
        return await super().__call__(request)


@pytest.fixture
def api() -> Shop:
    shop = Shop()
    written = deployment("web", 1, readyReplicas=1)
    fields: Document = {"f:spec": {"f:progressDeadlineSeconds": {}, "f:replicas": {}, "f:template": {}}}
    by_person = {"manager": "kubectl-create", "operation": "Update", "time": "2026-11-23T07:00:00Z", "fieldsV1": fields}
    later = {**by_person, "manager": "helm", "time": "2026-11-23T08:00:00Z", "fieldsV1": {"f:spec": {"f:replicas": {}}}}
    status = {**by_person, "manager": "kube-controller-manager"}
    metadata = written["metadata"]
    assert isinstance(metadata, dict)
    metadata["managedFields"] = [status, later, by_person]
    shop.put(DEPLOYMENTS, written, "default")
    shop.put(REPLICA_SETS, replica_set("web-6d", "web"), "default")
    shop.put(NODES, node("n1"))
    return shop


async def why(api: FakeApi, kind: str, name: str, namespace: str = "default") -> Answer:
    client = api.client()
    snapshot = (await read(client)).snapshot()
    return answer(await gather(client, Target(kind, namespace, name), snapshot))


async def test_a_running_pod_is_followed_back_to_the_persons_command(api: Shop) -> None:
    running = pod("web-6d-x", "n1", owner=OWNED)
    status = running["status"]
    assert isinstance(status, dict)
    status["conditions"] = [{"type": "Ready", "status": "True", "lastTransitionTime": "2026-11-23T07:00:09Z"}]
    api.put(PODS, running, "default")
    decision = json.dumps({"scores": [{"node": "n1", "total": 9.5}, {"node": "n2", "total": 8}]})
    for one in (
        event(1, "Deployment", "web", "ScalingReplicaSet", "Scaled up replica set web-6d from 0 to 1", "x", why="new"),
        event(2, "ReplicaSet", "web-6d", "SuccessfulCreate", "Created pod: web-6d-x", "y", why="0 of 1 pods exist"),
        event(3, "Pod", "web-6d-x", "Scheduled", "Successfully assigned default/web-6d-x to n1", "default-scheduler",
              why="n1 is the best", decision=decision),
        event(4, "Pod", "web-6d-x", "Started", "Started container c", "kubelet"),
        event(5, "Pod", "other", "Started", "Started container c", "kubelet"),
    ):  # fmt: skip
        api.put(EVENTS, one, "default")
    found = await why(api, "Pod", "web-6d-x")
    assert found.answer == "Pod web-6d-x is fine: it runs on n1 and is ready."
    assert [step.text for step in found.chain] == [
        "kubectl-create wrote deployment web: replicas, template, progressDeadlineSeconds.",
        "helm changed deployment web: replicas.",
        "x scaled up replica set web-6d from 0 to 1 (deployment web), because new.",
        "y created pod web-6d-x for replica set web-6d, because 0 of 1 pods exist.",
        "The scheduler chose node n1 for pod web-6d-x, because n1 is the best.",
        "n1 came first with 9.5 points, then n2 with 8.",
        "The node started container c of pod web-6d-x.",
        "web-6d-x is ready and gets requests.",
    ]
    assert found.next == ()


async def test_the_chain_begins_with_the_person_where_the_masters_remember(api: Shop) -> None:
    author = Author(user="anna", program="kubectl", manager="kubectl-create", command="kubectl create")
    made_s = parse_time("2026-11-23T07:00:00Z")
    deed = Deed(
        revision=2, time_s=made_s + 0.7, group="apps", plural="deployments", namespace="default", name="web",
        author=author,
    )  # fmt: skip
    api.deeds = (deed, msgspec.structs.replace(deed, time_s=made_s + 600, author=Author(user="ben", program="helm")))
    found = await why(api, "Deployment", "web")
    assert [(step.who, step.text) for step in found.chain][:2] == [
        ("anna", "anna wrote deployment web with kubectl: replicas, template, progressDeadlineSeconds."),
        # An hour later helm wrote again, and nobody remembers who that was.
        ("helm", "helm changed deployment web: replicas."),
    ]


async def test_when_the_events_are_gone_the_chain_says_so(api: Shop) -> None:
    api.put(PODS, pod("web-6d-x", "n1", owner=OWNED), "default")
    texts = [step.text for step in (await why(api, "Pod", "web-6d-x")).chain]
    assert "Deployment web wants replica set web-6d, so its controller made it." in texts
    assert "How it came to be is told no more: events live for an hour." in texts


async def test_a_waiting_pod_hears_from_each_node_and_what_would_help(api: Shop) -> None:
    waiting = pod("big", status=WAITING)
    waiting["spec"] = {"containers": [{"name": "c", "image": "i", "resources": {"requests": {"cpu": "64"}}}]}
    api.put(PODS, waiting, "default")
    found = await why(api, "Pod", "big")
    assert [(one.node, one.when) for one in found.nodes] == [("n1", "never")]
    assert found.next[0] == "Ask for less cpu, or add a larger node"
    assert not any(step.startswith("Add what the sentence above") for step in found.next)


async def test_a_crashing_pod_shows_its_last_words_and_the_likely_cause(api: Shop) -> None:
    ended = {"terminated": {"exitCode": 1, "reason": "Error"}}
    crashing = container_status({"waiting": {"reason": "CrashLoopBackOff"}}, restarts=3, lastState=ended)
    api.put(PODS, pod("web", "n1", status={"phase": "Running", "containerStatuses": [crashing]}), "default")
    api.log = b"starting\nKeyError: 'ORDERS_URL'\n"
    found = await why(api, "Pod", "web")
    (crash,) = found.crashes
    assert crash.last_words == ("starting", "KeyError: 'ORDERS_URL'")
    assert "ORDERS_URL" in crash.likely
    assert found.next[0] == "Set ORDERS_URL for it"
    assert any("previous=true" in query for query, path in api.requests if path.endswith("/log"))


async def test_a_workload_points_at_the_pod_that_needs_help(api: Shop) -> None:
    api.put(PODS, pod("web-6d-x", "n1", owner=OWNED, status={"phase": "Failed", "reason": "Evicted"}), "default")
    found = await why(api, "Deployment", "web")
    assert "web-6d-x does not run as it should: the node ended it: Evicted." in found.reasons
    assert "wherry why pod/web-6d-x" in found.next


CRASHES: Document = {
    "phase": "Running",
    "containerStatuses": [container_status({"waiting": {"reason": "CrashLoopBackOff"}})],
}
STARTS: Document = {
    "phase": "Pending",
    "containerStatuses": [container_status({"waiting": {"reason": "ContainerCreating"}})],
}
EVICTED: Document = {"phase": "Failed", "reason": "Evicted"}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (CRASHES, STARTS, "A new version of Deployment web is on its way: 1 of 1 pods are of it"),
        (EVICTED, STARTS, "A new version of Deployment web is on its way"),
        (CRASHES, EVICTED, "A new version of Deployment web is on its way"),
        (CRASHES, CRASHES, "The new version of Deployment web is stuck: web-7f-x does not run as it should"),
    ],
    ids=["the old crashes", "the old was evicted", "the new was evicted", "both crash"],
)
async def test_nobody_is_told_to_undo_a_new_version_because_an_old_pod_is_in_trouble(
    api: Shop, old: Document, new: Document, said: str
) -> None:
    status = {"observedGeneration": 1, "replicas": 2, "updatedReplicas": 1}
    api.put(DEPLOYMENTS, {**deployment("web", 1), "status": status}, "default")
    for number, (name, state) in enumerate((("web-6d", old), ("web-7f", new)), 1):
        made = replica_set(name, "web")
        labels = {"pod-template-hash": name}
        notes = {"deployment.kubernetes.io/revision": str(number)}
        made["metadata"] = meta(name, owner=("Deployment", "web"), labels=labels, annotations=notes)
        api.put(REPLICA_SETS, made, "default")
        api.put(PODS, pod(f"{name}-x", "n1", owner=("ReplicaSet", name), status=state, labels=labels), "default")
    found = await why(api, "Deployment", "web")
    assert found.answer.startswith(said)
    assert any("rollout undo" in step for step in found.next) == ("stuck" in said)
    assert found.next[0] == ("wherry why pod/web-7f-x" if "stuck" in said else "wherry story -f web")


async def test_a_service_that_nobody_answers_says_what_it_asks_for(api: Shop) -> None:
    api.put(PODS, pod("db", "n1"), "default")
    api.put(SERVICES, {"metadata": meta("lost"), "spec": {"selector": {"app": "lost"}}}, "default")
    found = await why(api, "Service", "lost")
    assert found.answer == "No pod answers for lost: none has the labels that it asks for."
    assert "It asks for pods with the labels app=lost." in found.reasons
    assert "The apps in its namespace are: db." in found.reasons


async def test_a_node_says_what_would_happen_if_it_went(api: Shop) -> None:
    api.put(PODS, pod("lonely", "n1"), "default")
    found = await why(api, "Node", "n1", "")
    assert "If it goes: Nobody would make these anew: lonely." in found.reasons


async def test_any_other_kind_can_be_asked_about_too(api: Shop) -> None:
    api.put(CONFIG_MAPS, {"metadata": {"name": "settings"}}, "default")
    assert (await why(api, "ConfigMap", "settings")).answer == "ConfigMap settings exists."


async def test_the_answer_is_plain_data(api: Shop) -> None:
    data = msgspec.to_builtins(await why(api, "Deployment", "web"))
    assert set(data) == {
        "kind",
        "namespace",
        "name",
        "answer",
        "reasons",
        "chain",
        "choice",
        "nodes",
        "crashes",
        "next",
    }


async def test_who_may_not_see_nodes_or_events_still_gets_an_answer(api: Shop) -> None:
    api.put(PODS, pod("big", status=WAITING), "default")

    def refuse(request: Request) -> None:
        if request.path.endswith(("/nodes", "/events")):
            raise Forbidden("not for you")

    api.before = refuse
    found = await why(api, "Pod", "big")
    assert found.answer.startswith("Pod big waits: no node can take it.")
    assert found.nodes == ()
