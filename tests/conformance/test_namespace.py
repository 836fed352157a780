"""apimachinery/namespace.go: namespaces and their end."""

from __future__ import annotations

from suites.conformance import box
from suites.conformance_cluster import Cluster, watching
from wherry.apimachinery.document import Document

NAMESPACES = "/api/v1/namespaces"
CONDITIONS = {
    "NamespaceDeletionDiscoveryFailure",
    "NamespaceDeletionGroupVersionParsingFailure",
    "NamespaceDeletionContentFailure",
    "NamespaceContentRemaining",
    "NamespaceFinalizersRemaining",
}


def metadata(document: Document) -> Document:
    found = document["metadata"]
    assert isinstance(found, dict)
    return found


async def is_terminating(cluster: Cluster, name: str) -> bool:
    return (await cluster.ask("GET", f"{NAMESPACES}/{name}")).at("status.phase") == "Terminating"


@box("Namespaces should ensure that all services are removed when a namespace is deleted")
async def test_services_go_with_their_namespace(cluster: Cluster) -> None:
    name = await cluster.namespace()
    service = {"metadata": {"name": "test-service"}, "spec": {"selector": {"a": "b"}, "ports": [{"port": 80}]}}
    await cluster.must("POST", f"{NAMESPACES}/{name}/services", service)
    await cluster.must("DELETE", f"{NAMESPACES}/{name}")
    await cluster.until_gone(f"{NAMESPACES}/{name}")
    await cluster.must("POST", NAMESPACES, {"metadata": {"name": name}})
    assert await cluster.items(f"{NAMESPACES}/{name}/services") == []


@box("Namespaces should patch a Namespace")
async def test_a_namespace_is_patched(cluster: Cluster) -> None:
    name = await cluster.namespace()
    await cluster.patch(f"{NAMESPACES}/{name}", {"metadata": {"labels": {"testLabel": "testValue"}}})
    assert metadata(await cluster.must("GET", f"{NAMESPACES}/{name}"))["labels"] == {
        "kubernetes.io/metadata.name": name,
        "testLabel": "testValue",
    }


@box("Namespaces should apply changes to a namespace status")
async def test_the_status_of_a_namespace_is_read_patched_and_replaced(cluster: Cluster) -> None:
    name = await cluster.namespace()
    path = f"{NAMESPACES}/{name}/status"
    assert (await cluster.ask("GET", path)).at("status.phase") == "Active"

    def condition(kind: str, reason: str) -> Document:
        return {"type": kind, "status": "True", "reason": reason, "message": "by a test"}

    patched = await cluster.patch(
        path,
        {
            "metadata": {"annotations": {"e2e-patched-ns-status": name}},
            "status": {"conditions": [condition("StatusPatch", "E2E")]},
        },
    )
    assert metadata(patched)["annotations"] == {"e2e-patched-ns-status": name}
    status = patched["status"]
    assert isinstance(status, dict)
    conditions = status["conditions"]
    assert isinstance(conditions, list)
    assert [each["reason"] for each in conditions] == ["E2E"]
    status["conditions"] = [*conditions, condition("StatusUpdate", "E2E")]
    await cluster.must("PUT", path, patched)
    answer = await cluster.ask("GET", path)
    assert answer.at("status.conditions.1.type") == "StatusUpdate"
    assert answer.at("status.phase") == "Active"


@box("Namespaces should apply an update to a Namespace")
async def test_a_namespace_is_replaced(cluster: Cluster) -> None:
    name = await cluster.namespace()
    document = await cluster.must("GET", f"{NAMESPACES}/{name}")
    labels = metadata(document)["labels"]
    assert isinstance(labels, dict)
    labels["e2e-update"] = "done"
    await cluster.must("PUT", f"{NAMESPACES}/{name}", document)
    assert metadata(await cluster.must("GET", f"{NAMESPACES}/{name}"))["labels"] == labels


@box("Namespaces should apply a finalizer to a Namespace")
async def test_a_finalizer_is_added_and_taken_away(cluster: Cluster) -> None:
    name = await cluster.namespace()
    path = f"{NAMESPACES}/{name}/finalize"
    document = await cluster.must("GET", f"{NAMESPACES}/{name}")
    spec = document["spec"]
    assert isinstance(spec, dict)
    spec["finalizers"] = ["kubernetes", "e2e.example.com/fakeFinalizer"]
    finalized = await cluster.must("PUT", path, document)
    assert finalized["spec"] == {"finalizers": ["kubernetes", "e2e.example.com/fakeFinalizer"]}
    spec["finalizers"] = ["kubernetes"]
    metadata(document)["resourceVersion"] = metadata(finalized)["resourceVersion"]
    assert (await cluster.must("PUT", path, document))["spec"] == {"finalizers": ["kubernetes"]}


async def test_a_namespace_tells_while_it_goes_and_takes_everything_along(cluster: Cluster) -> None:
    name = await cluster.namespace()
    held = {"metadata": {"name": "held", "finalizers": ["example.com/wait"]}}
    await cluster.must("POST", f"{NAMESPACES}/{name}/configmaps", held)
    async with watching(cluster, NAMESPACES, fieldSelector=f"metadata.name={name}", resourceVersion="0") as seen:
        await cluster.must("DELETE", f"{NAMESPACES}/{name}")
        await cluster.pass_time(5)
        conditions = (await cluster.ask("GET", f"{NAMESPACES}/{name}")).at("status.conditions")
        assert isinstance(conditions, list)
        told = {each["type"]: (each["status"], each["message"]) for each in conditions}
        assert set(told) == CONDITIONS
        assert told["NamespaceContentRemaining"] == (
            "True",
            "Some resources are remaining: configmaps. has 1 resource instances",
        )
        assert told["NamespaceFinalizersRemaining"] == (
            "True",
            "Some content in the namespace has finalizers remaining: example.com/wait in 1 resource instances",
        )
        await cluster.patch(f"{NAMESPACES}/{name}/configmaps/held", {"metadata": {"finalizers": None}})
        await cluster.until_gone(f"{NAMESPACES}/{name}")
    assert seen.told[-1] == "DELETED"


async def test_a_namespace_that_goes_lets_nothing_in(cluster: Cluster) -> None:
    name = await cluster.namespace()
    held = {"metadata": {"name": "held", "finalizers": ["example.com/wait"]}}
    await cluster.must("POST", f"{NAMESPACES}/{name}/configmaps", held)
    await cluster.must("DELETE", f"{NAMESPACES}/{name}")
    assert await is_terminating(cluster, name)
    answer = await cluster.ask("POST", f"{NAMESPACES}/{name}/secrets", {"metadata": {"name": "late"}})
    assert (answer.status, answer.at("details.causes.0.reason")) == (403, "NamespaceTerminating")


@box("OrderedNamespaceDeletion namespace deletion should delete pod first")
async def test_pods_go_first(cluster: Cluster) -> None:
    name = await cluster.namespace()
    pod = {"name": "held", "finalizers": ["e2e.example.com/finalizer"]}
    spec = {"containers": [{"name": "c", "image": "pause"}]}
    await cluster.must("POST", f"{NAMESPACES}/{name}/pods", {"metadata": pod, "spec": spec})
    await cluster.must("POST", f"{NAMESPACES}/{name}/configmaps", {"metadata": {"name": "kept"}})
    await cluster.must("DELETE", f"{NAMESPACES}/{name}")

    async def pod_goes() -> bool:
        answer = await cluster.ask("GET", f"{NAMESPACES}/{name}/pods/held")
        return answer.at("metadata.deletionTimestamp") is not None

    await cluster.until(pod_goes)
    await cluster.pass_time(5)
    kept = await cluster.ask("GET", f"{NAMESPACES}/{name}/configmaps/kept")
    assert (kept.status, kept.at("metadata.deletionTimestamp")) == (200, None)
    conditions = (await cluster.ask("GET", f"{NAMESPACES}/{name}")).at("status.conditions")
    assert isinstance(conditions, list)
    assert {each["type"]: each["status"] for each in conditions} == {
        kind: "True" if kind.endswith("Remaining") else "False" for kind in CONDITIONS
    }
    await cluster.patch(f"{NAMESPACES}/{name}/pods/held", {"metadata": {"finalizers": None}})
    await cluster.until_gone(f"{NAMESPACES}/{name}")
