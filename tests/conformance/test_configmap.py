"""common/node/configmap.go, secrets.go and their volumes' files: what may be kept, and what may not be changed."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from suites.conformance import box
from suites.conformance_cluster import Cluster

FROZEN = "field is immutable when `immutable` is set"


@box("ConfigMap should fail to create ConfigMap with empty key")
async def test_a_config_map_has_no_empty_key(cluster: Cluster) -> None:
    path = f"/api/v1/namespaces/{await cluster.namespace()}/configmaps"
    refused = await cluster.ask("POST", path, {"metadata": {"name": "empty"}, "data": {"": "value-1"}})
    assert (refused.status, refused.at("reason")) == (422, "Invalid")
    assert str(refused.at("details.causes.0.field")).startswith("data")


@box("Secrets should fail to create secret due to empty secret key")
async def test_a_secret_has_no_empty_key(cluster: Cluster) -> None:
    path = f"/api/v1/namespaces/{await cluster.namespace()}/secrets"
    refused = await cluster.ask("POST", path, {"metadata": {"name": "empty"}, "data": {"": "dmFsdWUtMQ=="}})
    assert (refused.status, refused.at("reason")) == (422, "Invalid")
    assert str(refused.at("details.causes.0.field")).startswith("data")


@box("ConfigMap should update ConfigMap successfully")
async def test_a_config_map_is_replaced(cluster: Cluster) -> None:
    path = f"/api/v1/namespaces/{await cluster.namespace()}/configmaps"
    made = await cluster.must("POST", path, {"metadata": {"name": "cm"}, "data": {"data-1": "value-1"}})
    made["data"] = {"data": "value-2"}
    await cluster.must("PUT", f"{path}/cm", made)
    assert (await cluster.must("GET", f"{path}/cm"))["data"] == {"data": "value-2"}


@box("Secrets should patch a secret")
async def test_a_secret_is_patched_found_and_deleted_by_its_label(cluster: Cluster) -> None:
    path = f"/api/v1/namespaces/{await cluster.namespace()}/secrets"
    labels = {"testsecret-constant": "true"}
    await cluster.must("POST", path, {"metadata": {"name": "s", "labels": labels}, "stringData": {"key": "value"}})
    everywhere: list[Any] = list(await cluster.items("/api/v1/secrets", labelSelector="testsecret-constant=true"))
    assert [each["metadata"]["name"] for each in everywhere] == ["s"]
    value = base64.b64encode(b"value1").decode()
    await cluster.patch(f"{path}/s", {"metadata": {"labels": {"testsecret": "true"}}, "data": {"key": value}})
    found = await cluster.ask("GET", f"{path}/s")
    assert found.at("data") == {"key": value}
    assert found.at("metadata.labels") == {**labels, "testsecret": "true"}
    await cluster.must("DELETE", path, labelSelector="testsecret=true")
    assert await cluster.items("/api/v1/secrets", labelSelector="testsecret-constant=true") == []


@pytest.mark.parametrize(
    "plural",
    [
        pytest.param("configmaps", marks=box("ConfigMap should be immutable if `immutable` field is set")),
        pytest.param("secrets", marks=box("Secrets should be immutable if `immutable` field is set")),
    ],
)
async def test_what_is_immutable_stays_as_it_is_until_it_is_deleted(cluster: Cluster, plural: str) -> None:
    path = f"/api/v1/namespaces/{await cluster.namespace()}/{plural}"
    await cluster.must("POST", path, {"metadata": {"name": "x"}, "data": {"a": "MQ=="}})
    await cluster.patch(f"{path}/x", {"data": {"a": "Mg=="}})
    await cluster.patch(f"{path}/x", {"immutable": True})
    changes: tuple[dict[str, Any], ...] = ({"data": {"a": "Mw=="}}, {"immutable": False}, {"immutable": None})
    for change in changes:
        refused = await cluster.ask("PATCH", f"{path}/x", change, content_type="application/merge-patch+json")
        assert (refused.status, refused.at("reason")) == (422, "Invalid")
        assert FROZEN in str(refused.at("message"))
    await cluster.patch(f"{path}/x", {"metadata": {"labels": {"still": "mine"}}})
    await cluster.must("DELETE", f"{path}/x")
    assert not await cluster.exists(f"{path}/x")
