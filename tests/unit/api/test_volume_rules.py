"""What PersistentVolumes and claims may say, may change and are warned of, in Kubernetes' words."""

from __future__ import annotations

import pytest

from suites.kind_rules import errors_of
from suites.sample_objects import created
from wherry.api.core.persistent_volume import PERSISTENT_VOLUMES
from wherry.api.core.persistent_volume_claim import PERSISTENT_VOLUME_CLAIMS
from wherry.api.documents import section
from wherry.apimachinery.document import Document

AFFINITY: Document = {
    "required": {"nodeSelectorTerms": [{"matchExpressions": [{"key": "beta.kubernetes.io/os", "operator": "Exists"}]}]}
}
CSI: Document = {"driver": "disk.example.com", "volumeHandle": "v-1"}
ALONE = "Forbidden: may not use ReadWriteOncePod with other access modes"
MODES = 'supported values: "ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"'


def without_source(**spec: object) -> Document:
    return {"spec": {"hostPath": None, **spec}}


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"spec": {"accessModes": []}}, ["spec.accessModes: Required value"]),
        ({"spec": {"accessModes": ["Mine"]}}, [f'spec.accessModes: Unsupported value: "Mine": {MODES}']),
        ({"spec": {"accessModes": ["ReadWriteOncePod", "ReadWriteOnce"]}}, [f"spec.accessModes: {ALONE}"]),
        (
            {"spec": {"capacity": {}}},
            ["spec.capacity: Required value", 'spec.capacity: Unsupported value: {}: supported values: "storage"'],
        ),
        (
            {"spec": {"capacity": {"storage": "0"}}},
            ['spec.capacity[storage]: Invalid value: "0": must be greater than zero'],
        ),
        (
            {"spec": {"persistentVolumeReclaimPolicy": "Burn"}},
            [
                'spec.persistentVolumeReclaimPolicy: Unsupported value: "Burn": '
                'supported values: "Delete", "Recycle", "Retain"'
            ],
        ),
        (
            {"spec": {"hostPath": {"path": "/x/.."}, "persistentVolumeReclaimPolicy": "Recycle"}},
            [
                "spec.hostPath.path: Invalid value: \"/x/..\": must not contain '..'",
                "spec.persistentVolumeReclaimPolicy: Forbidden: may not be 'recycle' for a hostPath mount of '/'",
            ],
        ),
        (without_source(), ["spec: Required value: must specify a volume type"]),
        (without_source(csi=CSI), []),
        (
            without_source(csi={"driver": "a_b", "controllerExpandSecretRef": {"name": "s"}}),
            [
                'spec.csi.driver: Invalid value: "a_b": a lowercase RFC 1123 subdomain',
                "spec.csi.volumeHandle: Required value",
                "spec.csi.controllerExpandSecretRef.namespace: Required value",
            ],
        ),
        ({"spec": {"csi": CSI}}, ["spec.csi: Forbidden: may not specify more than 1 volume type"]),
        (
            without_source(nfs={"server": "", "path": "data"}),
            ["spec.nfs.server: Required value", 'spec.nfs.path: Invalid value: "data": must be an absolute path'],
        ),
        (
            without_source(local={"path": "../x"}),
            [
                "spec.local.path: Invalid value: \"../x\": must not contain '..'",
                "spec.nodeAffinity: Required value: Local volume requires node affinity",
            ],
        ),
        (
            {"spec": {"nodeAffinity": {}}},
            ["spec.nodeAffinity.required: Required value: must specify required node constraints"],
        ),
        (
            {"spec": {"nodeAffinity": {"required": {"nodeSelectorTerms": []}}}},
            ["spec.nodeAffinity.required.nodeSelectorTerms: Required value: must have at least one node selector term"],
        ),
        ({"spec": {"storageClassName": "A"}}, ['spec.storageClassName: Invalid value: "A": a lowercase RFC 1123']),
        (
            {"spec": {"volumeMode": "Tape"}},
            ['spec.volumeMode: Unsupported value: "Tape": supported values: "Block", "Filesystem"'],
        ),
        (
            {"spec": {"volumeAttributesClassName": ""}},
            [
                "spec.volumeAttributesClassName: Required value: an empty string is disallowed",
                "spec.csi: Required value: has to be specified when using volumeAttributesClassName",
            ],
        ),
    ],
)
def test_a_wrong_volume_is_refused(changes: Document, wanted: list[str]) -> None:
    found = errors_of(PERSISTENT_VOLUMES, changes)
    assert [error[: len(start)] for error, start in zip(found, wanted, strict=True)] == wanted


@pytest.mark.parametrize(
    ("before", "change", "wanted"),
    [
        ({"csi": CSI}, {"csi": {**CSI, "controllerExpandSecretRef": {"name": "s", "namespace": "n"}}}, ""),
        ({"csi": CSI}, {"csi": {**CSI, "volumeHandle": "v-2"}}, "spec.persistentvolumesource: Forbidden: "),
        ({"csi": CSI}, {"csi": {**CSI, "volumeAttributes": {"a": "b"}}}, "spec.persistentvolumesource: Forbidden: "),
        ({"csi": CSI}, {"volumeMode": "Block"}, 'volumeMode: Invalid value: "Block": field is immutable'),
        ({"csi": CSI}, {"nodeAffinity": AFFINITY}, ""),
        ({"csi": CSI, "nodeAffinity": AFFINITY}, {"nodeAffinity": None}, "nodeAffinity: Invalid value: null: field is"),
        (
            {"csi": CSI, "volumeAttributesClassName": "gold"},
            {"volumeAttributesClassName": None},
            "spec.volumeAttributesClassName: Forbidden: update from non-nil value to nil is forbidden",
        ),
        ({"csi": CSI}, {"capacity": {"storage": "2Gi"}, "claimRef": {"namespace": "a", "name": "b"}}, ""),
    ],
)
def test_where_a_volume_is_cannot_be_changed(before: Document, change: Document, wanted: str) -> None:
    old = created(PERSISTENT_VOLUMES)
    section(old, "spec").pop("hostPath")
    section(old, "spec").update(before)
    found = errors_of(PERSISTENT_VOLUMES, {"spec": change}, old)
    assert [error[: len(wanted)] for error in found] == ([wanted] if wanted else [])


def test_the_sources_of_a_volume_are_filled_in() -> None:
    volume = created(PERSISTENT_VOLUMES)
    section(volume, "spec")["rbd"] = {"monitors": ["m"], "image": "i"}
    PERSISTENT_VOLUMES.default(volume)
    assert section(volume, "spec", "rbd")["pool"] == "rbd"
    assert section(volume, "spec", "hostPath")["type"] == ""


def test_writers_of_volumes_hear_of_old_words() -> None:
    volume = created(PERSISTENT_VOLUMES)
    section(volume, "spec").update(
        nodeAffinity=AFFINITY,
        persistentVolumeReclaimPolicy="Recycle",
        hostPath=None,
        cephfs={"monitors": ["m"]},
    )
    section(volume, "metadata")["annotations"] = {
        "volume.beta.kubernetes.io/storage-class": "x",
        "volume.beta.kubernetes.io/mount-options": "ro",
    }
    assert PERSISTENT_VOLUMES.warn(volume, None) == [
        "spec.nodeAffinity.required.nodeSelectorTerms[0].matchExpressions[0].key: beta.kubernetes.io/os is "
        'deprecated since v1.14; use "kubernetes.io/os" instead',
        "metadata.annotations[volume.beta.kubernetes.io/storage-class]: deprecated since v1.8; "
        'use "storageClassName" attribute instead',
        "metadata.annotations[volume.beta.kubernetes.io/mount-options]: deprecated since v1.31; "
        'use "mountOptions" attribute instead',
        "spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. "
        "Instead, the recommended approach is to use dynamic provisioning.",
        "spec.cephfs: deprecated in v1.28, non-functional in v1.31+",
    ]


SNAPSHOT: Document = {"apiGroup": "snapshot.storage.k8s.io", "kind": "VolumeSnapshot", "name": "s"}


@pytest.mark.parametrize(
    ("spec", "wanted"),
    [
        ({"accessModes": ["ReadWriteOncePod", "ReadOnlyMany"]}, [f"spec.accessModes: {ALONE}"]),
        ({"storageClassName": "A"}, ['spec.storageClassName: Invalid value: "A": a lowercase RFC 1123']),
        ({"storageClassName": ""}, []),
        ({"dataSource": SNAPSHOT}, []),
        ({"dataSourceRef": {**SNAPSHOT, "namespace": "other"}}, []),
        (
            {"dataSource": {"kind": "Pod", "name": ""}},
            [
                "spec.dataSource.name: Required value",
                "spec.dataSource: Invalid value: \"Pod\": must be 'PersistentVolumeClaim' when",
                "spec.dataSourceRef.name: Required value",
                "spec.dataSourceRef: Invalid value: \"Pod\": must be 'PersistentVolumeClaim' when",
            ],
        ),
        (
            {"dataSource": SNAPSHOT, "dataSourceRef": {**SNAPSHOT, "name": "t"}},
            ['spec: Invalid value: "spec.dataSource": must match dataSourceRef'],
        ),
        (
            {"dataSource": SNAPSHOT, "dataSourceRef": {**SNAPSHOT, "namespace": "other"}},
            ['spec: Invalid value: "spec.dataSource": may not be specified when dataSourceRef.namespace is specified'],
        ),
        ({"volumeAttributesClassName": "A"}, ['spec.volumeAttributesClassName: Invalid value: "A": a lowercase RFC']),
    ],
)
def test_a_wrong_claim_is_refused(spec: Document, wanted: list[str]) -> None:
    found = errors_of(PERSISTENT_VOLUME_CLAIMS, {"spec": spec})
    assert [error[: len(start)] for error, start in zip(found, wanted, strict=True)] == wanted


def test_a_source_in_the_same_namespace_is_named_both_ways() -> None:
    claim = created(PERSISTENT_VOLUME_CLAIMS)
    section(claim, "spec")["dataSourceRef"] = SNAPSHOT
    PERSISTENT_VOLUME_CLAIMS.prepare(claim, None)
    assert section(claim, "spec")["dataSource"] == SNAPSHOT


def bound(**spec: object) -> Document:
    claim = created(PERSISTENT_VOLUME_CLAIMS)
    section(claim, "spec").update(resources={"requests": {"storage": "4Gi"}}, volumeName="v", **spec)
    claim["status"] = {"phase": "Bound", "capacity": {"storage": "2Gi"}}
    return claim


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        ({"resources": {"requests": {"storage": "8Gi"}}}, ""),
        ({"resources": {"requests": {"storage": "3Gi"}}}, ""),
        (
            {"resources": {"requests": {"storage": "2Gi"}}},
            "spec.resources.requests.storage: Forbidden: field can not be less than status.capacity",
        ),
        ({"resources": {"requests": {"storage": "4Gi"}, "limits": {"storage": "9Gi"}}}, "spec: Forbidden: spec is"),
        ({"volumeAttributesClassName": "silver"}, ""),
        (
            {"volumeAttributesClassName": ""},
            "spec.volumeAttributesClassName: Forbidden: update from non-nil value to an empty string is forbidden",
        ),
        ({"volumeName": "w"}, "spec: Forbidden: spec is immutable after creation"),
        ({"storageClassName": "other"}, "spec: Forbidden: spec is immutable after creation"),
    ],
)
def test_a_bound_claim_may_grow_and_little_else(change: Document, wanted: str) -> None:
    old = bound(volumeAttributesClassName="gold", storageClassName="fast")
    found = errors_of(PERSISTENT_VOLUME_CLAIMS, {"spec": change}, old)
    assert [error[: len(wanted)] for error in found] == ([wanted] if wanted else [])


@pytest.mark.parametrize(
    ("status", "wanted"),
    [
        ({"capacity": {"storage": "4Gi"}}, ""),
        ({"capacity": {"storage": "-1"}}, 'status.capacity[storage]: Invalid value: "-1": must be a valid resource'),
        (
            {"allocatedResourceStatuses": {"storage": "Growing"}},
            'status.allocatedResourceStatus: Unsupported value: "storage": supported values: "ControllerResize',
        ),
        (
            {"allocatedResources": {"cpu": "1"}},
            'status.allocatedResources: Unsupported value: "cpu": supported values: "storage"',
        ),
    ],
)
def test_what_controllers_say_of_claims_is_checked(status: Document, wanted: str) -> None:
    found = errors_of(PERSISTENT_VOLUME_CLAIMS, {"status": {"phase": "Bound", **status}}, bound())
    assert [error[: len(wanted)] for error in found] == ([wanted] if wanted else [])


def test_a_class_may_move_from_the_annotation_into_the_field() -> None:
    name = "volume.beta.kubernetes.io/storage-class"
    old = bound()
    section(old, "spec").pop("storageClassName", None)
    section(old, "metadata")["annotations"] = {name: "fast"}
    assert errors_of(PERSISTENT_VOLUME_CLAIMS, {"spec": {"storageClassName": "fast"}}, old) == []
    assert errors_of(PERSISTENT_VOLUME_CLAIMS, {"metadata": {"annotations": {name: "slow"}}}, old) == [
        f'metadata.annotations.{name}: Invalid value: "slow": field is immutable'
    ]
    assert PERSISTENT_VOLUME_CLAIMS.warn(old, None) == [
        f'metadata.annotations[{name}]: deprecated since v1.8; use "storageClassName" attribute instead'
    ]


def test_half_a_byte_of_storage_is_worth_a_warning() -> None:
    claim = created(PERSISTENT_VOLUME_CLAIMS)
    section(claim, "spec")["resources"] = {"requests": {"storage": "1500m"}}
    assert PERSISTENT_VOLUME_CLAIMS.warn(claim, None) == [
        'spec.resources.requests[storage]: fractional byte value "1500m" is invalid, must be an integer'
    ]
