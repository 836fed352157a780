"""What a node may read and write: its own, and what its pods use."""

from __future__ import annotations

import pytest

from suites.api_harness import ADMIN, MERGE, Api, make_api
from wherry.apimachinery.document import Document
from wherry.apiserver.admission.node_restriction import NodeRestriction
from wherry.kit.http.types import Peer

CORE, DEFAULT = "/api/v1", "/api/v1/namespaces/default"
LEASES = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases"
N1 = Peer("system:node:n1", ("system:nodes",))
MASTERS = Peer("system:kube-controller-manager")


def pod(name: str, node: str, suffix: str) -> Document:
    env: list[Document] = [
        {"name": "A", "valueFrom": {"secretKeyRef": {"name": f"env-{suffix}", "key": "a"}}},
        {"name": "B", "valueFrom": {"configMapKeyRef": {"name": f"map-{suffix}", "key": "a", "optional": True}}},
    ]
    volumes: list[Document] = [
        {"name": "s", "secret": {"secretName": f"volume-{suffix}"}},
        {"name": "c", "persistentVolumeClaim": {"claimName": f"claim-{suffix}"}},
        {"name": "p", "projected": {"sources": [{"secret": {"name": f"projected-{suffix}"}}]}},
    ]
    env_from = [{"configMapRef": {"name": f"all-{suffix}"}}]
    spec: Document = {
        "nodeName": node,
        "serviceAccountName": f"account-{suffix}",
        "imagePullSecrets": [{"name": f"pull-{suffix}"}],
        "containers": [{"name": "c", "image": "c:1", "env": env, "envFrom": env_from}],
        "volumes": volumes,
    }
    return {"metadata": {"name": name}, "spec": spec}


@pytest.fixture
async def api() -> Api:
    api = await make_api()
    for number in (1, 2):
        await api.must("POST", f"{CORE}/nodes", {"metadata": {"name": f"n{number}"}})
        await api.must("POST", f"{DEFAULT}/serviceaccounts", {"metadata": {"name": f"account-{number}"}})
        await api.must("POST", f"{DEFAULT}/pods", pod(f"web-{number}", f"n{number}", str(number)))
        volume = {
            "capacity": {"storage": "1Gi"},
            "accessModes": ["ReadWriteOnce"],
            "hostPath": {"path": "/x"},
            "claimRef": {"namespace": "default", "name": f"claim-{number}"},
        }
        await api.must("POST", f"{CORE}/persistentvolumes", {"metadata": {"name": f"v{number}"}, "spec": volume})
    api.peer = N1
    return api


@pytest.mark.parametrize(
    "path",
    [
        "secrets/env-{}", "secrets/volume-{}", "secrets/projected-{}", "secrets/pull-{}",
        "configmaps/map-{}", "configmaps/all-{}", "persistentvolumeclaims/claim-{}", "pods/web-{}",
    ],
)  # fmt: skip
async def test_a_node_reads_what_its_pods_use_and_nothing_of_others(api: Api, path: str) -> None:
    assert (await api.ask("GET", f"{DEFAULT}/{path.format(1)}")).status in (200, 404)
    refused = await api.ask("GET", f"{DEFAULT}/{path.format(2)}")
    assert refused.status == 403
    assert str(refused.at("message")).endswith("no relationship found between node 'n1' and this object")
    plural, name = path.format(1).split("/")
    if plural != "pods":
        assert (await api.ask("GET", f"{DEFAULT}/{plural}", fieldSelector=f"metadata.name={name}")).status == 200
        assert (await api.ask("GET", f"{DEFAULT}/{plural}")).status == 403
        assert (await api.ask("GET", f"{DEFAULT}/{plural}", fieldSelector=f"metadata.name!={name}")).status == 403


async def test_a_node_loses_what_its_pods_used_with_them(api: Api) -> None:
    path = f"{DEFAULT}/secrets/env-1"
    assert (await api.ask("GET", path)).status == 404
    api.peer = ADMIN
    await api.must("DELETE", f"{DEFAULT}/pods/web-1", {"gracePeriodSeconds": 0})
    api.peer = N1
    assert (await api.ask("GET", path)).status == 403


async def test_a_node_reads_the_volumes_of_its_claims_its_own_node_and_its_own_pods(api: Api) -> None:
    for path, status in (
        (f"{CORE}/persistentvolumes/v1", 200),
        (f"{CORE}/persistentvolumes/v2", 403),
        (f"{CORE}/persistentvolumes", 403),
        (f"{CORE}/nodes/n1", 200),
        (f"{CORE}/nodes/n2", 403),
        (f"{CORE}/nodes", 403),
        (f"{CORE}/nodes?fieldSelector=metadata.name%3Dn1", 200),
        (f"{CORE}/pods", 403),
        (f"{CORE}/pods?fieldSelector=spec.nodeName%3Dn1", 200),
        (f"{CORE}/pods?fieldSelector=spec.nodeName%3Dn2", 403),
        (f"{CORE}/services", 200),
        (f"{CORE}/namespaces", 403),
        (f"{DEFAULT}/serviceaccounts/account-1", 403),
        ("/apis/rbac.authorization.k8s.io/v1/clusterroles", 403),
    ):
        assert (await api.ask("GET", path)).status == status, path


async def test_a_node_gets_tokens_of_its_pods_accounts_bound_to_these_pods(api: Api) -> None:
    api.peer = ADMIN
    uids = [
        str((await api.must("GET", f"{DEFAULT}/pods/web-{number}"))["metadata"]["uid"])  # type: ignore[index]
        for number in (1, 2)
    ]
    api.peer = N1

    async def ask(account: int, pod: int, uid: str, **spec: object) -> tuple[int, str]:
        reference = {"kind": "Pod", "apiVersion": "v1", "name": f"web-{pod}", **({"uid": uid} if uid else {})}
        body = {"spec": {"boundObjectRef": reference, **spec}}
        answer = await api.ask("POST", f"{DEFAULT}/serviceaccounts/account-{account}/token", body)
        return answer.status, str(answer.at("message"))

    assert (await ask(1, 1, uids[0]))[0] == 201
    assert "no relationship found" in (await ask(2, 2, uids[1]))[1]
    for pod_number, uid, words in (
        (1, "", "node requested token with a pod binding without a uid"),
        (1, uids[1], "does not match the UID in record"),
        (2, uids[1], "node requested token bound to a pod scheduled on a different node"),
    ):
        status, message = await ask(1, pod_number, uid)
        assert (status, words in message) == (403, True), message
    assert 'audience "vault" not found in pod spec volume' in (await ask(1, 1, uids[0], audiences=["vault"]))[1]
    unbound = await api.ask("POST", f"{DEFAULT}/serviceaccounts/account-1/token", {"spec": {}})
    assert "node requested token not bound to a pod" in str(unbound.at("message"))


async def test_a_node_writes_its_own_node_and_its_own_pods_status(api: Api) -> None:
    ready = {"status": {"phase": "Running"}}
    for path, status in (
        (f"{DEFAULT}/pods/web-1/status", 200),
        (f"{DEFAULT}/pods/web-2/status", 403),
        (f"{CORE}/nodes/n1/status", 200),
        (f"{CORE}/nodes/n2/status", 403),
    ):
        assert (await api.ask("PATCH", path, ready, content_type=MERGE)).status == status, path
    for patch, words in (
        ({"metadata": {"labels": {"node-restriction.kubernetes.io/zone": "a"}}}, "is not allowed to modify labels"),
        ({"metadata": {"labels": {"node-role.kubernetes.io/control-plane": ""}}}, "is not allowed to modify labels"),
        ({"spec": {"taints": [{"key": "a", "effect": "NoSchedule"}]}}, "is not allowed to modify taints"),
    ):
        answer = await api.ask("PATCH", f"{CORE}/nodes/n1", patch, content_type=MERGE)
        assert (answer.status, words in str(answer.at("message"))) == (403, True), answer.body
    harmless = {"metadata": {"labels": {"topology.kubernetes.io/zone": "a", "rack": "7"}}}
    assert (await api.ask("PATCH", f"{CORE}/nodes/n1", harmless, content_type=MERGE)).status == 200
    assert (await api.ask("POST", f"{CORE}/nodes", {"metadata": {"name": "n3"}})).status == 403
    assert (await api.ask("DELETE", f"{CORE}/nodes/n1")).status == 403
    assert NodeRestriction.name == "NodeRestriction"


async def test_a_node_deletes_its_own_pods_and_makes_only_mirrors(api: Api) -> None:
    assert (await api.ask("DELETE", f"{DEFAULT}/pods/web-2")).status == 403
    answer = await api.ask("POST", f"{DEFAULT}/pods", pod("new", "n1", "1"))
    assert 'node "n1" can only create mirror pods' in str(answer.at("message"))
    owner = {"apiVersion": "v1", "kind": "Node", "name": "n1", "uid": "u"}
    mirror: Document = {"name": "m", "annotations": {"kubernetes.io/config.mirror": "x"}, "ownerReferences": [owner]}
    spec: Document = {"nodeName": "n1", "containers": [{"name": "c", "image": "c:1"}]}
    assert (await api.ask("POST", f"{DEFAULT}/pods", {"metadata": mirror, "spec": spec})).status == 201
    elsewhere = {"metadata": {**mirror, "name": "e"}, "spec": {**spec, "nodeName": "n2"}}
    assert (await api.ask("POST", f"{DEFAULT}/pods", elsewhere)).status == 403
    stealing = {"metadata": {**mirror, "name": "s"}, "spec": {**spec, "imagePullSecrets": [{"name": "env-2"}]}}
    assert "may not reference secrets" in str((await api.ask("POST", f"{DEFAULT}/pods", stealing)).at("message"))
    assert (await api.ask("DELETE", f"{DEFAULT}/pods/web-1", {"gracePeriodSeconds": 0})).status == 200


async def test_a_node_keeps_its_own_lease_only(api: Api) -> None:
    lease = {"metadata": {"name": "n1"}, "spec": {"holderIdentity": "n1"}}
    assert (await api.ask("POST", LEASES, lease)).status == 201
    assert (await api.ask("POST", LEASES, {"metadata": {"name": "n2"}})).status == 403
    assert (await api.ask("GET", f"{LEASES}/n1")).status == 200
    assert (await api.ask("GET", f"{LEASES}/n2")).status == 403
    assert (await api.ask("GET", LEASES)).status == 403
    assert (await api.ask("POST", LEASES.replace("kube-node-lease", "default"), lease)).status == 403


async def test_a_name_that_only_looks_like_a_nodes_is_nobody(api: Api) -> None:
    for peer in (Peer("system:node:n1"), Peer("n1", ("system:nodes",))):
        api.peer = peer
        assert (await api.ask("GET", f"{CORE}/nodes/n1")).status == 403


async def test_whoever_acts_as_a_node_or_asks_about_one_gets_the_nodes_own_answer(api: Api) -> None:
    api.peer = ADMIN
    headers = {"impersonate-user": "system:node:n1", "impersonate-group": "system:nodes"}
    for number, status in ((1, 404), (2, 403)):
        path = f"{DEFAULT}/secrets/env-{number}"
        assert (await api.raw("GET", path, headers=headers)).status == status
    for number, allowed in ((1, True), (2, False)):
        attributes = {"verb": "get", "resource": "secrets", "namespace": "default", "name": f"env-{number}"}
        spec = {"user": "system:node:n1", "groups": ["system:nodes"], "resourceAttributes": attributes}
        answer = await api.ask("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", {"spec": spec})
        assert answer.at("status.allowed") is allowed
