"""The boxes that ask for all that can be done with the objects of one kind: one line each, with what is special."""

from __future__ import annotations

import pytest

from suites.api_operations import ApiOperations, OperatedKind
from suites.conformance import box
from suites.conformance_cluster import Cluster
from wherry.apimachinery.document import Document

ADMISSION = "admissionregistration.k8s.io/v1"
FLOW = "flowcontrol.apiserver.k8s.io/v1"
NETWORKING = "networking.k8s.io/v1"
RESOURCE = "resource.k8s.io/v1"
STORAGE = "storage.k8s.io/v1"
APF = "API priority and fairness should support"

BOXES: dict[str, OperatedKind] = {
    f"{APF} FlowSchema API operations": OperatedKind(FLOW, "FlowSchema", {"spec": {"matchingPrecedence": 9999}}),
    f"{APF} PriorityLevelConfiguration API operations": OperatedKind(
        FLOW, "PriorityLevelConfiguration", {"spec": {"limited": {"nominalConcurrencyShares": 4}}}
    ),
    "MutatingAdmissionPolicy should support MutatingAdmissionPolicy API operations": OperatedKind(
        ADMISSION, "MutatingAdmissionPolicy", {"spec": {"failurePolicy": "Ignore"}}
    ),
    "MutatingAdmissionPolicy should support MutatingAdmissionPolicyBinding API operations": OperatedKind(
        ADMISSION, "MutatingAdmissionPolicyBinding", {"spec": {"policyName": "many"}}
    ),
    "ValidatingAdmissionPolicy should support ValidatingAdmissionPolicy API operations": OperatedKind(
        ADMISSION, "ValidatingAdmissionPolicy", {"spec": {"failurePolicy": "Ignore"}}
    ),
    "ValidatingAdmissionPolicy should support ValidatingAdmissionPolicyBinding API operations": OperatedKind(
        ADMISSION, "ValidatingAdmissionPolicyBinding", {"spec": {"validationActions": ["Warn"]}}
    ),
    "CronJob should support CronJob API operations": OperatedKind(
        "batch/v1", "CronJob", {"spec": {"suspend": True}}, written_status={"lastScheduleTime": "2026-11-23T07:00:00Z"}
    ),
    "EndpointSlice should support creating EndpointSlice API operations": OperatedKind(
        "discovery.k8s.io/v1", "EndpointSlice", {"ports": [{"port": 81, "name": "b", "protocol": "TCP"}]}
    ),
    "Endpoints should test the lifecycle of an Endpoint": OperatedKind(
        "v1", "Endpoints", {"subsets": [{"addresses": [{"ip": "10.0.0.25"}], "ports": [{"port": 8080}]}]}
    ),
    "Ingress API should support creating Ingress API operations": OperatedKind(
        NETWORKING, "Ingress", {"spec": {"ingressClassName": "other"}}
    ),
    "IngressClass API should support creating IngressClass API operations": OperatedKind(NETWORKING, "IngressClass"),
    "ServiceCIDR and IPAddress API should support IPAddress API operations": OperatedKind(NETWORKING, "IPAddress"),
    "ServiceCIDR and IPAddress API should support ServiceCIDR API operations": OperatedKind(NETWORKING, "ServiceCIDR"),
    "ConfigMap should run through a ConfigMap lifecycle": OperatedKind("v1", "ConfigMap", {"data": {"a": "2"}}),
    "Lease lease API should be available": OperatedKind(
        "coordination.k8s.io/v1", "Lease", {"spec": {"holderIdentity": "other", "leaseTransitions": 1}}
    ),
    "Node Lifecycle should run through the lifecycle of a node": OperatedKind(
        "v1", "Node", {"spec": {"unschedulable": True}}
    ),
    "PodTemplates should run the lifecycle of PodTemplates": OperatedKind(
        "v1", "PodTemplate", {"template": {"metadata": {"labels": {"app": "other"}}}}
    ),
    "RuntimeClass should support RuntimeClasses API operations": OperatedKind("node.k8s.io/v1", "RuntimeClass"),
    "CRUD Tests resource.k8s.io/v1 DeviceClass": OperatedKind(RESOURCE, "DeviceClass", {"spec": {"selectors": None}}),
    "CRUD Tests resource.k8s.io/v1 ResourceClaim": OperatedKind(RESOURCE, "ResourceClaim"),
    "CRUD Tests resource.k8s.io/v1 ResourceClaimTemplate": OperatedKind(RESOURCE, "ResourceClaimTemplate"),
    "CRUD Tests resource.k8s.io/v1 ResourceSlice": OperatedKind(
        RESOURCE, "ResourceSlice", {"spec": {"pool": {"generation": 2}}}
    ),
    "CSIInlineVolumes should run through the lifecycle of a CSIDriver": OperatedKind(
        STORAGE, "CSIDriver", {"spec": {"requiresRepublish": True}}
    ),
    "CSINodes CSI Conformance should run through the lifecycle of a csinode": OperatedKind(
        STORAGE, "CSINode", {"spec": {"drivers": [{"name": "csi.example.com", "nodeID": "n1"}]}}
    ),
    "CSIStorageCapacity should support CSIStorageCapacities API operations": OperatedKind(
        STORAGE, "CSIStorageCapacity", {"capacity": "20Gi"}
    ),
    "PersistentVolumes CSI Conformance should run through the lifecycle of a PV and a PVC": OperatedKind(
        "v1", "PersistentVolume", {"spec": {"persistentVolumeReclaimPolicy": "Retain"}}
    ),
    "StorageClasses CSI Conformance should run through the lifecycle of a StorageClass": OperatedKind(
        STORAGE, "StorageClass", {"allowVolumeExpansion": True}
    ),
    "VolumeAttachment Conformance should run through the lifecycle of a VolumeAttachment": OperatedKind(
        STORAGE, "VolumeAttachment"
    ),
    "VolumeAttributesClass should run through the lifecycle of a VolumeAttributesClass": OperatedKind(
        STORAGE, "VolumeAttributesClass"
    ),
}


@pytest.mark.parametrize("kind", [pytest.param(kind, marks=box(name), id=kind.kind) for name, kind in BOXES.items()])
async def test_objects_do_all_that_objects_do(cluster: Cluster, kind: OperatedKind) -> None:
    await ApiOperations(cluster, kind).run()


@box("PersistentVolumes CSI Conformance should run through the lifecycle of a PV and a PVC")
async def test_claims_do_all_that_objects_do(cluster: Cluster) -> None:
    # Not bound by the cluster itself, which has nowhere to take volumes from.
    fields: Document = {
        "spec": {
            "storageClassName": "",
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": "1Gi"}},
        }
    }
    await ApiOperations(cluster, OperatedKind("v1", "PersistentVolumeClaim", fields=fields)).run()
