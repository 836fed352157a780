"""auth/certificates.go: requests for certificates are objects like others, with a decision and a status apart."""

from __future__ import annotations

from suites.api_harness import MERGE
from suites.conformance import box
from suites.conformance_cluster import Cluster, watching
from suites.sample_objects import CERTIFICATE_REQUEST
from wherry.apimachinery.document import Document

CSRS = "/apis/certificates.k8s.io/v1/certificatesigningrequests"
LABEL = "e2e=certificates"


def request(prefix: str = "e2e-example-csr-") -> Document:
    spec: Document = {
        "request": CERTIFICATE_REQUEST,
        "signerName": "example.com/e2e",
        "expirationSeconds": 3600,
        "usages": ["digital signature", "key encipherment", "server auth"],
    }
    return {"metadata": {"generateName": prefix, "labels": {"e2e": "certificates"}}, "spec": spec}


def name_of(document: Document) -> str:
    metadata = document["metadata"]
    assert isinstance(metadata, dict)
    return str(metadata["name"])


@box("Certificates API should support CSR API operations")
async def test_a_request_is_made_found_changed_decided_and_deleted(cluster: Cluster) -> None:
    groups = (await cluster.must("GET", "/apis"))["groups"]
    assert isinstance(groups, list)
    assert [group["preferredVersion"]["version"] for group in groups if group["name"] == "certificates.k8s.io"] == [
        "v1"
    ]
    listed = (await cluster.must("GET", "/apis/certificates.k8s.io/v1"))["resources"]
    assert isinstance(listed, list)
    assert {
        "certificatesigningrequests",
        "certificatesigningrequests/approval",
        "certificatesigningrequests/status",
    } <= {resource["name"] for resource in listed}
    async with watching(cluster, CSRS, labelSelector=LABEL) as seen:
        made = [await cluster.must("POST", CSRS, request()) for _ in range(3)]
        name = name_of(made[0])
        path = f"{CSRS}/{name}"
        assert (await cluster.must("GET", path))["metadata"] == made[0]["metadata"]
        assert len(await cluster.items(CSRS, labelSelector=LABEL)) == 3
        patched = await cluster.patch(path, {"metadata": {"annotations": {"patched": "true"}}})
        metadata = patched["metadata"]
        assert isinstance(metadata, dict)
        metadata["annotations"]["updated"] = "true"
        updated = await cluster.ask("PUT", path, patched)
        assert updated.at("metadata.annotations") == {"patched": "true", "updated": "true"}

        approved: Document = {"type": "Approved", "status": "True", "reason": "E2E", "message": "Set from an e2e test"}
        decided = await cluster.ask("PUT", f"{path}/approval", {**updated.json, "status": {"conditions": [approved]}})
        assert decided.at("status.conditions.0.type") == "Approved"
        also = {"metadata": {"annotations": {"patchedapproval": "true"}}}
        assert (await cluster.ask("PATCH", f"{path}/approval", also, content_type=MERGE)).at(
            "metadata.annotations.patchedapproval"
        ) == "true"
        assert (await cluster.ask("GET", f"{path}/approval")).at("status.conditions.0.reason") == "E2E"

        other = f"{CSRS}/{name_of(made[1])}"
        failed = {"type": "Failed", "status": "True", "reason": "E2E", "message": "Set from an e2e test"}
        current = await cluster.must("GET", f"{other}/status")
        written = await cluster.ask("PUT", f"{other}/status", {**current, "status": {"conditions": [failed]}})
        assert written.at("status.conditions.0.type") == "Failed"
        note = {"metadata": {"annotations": {"patchedstatus": "true"}}}
        assert (await cluster.ask("PATCH", f"{other}/status", note, content_type=MERGE)).at(
            "metadata.annotations.patchedstatus"
        ) == "true"

        await cluster.must("DELETE", path)
        assert not await cluster.exists(path)
        await cluster.must("DELETE", CSRS, labelSelector=LABEL)
        assert await cluster.items(CSRS, labelSelector=LABEL) == []
        await cluster.pass_time(0.1)
    assert seen.told[:3] == ["ADDED"] * 3
    assert seen.told.count("DELETED") == 3
    assert "MODIFIED" in seen.told
