"""apimachinery/garbage_collector.go: what belongs to whom, and who goes with whom."""

from __future__ import annotations

import pytest

from suites.conformance import box
from suites.conformance_cluster import Cluster
from wherry.apimachinery.document import Document

APPS = "/apis/apps/v1/namespaces"
LABELS = {"app": "gc-test"}
TEMPLATE: Document = {"metadata": {"labels": LABELS}, "spec": {"containers": [{"name": "nginx", "image": "nginx"}]}}


def workload(name: str, replicas: int = 2) -> Document:
    spec: Document = {"replicas": replicas, "selector": {"matchLabels": LABELS}, "template": TEMPLATE}
    return {"metadata": {"name": name}, "spec": spec}


def pod(name: str, owners: list[Document] | None = None, **more: object) -> Document:
    spec: Document = {"containers": [{"name": "nginx", "image": "nginx"}]}
    return {"metadata": {"name": name, "ownerReferences": owners or [], **more}, "spec": spec}


def owner(document: Document, *, blocks: bool = False) -> Document:
    metadata = document["metadata"]
    assert isinstance(metadata, dict)
    return {
        "apiVersion": document["apiVersion"],
        "kind": document["kind"],
        "name": metadata["name"],
        "uid": metadata["uid"],
        **({"blockOwnerDeletion": True} if blocks else {}),
    }


def delete(policy: str) -> Document:
    return {"kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": policy}


async def deployed(cluster: Cluster, namespace: str) -> str:
    """A Deployment that has its ReplicaSet and its pods; returns the path of the ReplicaSets."""
    await cluster.must("POST", f"{APPS}/{namespace}/deployments", workload("simpletest.deployment"))
    path = f"{APPS}/{namespace}/replicasets"

    async def has_pods() -> bool:
        sets = await cluster.items(path)
        return bool(sets) and len(await cluster.items(f"/api/v1/namespaces/{namespace}/pods")) == 2

    await cluster.until(has_pods, "the Deployment's pods")
    return path


@box("Garbage collector should delete RS created by deployment when not orphaning")
async def test_a_deployments_replica_sets_go_with_it(cluster: Cluster) -> None:
    namespace = await cluster.namespace()
    path = await deployed(cluster, namespace)
    deployment = f"{APPS}/{namespace}/deployments/simpletest.deployment"
    await cluster.must("DELETE", deployment, delete("Background"))
    assert not await cluster.exists(deployment)

    async def all_gone() -> bool:
        return not await cluster.items(path) and not await cluster.items(f"/api/v1/namespaces/{namespace}/pods")

    await cluster.until(all_gone, "the end of the ReplicaSet and its pods")


@box("Garbage collector should orphan RS created by deployment when deleteOptions.PropagationPolicy is Orphan")
async def test_a_deployment_may_leave_its_replica_sets_behind(cluster: Cluster) -> None:
    namespace = await cluster.namespace()
    path = await deployed(cluster, namespace)
    deployment = f"{APPS}/{namespace}/deployments/simpletest.deployment"
    await cluster.must("DELETE", deployment, delete("Orphan"))
    await cluster.until_gone(deployment)
    await cluster.pass_time(30)
    [left] = await cluster.items(path)
    assert "ownerReferences" not in left["metadata"]  # type: ignore[operator]
    assert len(await cluster.items(f"/api/v1/namespaces/{namespace}/pods")) == 2


@box("Garbage collector should not be blocked by dependency circle")
async def test_pods_that_own_each_other_in_a_circle_go_together(cluster: Cluster) -> None:
    namespace = await cluster.namespace()
    path = f"/api/v1/namespaces/{namespace}/pods"
    pods = [await cluster.must("POST", path, pod(f"pod{number}")) for number in (1, 2, 3)]
    for number, document in enumerate(pods):
        references = [{**owner(pods[number - 1], blocks=True), "controller": True}]
        name = document["metadata"]["name"]  # type: ignore[index]
        await cluster.patch(f"{path}/{name}", {"metadata": {"ownerReferences": references}})
    await cluster.must("DELETE", f"{path}/pod1", delete("Foreground"))

    async def all_gone() -> bool:
        return not await cluster.items(path)

    await cluster.until(all_gone, "the end of all three pods")


@pytest.mark.parametrize("policy", ["Foreground", "Background", "Orphan"])
async def test_what_owns_itself_can_be_deleted_and_is_left_alone_until_then(cluster: Cluster, policy: str) -> None:
    path = f"/api/v1/namespaces/{await cluster.namespace()}/secrets"
    for name in ("one", "other"):
        made = await cluster.must("POST", path, {"metadata": {"name": name}})
        await cluster.patch(f"{path}/{name}", {"metadata": {"ownerReferences": [owner(made, blocks=True)]}})
    await cluster.pass_time(10)
    assert len(await cluster.items(path)) == 2
    await cluster.must("DELETE", f"{path}/one", delete(policy))
    await cluster.until_gone(f"{path}/one")
    assert await cluster.exists(f"{path}/other")


async def test_a_replica_set_stays_until_its_pods_are_gone(cluster: Cluster) -> None:
    namespace = await cluster.namespace()
    path, pods = f"{APPS}/{namespace}/replicasets", f"/api/v1/namespaces/{namespace}/pods"
    await cluster.must("POST", path, workload("kept", 3))

    async def has_pods() -> bool:
        return len(await cluster.items(pods)) == 3

    await cluster.until(has_pods)
    for item in await cluster.items(pods):
        name = item["metadata"]["name"]  # type: ignore[index]
        await cluster.patch(f"{pods}/{name}", {"metadata": {"finalizers": ["example.com/wait"]}})
    await cluster.must("DELETE", f"{path}/kept", delete("Foreground"))
    await cluster.pass_time(10)
    kept = await cluster.ask("GET", f"{path}/kept")
    assert kept.at("metadata.finalizers") == ["foregroundDeletion"]
    assert all(item["metadata"]["deletionTimestamp"] for item in await cluster.items(pods))  # type: ignore[index]
    for item in await cluster.items(pods):
        name = item["metadata"]["name"]  # type: ignore[index]
        await cluster.patch(f"{pods}/{name}", {"metadata": {"finalizers": None}})
    await cluster.until_gone(f"{path}/kept")
    assert await cluster.items(pods) == []


async def test_a_dependent_with_another_owner_stays_and_forgets_the_one_that_goes(cluster: Cluster) -> None:
    namespace = await cluster.namespace()
    path = f"/api/v1/namespaces/{namespace}"
    going, staying = [
        await cluster.must("POST", f"{path}/configmaps", {"metadata": {"name": name}}) for name in ("going", "staying")
    ]
    both = [owner(going, blocks=True), owner(staying)]
    for name, owners in (("of-both", both), ("of-one", both[:1])):
        await cluster.must("POST", f"{path}/secrets", {"metadata": {"name": name, "ownerReferences": owners}})
    await cluster.must("DELETE", f"{path}/configmaps/going", delete("Foreground"))
    await cluster.until_gone(f"{path}/configmaps/going")
    assert not await cluster.exists(f"{path}/secrets/of-one")
    await cluster.pass_time(10)
    left = await cluster.ask("GET", f"{path}/secrets/of-both")
    assert left.at("metadata.ownerReferences") == [owner(staying)]


async def test_an_owner_of_another_uid_or_another_namespace_is_no_owner(cluster: Cluster) -> None:
    here, there = await cluster.namespace(), await cluster.namespace()
    live = await cluster.must("POST", f"/api/v1/namespaces/{there}/configmaps", {"metadata": {"name": "owner"}})
    path = f"/api/v1/namespaces/{here}"
    # Its owner lives, but not in this namespace: an owner of this name and uid does not exist here.
    await cluster.must("POST", f"{path}/secrets", {"metadata": {"name": "a", "ownerReferences": [owner(live)]}})
    await cluster.until_gone(f"{path}/secrets/a")
    # A namesake with another uid does not hold it either.
    await cluster.must("POST", f"{path}/configmaps", {"metadata": {"name": "owner"}})
    stale = {**owner(live), "uid": "11111111-2222-3333-4444-555555555555"}
    await cluster.must("POST", f"{path}/secrets", {"metadata": {"name": "b", "ownerReferences": [stale]}})
    await cluster.until_gone(f"{path}/secrets/b")
    assert await cluster.exists(f"{path}/configmaps/owner")
    # A cluster-wide object cannot be owned by one in a namespace: it is left alone.
    volume = {"capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"], "hostPath": {"path": "/x"}}
    metadata = {"name": "v", "ownerReferences": [owner(live)]}
    await cluster.must("POST", "/api/v1/persistentvolumes", {"metadata": metadata, "spec": volume})
    # Nor is it known who owns what belongs to a kind that nobody serves.
    unknown = {"apiVersion": "example.com/v1", "kind": "Nothing", "name": "x", "uid": "u"}
    await cluster.must("POST", f"{path}/secrets", {"metadata": {"name": "c", "ownerReferences": [unknown]}})
    await cluster.pass_time(30)
    assert await cluster.exists("/api/v1/persistentvolumes/v")
    assert await cluster.exists(f"{path}/secrets/c")


def older(name: str, replicas: int) -> Document:
    return {"metadata": {"name": name}, "spec": {"replicas": replicas, "selector": LABELS, "template": TEMPLATE}}


async def replicated(cluster: Cluster, namespace: str, name: str, replicas: int) -> Document:
    """A ReplicationController that has all its pods."""
    path = f"/api/v1/namespaces/{namespace}"
    made = await cluster.must("POST", f"{path}/replicationcontrollers", older(name, replicas))

    async def has_pods() -> bool:
        return (await cluster.ask("GET", f"{path}/replicationcontrollers/{name}")).at("status.replicas") == replicas

    await cluster.until(has_pods, "the pods")
    return made


@box("Garbage collector should delete pods created by rc when not orphaning")
async def test_the_pods_of_a_controller_go_with_it(cluster: Cluster) -> None:
    namespace = await cluster.namespace()
    path = f"/api/v1/namespaces/{namespace}"
    await replicated(cluster, namespace, "simpletest.rc", 20)
    await cluster.must("DELETE", f"{path}/replicationcontrollers/simpletest.rc", delete("Background"))

    async def all_gone() -> bool:
        return not await cluster.items(f"{path}/pods")

    await cluster.until(all_gone, "the end of all pods")


@box("Garbage collector should orphan pods created by rc if delete options say so")
async def test_a_controller_may_leave_its_pods_behind(cluster: Cluster) -> None:
    namespace = await cluster.namespace()
    path = f"/api/v1/namespaces/{namespace}"
    await replicated(cluster, namespace, "simpletest.rc", 100)
    await cluster.must("DELETE", f"{path}/replicationcontrollers/simpletest.rc", delete("Orphan"))
    await cluster.until_gone(f"{path}/replicationcontrollers/simpletest.rc")
    await cluster.pass_time(30)
    pods = await cluster.items(f"{path}/pods")
    assert len(pods) == 100
    assert not any("ownerReferences" in item["metadata"] for item in pods)  # type: ignore[operator]


@box("Garbage collector should keep the rc around until all its pods are deleted if the deleteOptions says so")
async def test_a_controller_stays_until_its_pods_are_gone(cluster: Cluster) -> None:
    namespace = await cluster.namespace()
    path = f"/api/v1/namespaces/{namespace}"
    await replicated(cluster, namespace, "simpletest.rc", 20)
    [first, *_] = await cluster.items(f"{path}/pods")
    held = f"{path}/pods/{first['metadata']['name']}"  # type: ignore[index]
    await cluster.patch(held, {"metadata": {"finalizers": ["example.com/wait"]}})
    await cluster.must("DELETE", f"{path}/replicationcontrollers/simpletest.rc", delete("Foreground"))
    await cluster.pass_time(10)
    assert len(await cluster.items(f"{path}/pods")) == 1
    kept = await cluster.ask("GET", f"{path}/replicationcontrollers/simpletest.rc")
    assert kept.at("metadata.deletionTimestamp") is not None
    await cluster.patch(held, {"metadata": {"finalizers": None}})
    await cluster.until_gone(f"{path}/replicationcontrollers/simpletest.rc")


@box(
    "Garbage collector should not delete dependents that have both valid owner and owner that's waiting for "
    "dependents to be deleted"
)
async def test_pods_with_another_controller_stay(cluster: Cluster) -> None:
    namespace = await cluster.namespace()
    path = f"/api/v1/namespaces/{namespace}"
    going = "simpletest-rc-to-be-deleted"
    await replicated(cluster, namespace, going, 10)
    spec = {
        "replicas": 0,
        "selector": {"app": "another"},
        "template": {**TEMPLATE, "metadata": {"labels": {"app": "another"}}},
    }
    stays = await cluster.must(
        "POST", f"{path}/replicationcontrollers", {"metadata": {"name": "simpletest-rc-to-stay"}, "spec": spec}
    )
    pods = await cluster.items(f"{path}/pods")
    for item in pods[:5]:
        name, owners = item["metadata"]["name"], item["metadata"]["ownerReferences"]  # type: ignore[index]
        await cluster.patch(f"{path}/pods/{name}", {"metadata": {"ownerReferences": [*owners, owner(stays)]}})
    await cluster.must("DELETE", f"{path}/replicationcontrollers/{going}", delete("Foreground"))
    await cluster.until_gone(f"{path}/replicationcontrollers/{going}")
    await cluster.pass_time(10)
    left = await cluster.items(f"{path}/pods")
    assert len(left) == 5
    for item in left:
        [reference] = item["metadata"]["ownerReferences"]  # type: ignore[index]
        assert reference["name"] == "simpletest-rc-to-stay"
