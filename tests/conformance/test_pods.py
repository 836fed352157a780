"""node/pods.go, common/node/sysctl.go, runtimeclass.go, csi_inline.go and projected_podcertificate.go:
what is made of a pod, and which pods are refused, before any of them runs."""

from __future__ import annotations

from typing import Any

import pytest

from suites.conformance import box
from suites.conformance_cluster import Cluster

CLASSES = "/apis/node.k8s.io/v1/runtimeclasses"
CERTIFICATE = "Projected PodCertificate MaxExpirationSeconds validations should reject pod creation when"


def pod(name: str = "p", resources: dict[str, Any] | None = None, **spec: Any) -> dict[str, Any]:
    container = {"name": "c", "image": "pause", "resources": resources or {}}
    return {"metadata": {"name": name, "labels": {"app": name}}, "spec": {"containers": [container], **spec}}


async def pods_of(cluster: Cluster) -> str:
    return f"/api/v1/namespaces/{await cluster.namespace()}/pods"


@box(
    "Pods Extended Pods Set QOS Class should be set on Pods with matching resource requests and limits"
    " for memory and cpu"
)
async def test_a_pod_whose_limits_are_its_requests_is_guaranteed(cluster: Cluster) -> None:
    path, amounts = await pods_of(cluster), {"cpu": "100m", "memory": "100Mi"}
    made = await cluster.ask("POST", path, pod("guaranteed", {"requests": amounts, "limits": amounts}))
    assert made.at("status.qosClass") == "Guaranteed"
    assert (await cluster.ask("GET", f"{path}/guaranteed")).at("status.qosClass") == "Guaranteed"
    for name, resources, quality in (
        ("burstable", {"requests": amounts}, "Burstable"),
        ("best-effort", {}, "BestEffort"),
    ):
        assert (await cluster.ask("POST", path, pod(name, resources))).at("status.qosClass") == quality


@box("Sysctls should reject invalid sysctls")
async def test_each_wrong_setting_of_the_kernel_is_named(cluster: Cluster) -> None:
    names = ("foo-", "kernel.shmmax", "safe-and-unsafe", "bar..")
    sysctls = [{"name": name, "value": "100000000"} for name in names]
    refused = await cluster.ask("POST", await pods_of(cluster), pod(securityContext={"sysctls": sysctls}))
    assert (refused.status, refused.at("reason")) == (422, "Invalid")
    for name in names:
        assert (f'Invalid value: "{name}"' in str(refused.at("message"))) == (name in ("foo-", "bar..")), name


@box("RuntimeClass should reject a Pod requesting a non-existent RuntimeClass")
async def test_a_runtime_class_must_be_there(cluster: Cluster) -> None:
    refused = await cluster.ask("POST", await pods_of(cluster), pod(runtimeClassName="nonexistent"))
    assert (refused.status, refused.at("reason")) == (403, "Forbidden")
    assert 'RuntimeClass "nonexistent" not found' in str(refused.at("message"))


@box("RuntimeClass should reject a Pod requesting a deleted RuntimeClass")
async def test_a_runtime_class_must_be_there_still(cluster: Cluster) -> None:
    path = await pods_of(cluster)
    await cluster.must("POST", CLASSES, {"metadata": {"name": "delete-me"}, "handler": "runc"})
    await cluster.must("POST", path, pod("before", runtimeClassName="delete-me"))
    await cluster.must("DELETE", f"{CLASSES}/delete-me")
    await cluster.until_gone(f"{CLASSES}/delete-me")
    refused = await cluster.ask("POST", path, pod("after", runtimeClassName="delete-me"))
    assert (refused.status, refused.at("reason")) == (403, "Forbidden")


@box("CSIInlineVolumes should support CSIVolumeSource in Pod API")
async def test_a_pod_may_bring_a_volume_of_a_driver(cluster: Cluster) -> None:
    path = await pods_of(cluster)
    attributes = {"driver": "e2e.example.com", "readOnly": True, "volumeAttributes": {"size": "1Gi"}}
    spec = pod("inline", volumes=[{"name": "csi", "csi": attributes}])
    spec["spec"]["containers"][0]["volumeMounts"] = [{"name": "csi", "mountPath": "/mnt/csi"}]
    await cluster.must("POST", path, spec)
    volumes = (await cluster.ask("GET", f"{path}/inline")).at("spec.volumes")
    assert isinstance(volumes, list)
    assert volumes[0] == {"name": "csi", "csi": attributes}
    [listed] = await cluster.items(path, labelSelector="app=inline")
    assert listed["spec"]["volumes"] == volumes  # type: ignore[index]
    await cluster.must("DELETE", f"{path}/inline")
    await cluster.until_gone(f"{path}/inline")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        pytest.param(
            7862401, "maxExpirationSeconds must be <= 7862400",
            marks=box(f"{CERTIFICATE} MaxExpirationSeconds exceeds maximum (91d)"),
        ),
        pytest.param(
            3599, "maxExpirationSeconds must be >= 3600",
            marks=box(f"{CERTIFICATE} MaxExpirationSeconds is less than minimum (1h)"),
        ),
    ],
)  # fmt: skip
async def test_the_life_of_a_pods_certificate_has_bounds(cluster: Cluster, seconds: int, words: str) -> None:
    source = {
        "signerName": "example.com/signer",
        "keyType": "ECDSAP256",
        "credentialBundlePath": "bundle.pem",
        "maxExpirationSeconds": seconds,
    }
    volume = {"name": "certificate", "projected": {"sources": [{"podCertificate": source}]}}
    refused = await cluster.ask("POST", await pods_of(cluster), pod(serviceAccountName="default", volumes=[volume]))
    assert (refused.status, refused.at("reason")) == (422, "Invalid")
    assert words in str(refused.at("message"))
    source["maxExpirationSeconds"] = 3600
    await cluster.must("POST", await pods_of(cluster), pod(serviceAccountName="default", volumes=[volume]))
