"""apimachinery/discovery.go: every group says its versions, and every version its kinds."""

from __future__ import annotations

from suites.conformance import box
from suites.conformance_cluster import Cluster


@box("Discovery should validate PreferredVersion for each APIGroup")
async def test_every_group_prefers_one_of_its_versions(cluster: Cluster) -> None:
    groups = (await cluster.must("GET", "/apis"))["groups"]
    assert isinstance(groups, list)
    assert len(groups) > 10
    for listed in groups:
        group = await cluster.must("GET", f"/apis/{listed['name']}")
        assert group["name"] == listed["name"]
        assert group["preferredVersion"] == listed["preferredVersion"]
        assert group["preferredVersion"] in listed["versions"]
        assert group["versions"] == listed["versions"]
        assert all(each["groupVersion"] == f"{listed['name']}/{each['version']}" for each in listed["versions"])


@box("Discovery should locate the groupVersion and a resource within each APIGroup")
async def test_every_group_is_found_and_has_the_kind_that_it_is_known_for(cluster: Cluster) -> None:
    known = {
        "admissionregistration.k8s.io": "validatingwebhookconfigurations",
        "apiextensions.k8s.io": "customresourcedefinitions",
        "apps": "deployments",
        "authentication.k8s.io": "tokenreviews",
        "authorization.k8s.io": "selfsubjectaccessreviews",
        "autoscaling": "horizontalpodautoscalers",
        "batch": "jobs",
        "coordination.k8s.io": "leases",
        "discovery.k8s.io": "endpointslices",
        "events.k8s.io": "events",
        "networking.k8s.io": "ingresses",
        "node.k8s.io": "runtimeclasses",
        "policy": "poddisruptionbudgets",
        "scheduling.k8s.io": "priorityclasses",
        "rbac.authorization.k8s.io": "clusterroles",
        "storage.k8s.io": "storageclasses",
    }
    groups = (await cluster.must("GET", "/apis"))["groups"]
    assert isinstance(groups, list)
    versions = {group["name"]: [each["groupVersion"] for each in group["versions"]] for group in groups}
    for group, plural in known.items():
        assert f"{group}/v1" in versions[group]
        found = await cluster.must("GET", f"/apis/{group}/v1")
        assert (found["kind"], found["groupVersion"]) == ("APIResourceList", f"{group}/v1")
        resources = found["resources"]
        assert isinstance(resources, list)
        assert plural in {resource["name"] for resource in resources}
