"""auth/service_accounts.go: the identity of pods, and how they trust the server."""

from __future__ import annotations

from suites.api_harness import STRATEGIC
from suites.conformance import box
from suites.conformance_cluster import CA_PEM, Cluster, watching

NAME = "kube-root-ca.crt"


@box("ServiceAccounts should guarantee kube-root-ca.crt exist in any namespace")
async def test_the_certificate_is_in_every_namespace_whatever_people_do_to_it(cluster: Cluster) -> None:
    path = f"/api/v1/namespaces/{await cluster.namespace()}/configmaps/{NAME}"

    async def is_right() -> bool:
        return (await cluster.ask("GET", path)).json.get("data") == {"ca.crt": CA_PEM}

    await cluster.until(is_right)
    await cluster.must("DELETE", path)
    await cluster.until(is_right, "a new certificate")
    document = await cluster.must("GET", path)
    document["data"] = {"ca.crt": ""}
    await cluster.must("PUT", path, document)
    await cluster.until(is_right, "a mended certificate")
    await cluster.patch(path, {"data": {"other": "x"}})
    await cluster.until(is_right)


async def test_a_namespaces_account_comes_back(cluster: Cluster) -> None:
    path = f"/api/v1/namespaces/{await cluster.namespace()}/serviceaccounts/default"
    before = (await cluster.ask("GET", path)).at("metadata.uid")
    await cluster.must("DELETE", path)

    async def is_new() -> bool:
        answer = await cluster.ask("GET", path)
        return answer.status == 200 and answer.at("metadata.uid") != before

    await cluster.until(is_new, "a new account")


@box("ServiceAccounts should run through the lifecycle of a ServiceAccount")
async def test_an_account_is_created_watched_patched_found_and_deleted(cluster: Cluster) -> None:
    path = f"/api/v1/namespaces/{await cluster.namespace()}/serviceaccounts"
    async with watching(cluster, path, labelSelector="test-serviceaccount-static=true") as seen:
        labels = {"test-serviceaccount-static": "true"}
        await cluster.must("POST", path, {"metadata": {"name": "testserviceaccount", "labels": labels}})
        patch = {"automountServiceAccountToken": False}
        patched = await cluster.patch(f"{path}/testserviceaccount", patch, content_type=STRATEGIC)
        assert patched["automountServiceAccountToken"] is False
        found = await cluster.items("/api/v1/serviceaccounts", labelSelector="test-serviceaccount-static=true")
        assert [item["metadata"]["name"] for item in found] == ["testserviceaccount"]  # type: ignore[index]
        await cluster.must("DELETE", path, labelSelector="test-serviceaccount-static=true")
        await cluster.pass_time(0.1)
    assert seen.told == ["ADDED", "MODIFIED", "DELETED"]


@box("ServiceAccounts should update a ServiceAccount")
async def test_an_account_is_replaced(cluster: Cluster) -> None:
    path = f"/api/v1/namespaces/{await cluster.namespace()}/serviceaccounts"
    created = await cluster.must("POST", path, {"metadata": {"name": "e2e-sa"}})
    assert "automountServiceAccountToken" not in created
    created["automountServiceAccountToken"] = True
    assert (await cluster.must("PUT", f"{path}/e2e-sa", created))["automountServiceAccountToken"] is True


@box("ServiceAccounts should create a serviceAccountToken and ensure a successful TokenReview")
async def test_a_token_that_was_asked_for_is_known(cluster: Cluster) -> None:
    namespace = await cluster.namespace()
    path = f"/api/v1/namespaces/{namespace}/serviceaccounts"
    account = await cluster.must("POST", path, {"metadata": {"name": "e2e"}})
    request = {"kind": "TokenRequest", "apiVersion": "authentication.k8s.io/v1", "spec": {}}
    answer = await cluster.ask("POST", f"{path}/e2e/token", request)
    assert answer.status == 201
    review = {
        "kind": "TokenReview",
        "apiVersion": "authentication.k8s.io/v1",
        "spec": {"token": answer.at("status.token")},
    }
    reviewed = await cluster.ask("POST", "/apis/authentication.k8s.io/v1/tokenreviews", review)
    assert reviewed.at("status.authenticated") is True
    assert reviewed.at("status.user.username") == f"system:serviceaccount:{namespace}:e2e"
    assert reviewed.at("status.user.uid") == account["metadata"]["uid"]  # type: ignore[index]
