"""apimachinery/resource_quota.go: what a namespace may have, and what it has."""

from __future__ import annotations

from suites.api_harness import STRATEGIC
from suites.conformance import box
from suites.conformance_cluster import Cluster, watching
from wherry.apimachinery.document import Document

HARD = {
    "pods": "5",
    "services": "10",
    "services.nodeports": "1",
    "services.loadbalancers": "1",
    "replicationcontrollers": "10",
    "resourcequotas": "1",
    "cpu": "1",
    "memory": "500Mi",
    "configmaps": "10",
    "secrets": "10",
    "persistentvolumeclaims": "10",
    "requests.storage": "10Gi",
    "ephemeral-storage": "50Gi",
    "gold.storageclass.storage.k8s.io/persistentvolumeclaims": "10",
    "gold.storageclass.storage.k8s.io/requests.storage": "10Gi",
    "count/replicasets.apps": "5",
    "requests.example.com/dongle": "3",
}


class Quotas:
    """The quotas of one namespace."""

    def __init__(self, cluster: Cluster, namespace: str) -> None:
        self.cluster = cluster
        self.namespace = f"/api/v1/namespaces/{namespace}"
        self.path = f"{self.namespace}/resourcequotas"

    async def create(self, name: str = "test-quota", **spec: object) -> None:
        await self.cluster.must("POST", self.path, {"metadata": {"name": name}, "spec": {"hard": HARD, **spec}})

    async def used(self, name: str = "test-quota") -> Document:
        used = (await self.cluster.ask("GET", f"{self.path}/{name}")).at("status.used")
        return used if isinstance(used, dict) else {}

    async def until(self, name: str = "test-quota", **wanted: str) -> None:
        """Wait until this much is used; `_` stands for the other signs of a resource's name."""
        names = {each.replace(".", "_").replace("/", "_").replace("-", "_"): each for each in HARD}

        async def is_so() -> bool:
            used = await self.used(name)
            return all(used.get(names[each]) == amount for each, amount in wanted.items())

        await self.cluster.until(is_so, f"{wanted} in {name}")


async def quotas_of(cluster: Cluster) -> Quotas:
    return Quotas(cluster, await cluster.namespace())


def pod(
    name: str, requests: dict[str, str] | None = None, limits: dict[str, str] | None = None, **spec: object
) -> Document:
    container = {"name": "pause", "image": "pause", "resources": {"requests": requests or {}, "limits": limits or {}}}
    return {"metadata": {"name": name}, "spec": {"containers": [container], **spec}}


def service(name: str, kind: str = "ClusterIP") -> Document:
    return {"metadata": {"name": name}, "spec": {"type": kind, "ports": [{"port": 80}], "selector": {"a": "b"}}}


NOW: Document = {"kind": "DeleteOptions", "apiVersion": "v1", "gracePeriodSeconds": 0}


@box("ResourceQuota should create a ResourceQuota and ensure its status is promptly calculated.")
async def test_the_status_is_calculated_promptly(cluster: Cluster) -> None:
    quotas = await quotas_of(cluster)
    await quotas.create()
    await quotas.until(resourcequotas="1", pods="0", configmaps="1")


@box("ResourceQuota should create a ResourceQuota and capture the life of a service.")
async def test_services_are_counted_while_they_live(cluster: Cluster) -> None:
    quotas = await quotas_of(cluster)
    await quotas.create()
    await quotas.until(resourcequotas="1")
    path = f"{quotas.namespace}/services"
    await cluster.must("POST", path, service("test-service"))
    await cluster.must("POST", path, service("test-service-np", "NodePort"))
    assert (await cluster.ask("POST", path, service("test-service-lb", "LoadBalancer"))).status == 403
    await quotas.until(services="2", services_nodeports="1", services_loadbalancers="0")
    for name in ("test-service", "test-service-np"):
        await cluster.must("DELETE", f"{path}/{name}")
    await quotas.until(services="0", services_nodeports="0")


@box("ResourceQuota should create a ResourceQuota and capture the life of a secret.")
async def test_secrets_are_counted_while_they_live(cluster: Cluster) -> None:
    quotas = await quotas_of(cluster)
    await quotas.create(hard={**HARD, "secrets": "1"})
    await quotas.until(secrets="0")
    path = f"{quotas.namespace}/secrets"
    await cluster.must("POST", path, {"metadata": {"name": "test-secret"}, "data": {"data-1": "dmFsdWU="}})
    await quotas.until(secrets="1")
    assert (await cluster.ask("POST", path, {"metadata": {"name": "second"}})).status == 403
    await cluster.must("DELETE", f"{path}/test-secret")
    await quotas.until(secrets="0")


@box("ResourceQuota should create a ResourceQuota and capture the life of a configMap.")
async def test_config_maps_are_counted_while_they_live(cluster: Cluster) -> None:
    quotas = await quotas_of(cluster)
    await quotas.create()
    await quotas.until(configmaps="1")
    path = f"{quotas.namespace}/configmaps"
    await cluster.must("POST", path, {"metadata": {"name": "test-configmap"}, "data": {"a": "b"}})
    await quotas.until(configmaps="2")
    await cluster.must("DELETE", f"{path}/test-configmap")
    await quotas.until(configmaps="1")


@box("ResourceQuota should create a ResourceQuota and capture the life of a pod.")
async def test_what_pods_ask_for_is_counted_while_they_live(cluster: Cluster) -> None:
    quotas = await quotas_of(cluster)
    await quotas.create()
    await quotas.until(pods="0")
    path, dongle = f"{quotas.namespace}/pods", "example.com/dongle"
    requests = {"cpu": "500m", "memory": "252Mi", "ephemeral-storage": "30Gi", dongle: "2"}
    await cluster.must("POST", path, pod("test-pod", requests, {dongle: "2"}))
    used = {"pods": "1", "cpu": "500m", "memory": "252Mi", "ephemeral_storage": "30Gi"}
    used["requests_example_com_dongle"] = "2"
    await quotas.until(**used)
    too_big = pod("fail-pod", {"cpu": "600m", "memory": "100Mi"})
    assert (await cluster.ask("POST", path, too_big)).status == 403
    too_many = pod(
        "fail-pod", {"cpu": "500m", "memory": "100Mi", "ephemeral-storage": "30Gi", dongle: "2"}, {dongle: "2"}
    )
    assert (await cluster.ask("POST", path, too_many)).status == 403
    changed = await cluster.must("GET", f"{path}/test-pod")
    changed["spec"]["containers"][0]["resources"]["requests"] = {"cpu": "100m", "memory": "100Mi"}  # type: ignore[index]
    assert (await cluster.ask("PUT", f"{path}/test-pod", changed)).status == 422
    await quotas.until(**used)
    await cluster.must("DELETE", f"{path}/test-pod", NOW)
    await quotas.until(pods="0", cpu="0", memory="0", ephemeral_storage="0", requests_example_com_dongle="0")


@box("ResourceQuota should create a ResourceQuota and capture the life of a replica set.")
async def test_replica_sets_are_counted_while_they_live(cluster: Cluster) -> None:
    quotas = await quotas_of(cluster)
    await quotas.create()
    await quotas.until(count_replicasets_apps="0")
    path = f"/apis/apps/v1{quotas.namespace.removeprefix('/api/v1')}/replicasets"
    labels = {"name": "test-rs"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "c", "image": "pause"}]}}
    spec = {"replicas": 0, "selector": {"matchLabels": labels}, "template": template}
    await cluster.must("POST", path, {"metadata": {"name": "test-rs"}, "spec": spec})
    await quotas.until(count_replicasets_apps="1")
    await cluster.must("DELETE", f"{path}/test-rs")
    await quotas.until(count_replicasets_apps="0")


async def test_claims_are_counted_in_all_and_by_class(cluster: Cluster) -> None:
    quotas = await quotas_of(cluster)
    await quotas.create()
    await quotas.until(persistentvolumeclaims="0")
    path = f"{quotas.namespace}/persistentvolumeclaims"
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}, "storageClassName": "gold"}
    await cluster.must("POST", path, {"metadata": {"name": "test-claim"}, "spec": spec})
    by_class = "gold_storageclass_storage_k8s_io_"
    used = {"persistentvolumeclaims": "1", "requests_storage": "1Gi"}
    await quotas.until(**used, **{by_class + name: amount for name, amount in used.items()})
    await cluster.must("DELETE", f"{path}/test-claim")
    await quotas.until(**dict.fromkeys((*used, *(by_class + name for name in used)), "0"))


async def scoped(quotas: Quotas, *scopes: str) -> None:
    for scope in scopes:
        await quotas.create(f"quota-{scope.lower()}", hard={"pods": "5"}, scopes=[scope])
        await quotas.until(f"quota-{scope.lower()}", pods="0")


@box("ResourceQuota should verify ResourceQuota with best effort scope.")
async def test_pods_that_ask_for_nothing_have_a_quota_of_their_own(cluster: Cluster) -> None:
    quotas = await quotas_of(cluster)
    await scoped(quotas, "BestEffort", "NotBestEffort")
    path = f"{quotas.namespace}/pods"
    asking = pod("burstable-pod", {"cpu": "500m"}, {"cpu": "1"})
    for document, own, other in (
        (pod("besteffort-pod"), "quota-besteffort", "quota-notbesteffort"),
        (asking, "quota-notbesteffort", "quota-besteffort"),
    ):
        await cluster.must("POST", path, document)
        await quotas.until(own, pods="1")
        await quotas.until(other, pods="0")
        await cluster.must("DELETE", f"{path}/{document['metadata']['name']}", NOW)  # type: ignore[index]
        await quotas.until(own, pods="0")


@box("ResourceQuota should verify ResourceQuota with terminating scopes.")
async def test_pods_with_a_deadline_have_a_quota_of_their_own(cluster: Cluster) -> None:
    quotas = await quotas_of(cluster)
    await scoped(quotas, "Terminating", "NotTerminating")
    path = f"{quotas.namespace}/pods"
    for document, own, other in (
        (pod("long-running"), "quota-notterminating", "quota-terminating"),
        (pod("ends", activeDeadlineSeconds=3600), "quota-terminating", "quota-notterminating"),
    ):
        await cluster.must("POST", path, document)
        await quotas.until(own, pods="1")
        await quotas.until(other, pods="0")
        await cluster.must("DELETE", f"{path}/{document['metadata']['name']}", NOW)  # type: ignore[index]
        await quotas.until(own, pods="0")


@box("ResourceQuota should be able to update and delete ResourceQuota.")
async def test_a_quota_is_created_changed_and_deleted(cluster: Cluster) -> None:
    quotas = await quotas_of(cluster)
    hard = {"cpu": "1", "memory": "500Mi"}
    await quotas.create(hard=hard)
    path = f"{quotas.path}/test-quota"
    document = await cluster.must("GET", path)
    assert document["spec"] == {"hard": hard}
    document["spec"] = {"hard": {"cpu": "2", "memory": "1Gi"}}
    document["metadata"].pop("resourceVersion")  # type: ignore[attr-defined]
    assert (await cluster.must("PUT", path, document))["spec"] == {"hard": {"cpu": "2", "memory": "1Gi"}}

    async def is_told() -> bool:
        return (await cluster.ask("GET", path)).at("status.hard.cpu") == "2"

    await cluster.until(is_told)
    await cluster.must("DELETE", path)
    assert not await cluster.exists(path)


@box("ResourceQuota should manage the lifecycle of a ResourceQuota")
async def test_quotas_are_found_by_label_patched_and_deleted_together(cluster: Cluster) -> None:
    quotas = await quotas_of(cluster)
    metadata = {"name": "e2e-quota", "labels": {"e2e-rq-label": "x"}}
    hard = {"cpu": "1", "memory": "500Mi"}
    await cluster.must("POST", quotas.path, {"metadata": metadata, "spec": {"hard": hard}})
    assert len(await cluster.items("/api/v1/resourcequotas", labelSelector="e2e-rq-label=x")) == 1
    patch = {"metadata": {"labels": {"e2e-quota": "patched"}}, "spec": {"hard": {"memory": "750Mi"}}}
    patched = await cluster.patch(f"{quotas.path}/e2e-quota", patch, content_type=STRATEGIC)
    assert patched["spec"] == {"hard": {"cpu": "1", "memory": "750Mi"}}
    await cluster.must("DELETE", quotas.path, labelSelector="e2e-rq-label=x")
    assert not await cluster.exists(f"{quotas.path}/e2e-quota")


@box("ResourceQuota should apply changes to a resourcequota status")
async def test_a_quotas_status_is_written_apart_and_set_right_again(cluster: Cluster) -> None:
    quotas = await quotas_of(cluster)
    hard = {"cpu": "500m", "memory": "500Mi"}
    metadata = {"name": "e2e-rq-status", "labels": {"e2e-rq-label": "x"}}
    await cluster.must("POST", quotas.path, {"metadata": metadata, "spec": {"hard": hard}})
    path = f"{quotas.path}/e2e-rq-status"

    async def tells(wanted: dict[str, str]) -> bool:
        return (await cluster.ask("GET", path)).at("status.hard") == wanted

    async def update() -> bool:
        document = await cluster.must("GET", path)
        document["status"] = {"hard": hard}
        return (await cluster.ask("PUT", f"{path}/status", document)).status == 200

    await cluster.until(update)
    await cluster.until(lambda: tells(hard))
    more = {"cpu": "1", "memory": "1Gi"}
    await cluster.patch(path, {"spec": {"hard": more}}, content_type=STRATEGIC)
    await cluster.patch(f"{path}/status", {"status": {"hard": more}}, content_type=STRATEGIC)
    await cluster.until(lambda: tells(more))
    assert (await cluster.ask("GET", f"{path}/status")).at("status.hard") == more
    most = {"cpu": "2", "memory": "2Gi"}
    async with watching(cluster, "/api/v1/resourcequotas", labelSelector="e2e-rq-label=x") as seen:
        repatched = await cluster.patch(f"{path}/status", {"status": {"hard": most}}, content_type=STRATEGIC)
        assert repatched["status"]["hard"] == most  # type: ignore[index]
        await cluster.until(lambda: tells(more), "the status that belongs to the wish")
    told = [event["object"]["status"]["hard"] for event in seen.events if event["type"] == "MODIFIED"]  # type: ignore[index]
    assert most in told
    assert (await cluster.must("GET", path))["spec"] == {"hard": more}


async def test_what_somebody_writes_into_the_use_is_set_right_in_time(cluster: Cluster) -> None:
    quotas = await quotas_of(cluster)
    await quotas.create(hard={"pods": "5"})
    await quotas.until(pods="0")
    await cluster.pass_time(2)
    await cluster.patch(f"{quotas.path}/test-quota/status", {"status": {"used": {"pods": "4"}}})
    assert await quotas.used() == {"pods": "4"}
    await cluster.clock.advance(300)
    await quotas.until(pods="0")


async def test_creates_and_deletions_at_once_leave_exactly_what_there_is(cluster: Cluster) -> None:
    quotas = await quotas_of(cluster)
    await quotas.create(hard={"configmaps": "11"})
    await quotas.until(configmaps="1")
    path = f"{quotas.namespace}/configmaps"
    accepted = 0
    for number in range(60):
        answer = await cluster.ask("POST", path, {"metadata": {"name": f"c{number}"}})
        accepted += answer.status == 201
        stored = len(await cluster.items(path))
        assert stored <= 11
        if number % 3 == 2:
            names = [str(item["metadata"]["name"]) for item in await cluster.items(path)]  # type: ignore[index]
            gone = next(name for name in names if name.startswith("c"))
            await cluster.must("DELETE", f"{path}/{gone}")
            await cluster.pass_time(0.1)
    assert accepted > 20
    await quotas.until(configmaps=str(len(await cluster.items(path))))


@box("ResourceQuota should create a ResourceQuota and capture the life of a replication controller.")
async def test_replication_controllers_are_counted_while_they_live(cluster: Cluster) -> None:
    quotas = await quotas_of(cluster)
    await quotas.create()
    await quotas.until(replicationcontrollers="0")
    path = f"{quotas.namespace}/replicationcontrollers"
    labels = {"name": "test-rc"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "c", "image": "pause"}]}}
    spec = {"replicas": 0, "selector": labels, "template": template}
    await cluster.must("POST", path, {"metadata": {"name": "test-rc"}, "spec": spec})
    await quotas.until(replicationcontrollers="1")
    await cluster.must("DELETE", f"{path}/test-rc")
    await quotas.until(replicationcontrollers="0")
