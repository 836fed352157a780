"""What a pod's volumes and mounts may say, in Kubernetes' words."""

from __future__ import annotations

import copy

import pytest

from suites.sample_objects import created
from wherry.api.core.pod import PODS
from wherry.apimachinery.document import Document


def container(**fields: object) -> Document:
    return {"containers": [{"name": "c", "image": "i:1", **fields}]}


@pytest.mark.parametrize(
    ("spec", "wanted"),
    [
        (
            container() | {"volumes": [{"name": "v", "emptyDir": {"sizeLimit": "-1"}}]},
            [("spec.volumes[0].emptyDir.sizeLimit: Forbidden: SizeLimit field must be a valid resource quantity")],
        ),
        (
            container() | {"volumes": [{"name": "v", "hostPath": {"path": "../x"}}]},
            ["spec.volumes[0].hostPath.path: Invalid value: \"../x\": must not contain '..'"],
        ),
        (
            container() | {"volumes": [{"name": "v", "hostPath": {"path": "/x", "type": "Pipe"}}]},
            [
                (
                    'spec.volumes[0].hostPath.type: Unsupported value: "Pipe": supported values: "", "BlockDevice", '
                    '"CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"'
                )
            ],
        ),
        (
            container() | {"volumes": [{"name": "v", "secret": {"secretName": "", "defaultMode": 1000}}]},
            [
                "spec.volumes[0].secret.secretName: Required value",
                (
                    "spec.volumes[0].secret.defaultMode: Invalid value: 1000: must be a number between 0 and 0777 "
                    "(octal), both inclusive"
                ),
            ],
        ),
        (
            container()
            | {
                "volumes": [
                    {
                        "name": "v",
                        "configMap": {"name": "c", "items": [{"key": "", "path": "/a"}, {"key": "k", "path": "..x"}]},
                    }
                ]
            },
            [
                "spec.volumes[0].configMap.items[0].key: Required value",
                'spec.volumes[0].configMap.items[0].path: Invalid value: "/a": must be a relative path',
                "spec.volumes[0].configMap.items[1].path: Invalid value: \"..x\": must not start with '..'",
            ],
        ),
        (
            container() | {"volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": ""}}]},
            ["spec.volumes[0].persistentVolumeClaim.claimName: Required value"],
        ),
        (
            container() | {"volumes": [{"name": "v", "emptyDir": {}, "hostPath": {"path": "/x"}}]},
            ["spec.volumes[0].hostPath: Forbidden: may not specify more than 1 volume type"],
        ),
        (
            container() | {"volumes": [{"name": "v", "downwardAPI": {"items": [{"path": "a"}]}}]},
            ["spec.volumes[0].downwardAPI: Required value: one of fieldRef and resourceFieldRef is required"],
        ),
        (
            container()
            | {
                "volumes": [
                    {"name": "v", "downwardAPI": {"items": [{"path": "a", "fieldRef": {"fieldPath": "status.podIP"}}]}}
                ]
            },
            [
                (
                    'spec.volumes[0].downwardAPI.fieldRef.fieldPath: Unsupported value: "status.podIP": supported '
                    'values: "metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", '
                    '"metada'
                )
            ],
        ),
        (container() | {"volumes": [{"name": "v", "projected": {"sources": [{}]}}]}, []),
        (
            container()
            | {
                "volumes": [
                    {
                        "name": "v",
                        "projected": {"sources": [{"serviceAccountToken": {"path": "", "expirationSeconds": 10}}]},
                    }
                ]
            },
            [
                (
                    "spec.volumes[0].projected.sources[0].serviceAccountToken.expirationSeconds: Invalid value: 10: "
                    "may not specify a duration less than 10 minutes"
                ),
                "spec.volumes[0].projected.path: Required value",
                (
                    "spec.volumes[0].projected.sources[0].serviceAccountToken: Forbidden: must not be specified "
                    "when serviceAccountName is not set"
                ),
            ],
        ),
        (
            container()
            | {
                "volumes": [
                    {
                        "name": "v",
                        "projected": {
                            "sources": [
                                {"configMap": {"name": "a", "items": [{"key": "k", "path": "p"}]}},
                                {"secret": {"name": "b", "items": [{"key": "k", "path": "p"}]}},
                            ]
                        },
                    }
                ]
            },
            ['spec.volumes[0].projected: Invalid value: "b": conflicting duplicate paths'],
        ),
        (
            container()
            | {"volumes": [{"name": "v", "projected": {"sources": [{"clusterTrustBundle": {"path": "p"}}]}}]},
            [
                (
                    "spec.volumes[0].projected.sources[0].clusterTrustBundle: Required value: either name or "
                    "signerName must be specified"
                )
            ],
        ),
        (
            container()
            | {
                "volumes": [
                    {"name": "v", "projected": {"sources": [{"podCertificate": {"signerName": "x", "keyType": "RSA"}}]}}
                ]
            },
            [
                (
                    'spec.volumes[0].projected.sources[0].podCertificate.signerName: Invalid value: "x": must be a '
                    "fully qualified domain and path of the form 'example.com/signer-name'"
                ),
                (
                    'spec.volumes[0].projected.sources[0].podCertificate.keyType: Unsupported value: "RSA": '
                    'supported values: "ECDSAP256", "ECDSAP384", "ECDSAP521", "ED25519", "RSA3072", "RSA4096"'
                ),
                (
                    "spec.volumes[0].projected.sources[0].podCertificate: Required value: specify at least one of "
                    "credentialBundlePath, keyPath, and certificateChainPath"
                ),
            ],
        ),
        (
            container() | {"volumes": [{"name": "v", "nfs": {"server": "", "path": "x"}}]},
            [
                "spec.volumes[0].nfs.server: Required value",
                'spec.volumes[0].nfs.path: Invalid value: "x": must be an absolute path',
            ],
        ),
        (
            container() | {"volumes": [{"name": "v", "iscsi": {"targetPortal": "p", "iqn": "x", "lun": 300}}]},
            [
                ('spec.volumes[0].iscsi.iqn: Invalid value: "x": must be valid format starting with iqn, eui, or naa'),
                "spec.volumes[0].iscsi.lun: Invalid value: 300: must be between 0 and 255, inclusive",
            ],
        ),
        (
            container() | {"volumes": [{"name": "v", "fc": {}}]},
            [("spec.volumes[0].fc.targetWWNs: Required value: must specify either targetWWNs or wwids, but not both")],
        ),
        (
            container() | {"volumes": [{"name": "v", "csi": {"driver": "a_b"}}]},
            ['spec.volumes[0].csi.driver: Invalid value: "a_b": a lowercase RFC 1123 subdomain'],
        ),
        (
            container() | {"volumes": [{"name": "v", "ephemeral": {}}]},
            ["spec.volumes[0].ephemeral.volumeClaimTemplate: Required value"],
        ),
        (
            container() | {"volumes": [{"name": "v", "image": {"reference": "", "pullPolicy": "X"}}]},
            [
                "spec.volumes[0].image.reference: Required value",
                (
                    'spec.volumes[0].image.pullPolicy: Unsupported value: "X": supported values: "Always", '
                    '"IfNotPresent", "Never"'
                ),
            ],
        ),
        (
            container() | {"volumes": [{"name": "v", "gitRepo": {"repository": "r", "directory": "../x"}}]},
            ["spec.volumes[0].gitRepo.directory: Invalid value: \"../x\": must not contain '..'"],
        ),
        (
            container()
            | {"volumes": [{"name": "v", "azureDisk": {"diskName": "d", "diskURI": "x", "kind": "Managed"}}]},
            [
                (
                    'spec.volumes[0].azureDisk.diskURI: Unsupported value: "x": supported values: '
                    '"/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id'
                    '}"'
                )
            ],
        ),
        (container() | {"volumes": [{"name": "v"}, {"name": "v"}]}, ['spec.volumes[1].name: Duplicate value: "v"']),
        (
            container() | {"volumes": [{"name": "V"}]},
            ['spec.volumes[0].name: Invalid value: "V": a lowercase RFC 1123 label'],
        ),
        (
            container(volumeMounts=[{"name": "v", "mountPath": ""}]) | {"volumes": [{"name": "v"}]},
            ["spec.containers[0].volumeMounts[0].mountPath: Required value"],
        ),
        (
            container(volumeMounts=[{"name": "v", "mountPath": "/a"}, {"name": "v", "mountPath": "/a"}])
            | {"volumes": [{"name": "v"}]},
            ['spec.containers[0].volumeMounts[1].mountPath: Invalid value: "/a": must be unique'],
        ),
        (
            container(volumeMounts=[{"name": "v", "mountPath": "/a", "subPath": "../x"}])
            | {"volumes": [{"name": "v"}]},
            ["spec.containers[0].volumeMounts.subPath: Invalid value: \"../x\": must not contain '..'"],
        ),
        (
            container(volumeMounts=[{"name": "v", "mountPath": "/a", "subPath": "x", "subPathExpr": "y"}])
            | {"volumes": [{"name": "v"}]},
            [
                (
                    'spec.containers[0].volumeMounts[0].subPathExpr: Invalid value: "y": subPathExpr and subPath '
                    "are mutually exclusive"
                )
            ],
        ),
        (
            container(volumeMounts=[{"name": "v", "mountPath": "/a", "mountPropagation": "Bidirectional"}])
            | {"volumes": [{"name": "v"}]},
            [
                (
                    "spec.containers[0].volumeMounts.mountPropagation: Forbidden: Bidirectional mount propagation "
                    "is available only to privileged containers"
                )
            ],
        ),
        (
            container(volumeMounts=[{"name": "v", "mountPath": "/a", "recursiveReadOnly": "Enabled"}])
            | {"volumes": [{"name": "v"}]},
            [
                (
                    "spec.containers[0].volumeMounts.recursiveReadOnly: Forbidden: may only be specified when "
                    "readOnly is true"
                )
            ],
        ),
        (
            container(volumeDevices=[{"name": "v", "devicePath": "/dev/x"}]) | {"volumes": [{"name": "v"}]},
            [
                (
                    'spec.containers[0].volumeDevices[0].name: Invalid value: "v": can only use volume source type '
                    "of PersistentVolumeClaim or Ephemeral for block mode"
                )
            ],
        ),
    ],
)
def test_a_wrong_volume_or_mount_is_refused(spec: Document, wanted: list[str]) -> None:
    found = [str(error) for error in PODS.validate(created(PODS, "p", **copy.deepcopy(spec)), None)]
    assert [error[: len(start)] for error, start in zip(found, wanted, strict=True)] == wanted
