"""Volumes that other systems serve: network disks and file systems, drivers, images.

A pod and a PersistentVolume name most of them in the same words. Nothing here mounts them yet: they are checked
and kept.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import field

from wherry.apimachinery.document import Document
from wherry.apimachinery.struct import KEPT, Struct


class SecretReference(Struct):
    """A Secret, named without a namespace in a pod, and with one in a PersistentVolume."""

    name: str = ""
    namespace: str = ""


class GitRepoVolumeSource(Struct):
    directory: str = ""
    repository: str = ""


class DiskVolumeSource(Struct):
    """A disk of a cloud: pdName at Google, volumeID at Amazon and Portworx."""

    partition: int | None = None
    pd_name: str = ""
    volume_id: str = field(default="", name="volumeID")


class NFSVolumeSource(Struct):
    path: str = ""
    server: str = ""


class ISCSIVolumeSource(Struct):
    chap_auth_discovery: bool | None = None
    chap_auth_session: bool | None = None
    initiator_name: str | None = None
    iqn: str = ""
    lun: int = 0
    secret_ref: SecretReference | None = None
    target_portal: str = ""


class GlusterfsVolumeSource(Struct):
    endpoints: str = ""
    path: str = ""
    endpoints_namespace: str | None = None


class FlockerVolumeSource(Struct):
    dataset_name: str = ""
    dataset_uuid: str = field(default="", name="datasetUUID")


class RBDVolumeSource(Struct):
    image: str = ""
    monitors: tuple[str, ...] = ()


class CinderVolumeSource(Struct):
    secret_ref: SecretReference | None = None
    volume_id: str = field(default="", name="volumeID")


class CephFSVolumeSource(Struct):
    monitors: tuple[str, ...] = ()


class QuobyteVolumeSource(Struct):
    registry: str = ""
    tenant: str = ""
    volume: str = ""


class FCVolumeSource(Struct):
    lun: int | None = None
    target_wwns: tuple[str, ...] = field(default=(), name="targetWWNs")
    wwids: tuple[str, ...] = ()


class FlexVolumeSource(Struct):
    driver: str = ""
    options: dict[str, str] = field(default_factory=dict)


class AzureFileVolumeSource(Struct):
    secret_name: str = ""
    secret_namespace: str | None = None
    share_name: str = ""


class VsphereVolumeSource(Struct):
    volume_path: str = ""


class PhotonVolumeSource(Struct):
    pd_id: str = field(default="", name="pdID")


class AzureDiskVolumeSource(Struct):
    caching_mode: str | None = None
    disk_name: str = ""
    disk_uri: str = field(default="", name="diskURI")
    kind: str | None = None


class StorageOSVolumeSource(Struct):
    volume_name: str = ""
    volume_namespace: str = ""


class ScaleIOVolumeSource(Struct):
    gateway: str = ""
    system: str = ""
    volume_name: str = ""


class CSIVolumeSource(Struct):
    """A volume of a driver, made for one pod."""

    driver: str = ""
    node_publish_secret_ref: SecretReference | None = None


class CSIPersistentVolumeSource(Struct):
    """A volume of a driver, made to last."""

    driver: str = ""
    volume_handle: str = ""
    controller_expand_secret_ref: SecretReference | None = None
    controller_publish_secret_ref: SecretReference | None = None
    node_expand_secret_ref: SecretReference | None = None
    node_publish_secret_ref: SecretReference | None = None


class EphemeralVolumeSource(Struct):
    """A claim that lives as long as its pod."""

    volume_claim_template: Document | None = None


class ImageVolumeSource(Struct):
    """The files of an image."""

    pull_policy: str = ""
    reference: str = ""


class RemoteVolume(Struct):
    """What a pod's volume and a PersistentVolume name in the same words."""

    gce_persistent_disk: Annotated[DiskVolumeSource | None, KEPT] = None
    aws_elastic_block_store: Annotated[DiskVolumeSource | None, KEPT] = None
    nfs: Annotated[NFSVolumeSource | None, KEPT] = None
    iscsi: Annotated[ISCSIVolumeSource | None, KEPT] = None
    glusterfs: Annotated[GlusterfsVolumeSource | None, KEPT] = None
    flocker: Annotated[FlockerVolumeSource | None, KEPT] = None
    rbd: Annotated[RBDVolumeSource | None, KEPT] = None
    cinder: Annotated[CinderVolumeSource | None, KEPT] = None
    cephfs: Annotated[CephFSVolumeSource | None, KEPT] = None
    quobyte: Annotated[QuobyteVolumeSource | None, KEPT] = None
    fc: Annotated[FCVolumeSource | None, KEPT] = None
    flex_volume: Annotated[FlexVolumeSource | None, KEPT] = None
    azure_file: Annotated[AzureFileVolumeSource | None, KEPT] = None
    vsphere_volume: Annotated[VsphereVolumeSource | None, KEPT] = None
    photon_persistent_disk: Annotated[PhotonVolumeSource | None, KEPT] = None
    portworx_volume: Annotated[DiskVolumeSource | None, KEPT] = None
    azure_disk: Annotated[AzureDiskVolumeSource | None, KEPT] = None
    storageos: Annotated[StorageOSVolumeSource | None, KEPT] = None
    scale_io: Annotated[ScaleIOVolumeSource | None, KEPT] = field(default=None, name="scaleIO")
