"""storage/persistent_volumes.go and volume_attachment.go: what is reported of volumes, claims and attachments."""

from __future__ import annotations

from typing import Any

import pytest

from suites.api_harness import STRATEGIC
from suites.conformance import box
from suites.conformance_cluster import Cluster
from wherry.apimachinery.document import Document

SIZE: Document = {"storage": "1Gi"}
CONDITION: Document = {
    "type": "StatusUpdate",
    "status": "True",
    "reason": "E2E",
    "message": "Set from e2e test",
    "lastTransitionTime": "2026-11-23T07:00:00Z",
}


async def report(cluster: Cluster, path: str, status: Document, more: Document) -> Any:
    """Patch a status, then replace it; returns what is kept in the end."""
    before: Any = await cluster.must("GET", path)
    patch = {"metadata": {"annotations": {"e2e-patched-status": "true"}}, "status": status}
    patched: Any = await cluster.patch(f"{path}/status", patch, content_type=STRATEGIC)
    assert patched["metadata"]["annotations"]["e2e-patched-status"] == "true"
    assert {name: patched["status"][name] for name in status} == status
    current: Any = await cluster.must("GET", f"{path}/status")
    current["status"] |= more
    updated: Any = await cluster.must("PUT", f"{path}/status", current)
    assert {name: updated["status"][name] for name in {**status, **more}} == {**status, **more}
    assert updated["spec"] == before["spec"]
    return await cluster.must("GET", path)


@box("PersistentVolumes CSI Conformance should apply changes to a pv/pvc status")
async def test_the_status_of_a_claim_and_of_a_volume_is_patched_and_replaced(cluster: Cluster) -> None:
    claims = f"/api/v1/namespaces/{await cluster.namespace()}/persistentvolumeclaims"
    spec: Document = {"accessModes": ["ReadWriteOnce"], "storageClassName": "e2e-none", "resources": {"requests": SIZE}}
    await cluster.must("POST", claims, {"metadata": {"name": "claim"}, "spec": spec})
    kept = await report(cluster, f"{claims}/claim", {"conditions": [CONDITION]}, {"capacity": {"storage": "2Gi"}})
    assert kept["status"]["conditions"] == [CONDITION]
    volume: Document = {
        "capacity": SIZE,
        "accessModes": ["ReadWriteOnce"],
        "storageClassName": "e2e-none-2",
        "csi": {"driver": "e2e.example.com", "volumeHandle": "h"},
    }
    await cluster.must("POST", "/api/v1/persistentvolumes", {"metadata": {"name": "volume"}, "spec": volume})
    kept = await report(
        cluster, "/api/v1/persistentvolumes/volume", {"message": "patched", "reason": "E2E"}, {"message": "updated"}
    )
    assert (kept["status"]["message"], kept["status"]["reason"]) == ("updated", "E2E")


@box("VolumeAttachment Conformance should apply changes to a volumeattachment status")
@pytest.mark.parametrize("attached", [True, False])
async def test_the_status_of_an_attachment_is_patched_and_replaced(cluster: Cluster, attached: bool) -> None:
    path = "/apis/storage.k8s.io/v1/volumeattachments"
    spec: Document = {"attacher": "e2e.example.com", "nodeName": "n1", "source": {"persistentVolumeName": "pv-1"}}
    await cluster.must("POST", path, {"metadata": {"name": "attachment"}, "spec": spec})
    wrong: Document = {"message": "not yet", "time": "2026-11-23T07:00:00Z"}
    kept = await report(cluster, f"{path}/attachment", {"attached": attached}, {"attachError": wrong})
    assert kept["status"] == {"attached": attached, "attachError": wrong}
