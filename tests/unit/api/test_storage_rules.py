"""What the kinds of storage.k8s.io refuse, in Kubernetes' words."""

from __future__ import annotations

import pytest

from suites.kind_rules import errors_of
from suites.sample_objects import created
from wherry.api.documents import find_section
from wherry.api.storage.csidriver import CSI_DRIVERS
from wherry.api.storage.csinode import CSI_NODES
from wherry.api.storage.csistoragecapacity import CSI_STORAGE_CAPACITIES
from wherry.api.storage.storageclass import STORAGE_CLASSES
from wherry.api.storage.volumeattachment import VOLUME_ATTACHMENTS
from wherry.api.storage.volumeattributesclass import VOLUME_ATTRIBUTES_CLASSES
from wherry.apimachinery.document import Document
from wherry.apimachinery.resource_type import AnyResourceType

SUBDOMAIN = "a lowercase RFC 1123 subdomain must consist of"


def zones(*values: str, key: str = "zone") -> Document:
    return {"matchLabelExpressions": [{"key": key, "values": list(values)}]}


def tokens(*requests: Document) -> Document:
    return {"spec": {"tokenRequests": list(requests)}}


def drivers(**change: object) -> Document:
    return {"spec": {"drivers": [{"name": "csi.example.com", "nodeID": "n1", **change}]}}


def source(**one: object) -> Document:
    return {"spec": {"source": one}}


@pytest.mark.parametrize(
    ("resource", "changes", "wanted"),
    [
        (STORAGE_CLASSES, {"provisioner": "Example.com/Disk"}, []),
        (STORAGE_CLASSES, {"provisioner": "a/b/c"}, ['provisioner: Invalid value: "a/b/c": a qualified name']),
        (STORAGE_CLASSES, {"parameters": {"": "x"}}, ['parameters: Invalid value: "": field can not be empty.']),
        (
            STORAGE_CLASSES,
            {"parameters": {"a": "x" * 262144}},
            ["parameters: Too long: may not be more than 262144 bytes"],
        ),
        (STORAGE_CLASSES, {"reclaimPolicy": "Recycle"}, ['reclaimPolicy: Unsupported value: "Recycle"']),
        (STORAGE_CLASSES, {"allowedTopologies": [zones("a", "b")]}, []),
        (
            STORAGE_CLASSES,
            {"allowedTopologies": [zones("a"), zones("a")]},
            ['allowedTopologies[1].matchLabelExpressions: Duplicate value: ""'],
        ),
        (
            STORAGE_CLASSES,
            {"allowedTopologies": [zones("a", "a")]},
            ['allowedTopologies[0].matchLabelExpressions[0].values[1]: Duplicate value: "a"'],
        ),
        (
            STORAGE_CLASSES,
            {"allowedTopologies": [zones()]},
            ["allowedTopologies[0].matchLabelExpressions[0].values: Required value"],
        ),
        (CSI_DRIVERS, {"spec": {"fsGroupPolicy": "Some"}}, ['spec.fsGroupPolicy: Unsupported value: "Some"']),
        (
            CSI_DRIVERS,
            {"spec": {"volumeLifecycleModes": ["Forever"]}},
            [
                'spec.volumeLifecycleModes: Unsupported value: "Forever": supported values: "Persistent", "Ephemeral"',
            ],
        ),
        (
            CSI_DRIVERS,
            tokens({"audience": ""}, {"audience": ""}),
            ['spec.tokenRequests[1].audience: Duplicate value: ""'],
        ),
        (
            CSI_DRIVERS,
            tokens({"audience": "a", "expirationSeconds": 599}, {"audience": "b", "expirationSeconds": 2**33}),
            [
                "spec.tokenRequests[0].expirationSeconds: Invalid value: 599: "
                "may not specify a duration less than 10 minutes",
                "spec.tokenRequests[1].expirationSeconds: Invalid value: 8589934592: "
                "may not specify a duration larger than 2^32 seconds",
            ],
        ),
        (
            CSI_DRIVERS,
            {"spec": {"nodeAllocatableUpdatePeriodSeconds": 9}},
            ["spec.nodeAllocatableUpdatePeriodSeconds: Invalid value: 9: must be greater than or equal to 10 seconds"],
        ),
        (CSI_NODES, {"spec": {"drivers": []}}, []),
        (CSI_NODES, drivers(nodeID=""), ["spec.drivers[0].nodeID: Required value"]),
        (CSI_NODES, drivers(nodeID="x" * 257), ["spec.drivers[0].nodeID: Invalid value: "]),
        (CSI_NODES, drivers(name="-"), [f'spec.drivers[0].name: Invalid value: "-": {SUBDOMAIN}']),
        (CSI_NODES, drivers(allocatable={"count": -1}), ["spec.drivers[0].allocatable.count: Invalid value: -1"]),
        (CSI_NODES, drivers(topologyKeys=["a", "a"]), ['spec.drivers[0]: Duplicate value: "a"']),
        (
            CSI_NODES,
            {"spec": {"drivers": [{"name": "a", "nodeID": "x"}, {"name": "a", "nodeID": "y"}]}},
            ['spec.drivers[1].name: Duplicate value: "a"'],
        ),
        (CSI_STORAGE_CAPACITIES, {"storageClassName": ""}, [f'storageClassName: Invalid value: "": {SUBDOMAIN}']),
        (CSI_STORAGE_CAPACITIES, {"capacity": "-1"}, ['capacity: Invalid value: "-1": must be greater than or equal']),
        (
            CSI_STORAGE_CAPACITIES,
            {"nodeTopology": {"matchLabels": {"-": "x"}}},
            ['nodeTopology.matchLabels: Invalid value: "-": name part'],
        ),
        (
            VOLUME_ATTACHMENTS,
            source(),
            ["spec.source: Required value: must specify exactly one of inlineVolumeSpec and persistentVolumeName"],
        ),
        (
            VOLUME_ATTACHMENTS,
            source(persistentVolumeName="a", inlineVolumeSpec={}),
            ["spec.source: Forbidden: must specify exactly one of inlineVolumeSpec and persistentVolumeName"],
        ),
        (
            VOLUME_ATTACHMENTS,
            source(persistentVolumeName=""),
            ["spec.source.persistentVolumeName: Required value: must specify non empty persistentVolumeName"],
        ),
        (VOLUME_ATTACHMENTS, {"spec": {"attacher": ""}}, ["spec.attacher: Required value"]),
        (VOLUME_ATTACHMENTS, {"spec": {"nodeName": ""}}, [f'spec.nodeName: Invalid value: "": {SUBDOMAIN}']),
        (VOLUME_ATTRIBUTES_CLASSES, {"driverName": ""}, ["driverName: Required value"]),
        (
            VOLUME_ATTRIBUTES_CLASSES,
            {"parameters": {}},
            ["parameters: Required value: must contain at least one key/value pair"],
        ),
    ],
)
def test_a_wrong_object_is_refused(resource: AnyResourceType, changes: Document, wanted: list[str]) -> None:
    errors = errors_of(resource, changes)
    assert len(errors) == len(wanted), errors
    assert all(error.startswith(start) for error, start in zip(errors, wanted, strict=True)), errors


@pytest.mark.parametrize(
    ("resource", "changes", "wanted"),
    [
        (CSI_DRIVERS, {"spec": {"podInfoOnMount": True}}, []),
        (
            CSI_DRIVERS,
            {"spec": {"attachRequired": False}},
            ["spec.attachedRequired: Invalid value: false: field is immutable"],
        ),
        (
            CSI_DRIVERS,
            {"spec": {"volumeLifecycleModes": ["Ephemeral"]}},
            ['spec.volumeLifecycleModes: Invalid value: ["Ephemeral"]: field is immutable'],
        ),
        (CSI_NODES, drivers(allocatable={"count": 5}), []),
        (
            CSI_NODES,
            drivers(nodeID="n2"),
            ['spec.drivers: Invalid value: {"name":"csi.example.com","nodeID":"n2"}: field is immutable'],
        ),
        (CSI_STORAGE_CAPACITIES, {"capacity": "20Gi"}, []),
        (
            CSI_STORAGE_CAPACITIES,
            {"storageClassName": "slow"},
            ['storageClassName: Invalid value: "slow": field is immutable'],
        ),
        (
            CSI_STORAGE_CAPACITIES,
            {"nodeTopology": {"matchLabels": {"a": "b"}}},
            ['nodeTopology: Invalid value: {"matchLabels":{"a":"b"}}: field is immutable'],
        ),
        (
            VOLUME_ATTACHMENTS,
            {"spec": {"nodeName": "n2"}},
            [
                'spec: Invalid value: {"attacher":"csi.example.com","nodeName":"n2",'
                '"source":{"persistentVolumeName":"pv-1"}}: field is immutable'
            ],
        ),
        (
            VOLUME_ATTACHMENTS,
            {"status": {"attached": False, "attachError": {"message": "x" * 1025, "errorCode": -1}}},
            [
                "status.attachError.message: Too long: may not be more than 1024 bytes",
                "status.attachError.errorCode: Invalid value: -1: must be between 0 and 2147483647, inclusive",
            ],
        ),
        (
            VOLUME_ATTRIBUTES_CLASSES,
            {"driverName": "x", "parameters": {"iops": "1"}},
            [
                "driverName: Forbidden: updates to driverName are forbidden.",
                "parameters: Forbidden: updates to parameters are forbidden.",
            ],
        ),
    ],
)
def test_what_may_change_later(resource: AnyResourceType, changes: Document, wanted: list[str]) -> None:
    assert errors_of(resource, changes, created(resource)) == wanted


def test_a_driver_that_says_nothing_gets_the_usual_answers() -> None:
    assert find_section(created(CSI_DRIVERS), "spec") == {
        "attachRequired": True,
        "fsGroupPolicy": "ReadWriteOnceWithFSType",
        "podInfoOnMount": False,
        "requiresRepublish": False,
        "seLinuxMount": False,
        "storageCapacity": False,
        "volumeLifecycleModes": ["Persistent"],
    }


@pytest.mark.parametrize(
    ("resource", "cells"),
    [
        (CSI_DRIVERS, ("web", True, False, False, "<unset>", False, "Persistent", "<unknown>")),
        (CSI_NODES, ("web", 1, "<unknown>")),
        (CSI_STORAGE_CAPACITIES, ("web", "fast", "10Gi")),
        (VOLUME_ATTACHMENTS, ("web", "csi.example.com", "pv-1", "n1", False, "<unknown>")),
        (VOLUME_ATTRIBUTES_CLASSES, ("web", "csi.example.com", "<unknown>")),
    ],
)
def test_the_table_shows_what_kubectl_shows(resource: AnyResourceType, cells: tuple[object, ...]) -> None:
    document = created(resource)
    metadata = document["metadata"]
    assert isinstance(metadata, dict)
    del metadata["creationTimestamp"]
    assert resource.row is not None
    assert tuple(resource.row(document, 0.0)) == cells
