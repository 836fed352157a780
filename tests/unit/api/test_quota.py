"""What each kind of object costs a namespace."""

from __future__ import annotations

from typing import Any

import pytest

from wherry.api.core.affinity import Affinity, PodAffinity, PodAffinityTerm
from wherry.api.core.container import Container, ResourceRequirements
from wherry.api.core.persistent_volume_claim import (
    PersistentVolumeClaim,
    PersistentVolumeClaimSpec,
    PersistentVolumeClaimStatus,
    VolumeResourceRequirements,
)
from wherry.api.core.pod import Pod, PodSpec, PodStatus
from wherry.api.core.resourcequota import ResourceQuotaSpec, ScopedResourceSelectorRequirement, ScopeSelector
from wherry.api.core.service import Service, ServicePort, ServiceSpec
from wherry.api.quota.claims import CLAIMS_QUOTA
from wherry.api.quota.counts import counting
from wherry.api.quota.pods import PODS_QUOTA
from wherry.api.quota.registry import evaluator_for
from wherry.api.quota.services import SERVICES_QUOTA
from wherry.apimachinery.amounts import texts_from
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.timestamps import format_time

NOW_S = 1_800_000_000.0


def container(requests: dict[str, Any] | None = None, limits: dict[str, Any] | None = None, **more: Any) -> Container:
    return Container(name="c", resources=ResourceRequirements(requests=requests or {}, limits=limits or {}), **more)


def costs(pod: Pod) -> dict[str, str]:
    return texts_from(PODS_QUOTA.usage(pod, NOW_S))


def test_a_pod_costs_what_its_containers_ask_for() -> None:
    asked = container({"cpu": "500m", "ephemeral-storage": "1Gi", "example.com/dongle": "2"}, {"memory": "1Gi"})
    pages = container({"cpu": "1", "hugepages-2Mi": "4Mi"})
    assert costs(Pod(spec=PodSpec(containers=(asked, pages)))) == {
        "count/pods": "1",
        "pods": "1",
        "cpu": "1500m",
        "requests.cpu": "1500m",
        "limits.memory": "1Gi",
        "ephemeral-storage": "1Gi",
        "requests.ephemeral-storage": "1Gi",
        "requests.example.com/dongle": "2",
        "hugepages-2Mi": "4Mi",
        "requests.hugepages-2Mi": "4Mi",
    }


def test_a_pod_costs_its_overhead_too_and_limits_grow_only_where_there_are_some() -> None:
    spec = PodSpec(containers=(container({"cpu": "1"}, {"memory": "1Gi"}),), overhead={"cpu": "250m", "memory": "1Gi"})
    found = costs(Pod(spec=spec))
    assert (found["requests.cpu"], found["requests.memory"]) == ("1250m", "1Gi")
    assert found["limits.memory"] == "2Gi"
    assert "limits.cpu" not in found


def test_init_containers_count_where_they_ask_for_more_and_sidecars_always() -> None:
    first = container({"cpu": "3"})
    sidecar = container({"cpu": "1"}, restart_policy="Always")
    spec = PodSpec(init_containers=(first, sidecar), containers=(container({"cpu": "1"}),))
    assert costs(Pod(spec=spec))["cpu"] == "3"
    spec = PodSpec(init_containers=(sidecar, first), containers=(container({"cpu": "1"}),))
    assert costs(Pod(spec=spec))["cpu"] == "4"


def test_a_pod_that_has_ended_or_should_be_gone_costs_only_its_place() -> None:
    spec = PodSpec(containers=(container({"cpu": "1"}),))
    assert costs(Pod(spec=spec, status=PodStatus(phase="Succeeded"))) == {"count/pods": "1"}
    going = ObjectMeta(deletion_timestamp=format_time(NOW_S - 31), deletion_grace_period_seconds=30)
    assert costs(Pod(metadata=going, spec=spec)) == {"count/pods": "1"}
    going = ObjectMeta(deletion_timestamp=format_time(NOW_S - 29), deletion_grace_period_seconds=30)
    assert costs(Pod(metadata=going, spec=spec))["cpu"] == "1"


@pytest.mark.parametrize(
    ("name", "is_covered"),
    [
        ("pods", True),
        ("count/pods", True),
        ("limits.memory", True),
        ("requests.example.com/gpu", True),
        ("hugepages-1Gi", True),
        ("services", False),
        ("count/secrets", False),
        ("requests.storage", False),
        ("gold.storageclass.storage.k8s.io/requests.storage", False),
    ],
)
def test_which_names_of_a_quota_are_about_pods(name: str, is_covered: bool) -> None:
    assert PODS_QUOTA.covers(name) is is_covered


def in_scope(pod: Pod, scope: str, operator: str = "Exists", *values: str) -> bool:
    requirement = ScopedResourceSelectorRequirement(scope_name=scope, operator=operator, values=values)
    return PODS_QUOTA.concerns(
        ResourceQuotaSpec(scope_selector=ScopeSelector(match_expressions=(requirement,))), pod
    ) and (operator != "Exists" or PODS_QUOTA.concerns(ResourceQuotaSpec(scopes=(scope,)), pod))


def test_scopes_choose_pods() -> None:
    plain = Pod(spec=PodSpec(containers=(Container(name="c"),)))
    asking = Pod(spec=PodSpec(containers=(container({"cpu": "1"}),), active_deadline_seconds=3600))
    assert (in_scope(plain, "BestEffort"), in_scope(plain, "NotBestEffort")) == (True, False)
    assert (in_scope(asking, "BestEffort"), in_scope(asking, "NotBestEffort")) == (False, True)
    assert (in_scope(plain, "Terminating"), in_scope(plain, "NotTerminating")) == (False, True)
    assert (in_scope(asking, "Terminating"), in_scope(asking, "NotTerminating")) == (True, False)
    assert not in_scope(plain, "VolumeAttributesClass")


def test_scopes_choose_pods_by_priority_class_and_affinity() -> None:
    plain, high = Pod(), Pod(spec=PodSpec(priority_class_name="high"))
    assert (in_scope(plain, "PriorityClass"), in_scope(high, "PriorityClass")) == (False, True)
    assert (in_scope(plain, "PriorityClass", "In", "high"), in_scope(high, "PriorityClass", "In", "high")) == (
        False,
        True,
    )
    assert in_scope(plain, "PriorityClass", "NotIn", "high")
    assert not in_scope(high, "PriorityClass", "NotIn", "high")
    assert in_scope(plain, "PriorityClass", "DoesNotExist")
    near = PodAffinity(required_during_scheduling_ignored_during_execution=(PodAffinityTerm(namespaces=("other",)),))
    crossing = Pod(spec=PodSpec(affinity=Affinity(pod_anti_affinity=near)))
    assert in_scope(crossing, "CrossNamespacePodAffinity")
    assert not in_scope(plain, "CrossNamespacePodAffinity")


def test_every_container_must_say_what_is_limited() -> None:
    said = container({"cpu": "1"}, {"memory": "1Gi"})
    silent = Container(name="quiet")
    pod = Pod(spec=PodSpec(containers=(said,), init_containers=(silent,)))
    limited = ("limits.memory", "requests.cpu", "requests.example.com/gpu", "ephemeral-storage", "pods")
    assert PODS_QUOTA.constraint(pod, limited) == "must specify limits.memory for: quiet; requests.cpu for: quiet"
    assert PODS_QUOTA.constraint(pod, ("pods",)) == ""


def test_services_cost_their_node_ports_and_balancers() -> None:
    ports = (ServicePort(port=80), ServicePort(port=443, node_port=30443))

    def cost(**spec: Any) -> list[str]:
        used = texts_from(SERVICES_QUOTA.usage(Service(spec=ServiceSpec(ports=ports, **spec)), NOW_S))
        return [used["services"], used["services.nodeports"], used["services.loadbalancers"]]

    assert cost(type="ClusterIP") == ["1", "0", "0"]
    assert cost(type="NodePort") == ["1", "2", "0"]
    assert cost(type="LoadBalancer") == ["1", "2", "1"]
    assert cost(type="LoadBalancer", allocate_load_balancer_node_ports=False) == ["1", "1", "1"]
    assert SERVICES_QUOTA.cost_changed(
        Service(spec=ServiceSpec(type="NodePort", ports=ports)), Service(spec=ServiceSpec(ports=ports))
    )


def test_claims_cost_storage_in_all_and_by_class() -> None:
    spec = PersistentVolumeClaimSpec(
        resources=VolumeResourceRequirements(requests={"storage": "1Gi"}), storage_class_name="gold"
    )
    claim = PersistentVolumeClaim(spec=spec)
    assert texts_from(CLAIMS_QUOTA.usage(claim, NOW_S)) == {
        "count/persistentvolumeclaims": "1",
        "persistentvolumeclaims": "1",
        "requests.storage": "1Gi",
        "gold.storageclass.storage.k8s.io/persistentvolumeclaims": "1",
        "gold.storageclass.storage.k8s.io/requests.storage": "1Gi",
    }
    grown = PersistentVolumeClaim(spec=spec, status=PersistentVolumeClaimStatus(allocated_resources={"storage": "2Gi"}))
    assert texts_from(CLAIMS_QUOTA.usage(grown, NOW_S))["requests.storage"] == "2Gi"
    assert CLAIMS_QUOTA.cost_changed(claim, grown)
    assert CLAIMS_QUOTA.covers("gold.storageclass.storage.k8s.io/requests.storage")


def test_claims_are_in_scope_by_their_attributes_class() -> None:
    requirement = ScopedResourceSelectorRequirement(scope_name="VolumeAttributesClass", operator="In", values=("fast",))
    quota = ResourceQuotaSpec(scope_selector=ScopeSelector(match_expressions=(requirement,)))
    fast = PersistentVolumeClaim(spec=PersistentVolumeClaimSpec(volume_attributes_class_name="fast"))
    assert CLAIMS_QUOTA.concerns(quota, fast)
    assert not CLAIMS_QUOTA.concerns(quota, PersistentVolumeClaim())
    assert not CLAIMS_QUOTA.concerns(ResourceQuotaSpec(scopes=("BestEffort",)), fast)


def test_everything_else_is_counted() -> None:
    assert texts_from(counting("", "secrets").usage(Pod(), NOW_S)) == {"count/secrets": "1", "secrets": "1"}
    widgets = evaluator_for("example.com", "widgets")
    assert texts_from(widgets.usage(Pod(), NOW_S)) == {"count/widgets.example.com": "1"}
    assert not widgets.concerns(ResourceQuotaSpec(scopes=("BestEffort",)), Pod())
    assert evaluator_for("", "pods") is PODS_QUOTA
