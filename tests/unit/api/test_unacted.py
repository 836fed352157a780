from __future__ import annotations

import pytest

from suites.sample_objects import POD_SPEC, created, sample
from wherry.api.apps.deployment import DEPLOYMENTS
from wherry.api.apps.statefulset import STATEFUL_SETS
from wherry.api.core.pod import PODS
from wherry.api.core.service import SERVICES
from wherry.api.core.serviceaccount import SERVICE_ACCOUNTS
from wherry.api.documents import section
from wherry.api.registry import RESOURCE_TYPES
from wherry.api.storage.storageclass import STORAGE_CLASSES
from wherry.api.unacted import unacted_fields
from wherry.apimachinery.document import Document
from wherry.apimachinery.resource_type import AnyResourceType


@pytest.mark.parametrize("resource", RESOURCE_TYPES, ids=lambda resource: resource.kind)
def test_neither_a_plain_object_nor_its_defaults_give_a_warning(resource: AnyResourceType) -> None:
    assert unacted_fields(resource, sample(resource)) == []
    assert unacted_fields(resource, created(resource)) == []


def test_a_field_deep_in_a_template_is_named() -> None:
    deployment = sample(DEPLOYMENTS)
    spec = section(deployment, "spec", "template", "spec")
    spec["topologySpreadConstraints"] = [{"maxSkew": 1}]
    spec["containers"] = [
        {"name": "c", "image": "i", "livenessProbe": {"grpc": {"port": 1}}},
        {"name": "d", "image": "i"},
    ]
    assert unacted_fields(DEPLOYMENTS, deployment) == [
        "spec.template.spec.containers.livenessProbe.grpc.port",
        "spec.template.spec.topologySpreadConstraints",
    ]


def test_a_field_in_a_template_of_claims_is_named_and_its_metadata_is_not() -> None:
    stateful_set = sample(STATEFUL_SETS)
    section(stateful_set, "spec")["volumeClaimTemplates"] = [
        {"metadata": {"name": "data"}, "spec": {"dataSource": {"kind": "X", "name": "y"}}, "status": {"phase": "x"}}
    ]
    assert unacted_fields(STATEFUL_SETS, stateful_set) == ["spec.volumeClaimTemplates.spec.dataSource"]


def test_a_field_that_is_only_checked_is_named_unless_it_says_the_default() -> None:
    service = sample(SERVICES)
    section(service, "spec", "sessionAffinityConfig", "clientIP")["timeoutSeconds"] = 10_800
    assert unacted_fields(SERVICES, service) == []
    section(service, "spec", "sessionAffinityConfig", "clientIP")["timeoutSeconds"] = 60
    assert unacted_fields(SERVICES, service) == ["spec.sessionAffinityConfig.clientIP.timeoutSeconds"]
    storage_class = {**sample(STORAGE_CLASSES), "allowVolumeExpansion": True}
    assert unacted_fields(STORAGE_CLASSES, storage_class) == ["allowVolumeExpansion"]


def test_who_fetches_images_is_no_cause_for_a_warning() -> None:
    secrets: list[Document] = [{"name": "registry"}]
    assert unacted_fields(PODS, {"spec": {**POD_SPEC, "imagePullSecrets": secrets}}) == []
    assert unacted_fields(SERVICE_ACCOUNTS, {"imagePullSecrets": secrets}) == []


def test_a_port_of_the_machine_is_named_unless_the_pod_uses_the_machines_network() -> None:
    pod = sample(PODS)
    ports = [{"containerPort": 80, "hostPort": 80}]
    pod["spec"] = {"containers": [{"name": "c", "image": "i", "ports": ports}]}
    assert unacted_fields(PODS, pod) == ["spec.containers.ports.hostPort"]
    section(pod, "spec")["hostNetwork"] = True
    assert unacted_fields(PODS, pod) == []


def test_saying_nothing_is_no_cause_for_a_warning() -> None:
    pod = sample(PODS)
    pod["spec"] = {**POD_SPEC, "shareProcessNamespace": False, "overhead": {}, "serviceAccount": "x", "hostUsers": None}
    pod["status"] = {"anything": 1}
    section(pod, "metadata")["managedFields"] = [{"manager": "kubectl"}]
    assert unacted_fields(PODS, pod) == []
