"""Volumes that other systems serve, named by a pod or a PersistentVolume: which are given, and what is wrong."""

from __future__ import annotations

from collections.abc import Iterator

from wherry.api.core import volume_source_validation as sources
from wherry.api.core.volume_sources import RemoteVolume
from wherry.apimachinery.field_errors import FieldError, child

Found = tuple[str, list[FieldError]]
"""A source that a volume has, by its field's name, and what is wrong with it."""


def remote_sources(volume: RemoteVolume, path: str) -> Iterator[Found]:
    """Every source that is given; one is allowed."""
    yield from _disk_sources(volume, path)
    yield from _share_sources(volume, path)


def _disk_sources(volume: RemoteVolume, path: str) -> Iterator[Found]:
    """Disks that other systems serve."""
    if volume.gce_persistent_disk is not None:
        yield "gcePersistentDisk", sources.validate_gce_disk(volume.gce_persistent_disk, f"{path}.gcePersistentDisk")
    if volume.aws_elastic_block_store is not None:
        place = child(path, "awsElasticBlockStore")
        yield "awsElasticBlockStore", sources.validate_aws_disk(volume.aws_elastic_block_store, place)
    if volume.iscsi is not None:
        yield "iscsi", sources.validate_iscsi(volume.iscsi, child(path, "iscsi"))
    if volume.rbd is not None:
        yield "rbd", sources.validate_rbd(volume.rbd, child(path, "rbd"))
    if volume.cinder is not None:
        yield "cinder", sources.validate_cinder(volume.cinder, child(path, "cinder"))
    if volume.fc is not None:
        yield "fc", sources.validate_fc(volume.fc, child(path, "fc"))
    if volume.vsphere_volume is not None:
        yield "vsphereVolume", sources.validate_vsphere(volume.vsphere_volume, child(path, "vsphereVolume"))
    if volume.photon_persistent_disk is not None:
        place = child(path, "photonPersistentDisk")
        yield "photonPersistentDisk", sources.validate_photon(volume.photon_persistent_disk, place)
    if volume.portworx_volume is not None:
        yield "portworxVolume", sources.validate_portworx(volume.portworx_volume, child(path, "portworxVolume"))
    if volume.azure_disk is not None:
        yield "azureDisk", sources.validate_azure_disk(volume.azure_disk, child(path, "azureDisk"))
    if volume.scale_io is not None:
        yield "scaleIO", sources.validate_scale_io(volume.scale_io, child(path, "scaleIO"))


def _share_sources(volume: RemoteVolume, path: str) -> Iterator[Found]:
    """File systems that other systems serve."""
    if volume.nfs is not None:
        yield "nfs", sources.validate_nfs(volume.nfs, child(path, "nfs"))
    if volume.glusterfs is not None:
        yield "glusterfs", sources.validate_glusterfs(volume.glusterfs, child(path, "glusterfs"))
    if volume.flocker is not None:
        yield "flocker", sources.validate_flocker(volume.flocker, child(path, "flocker"))
    if volume.cephfs is not None:
        yield "cephFS", sources.validate_cephfs(volume.cephfs, child(path, "cephfs"))
    if volume.quobyte is not None:
        yield "quobyte", sources.validate_quobyte(volume.quobyte, child(path, "quobyte"))
    if volume.flex_volume is not None:
        yield "flexVolume", sources.validate_flex(volume.flex_volume, child(path, "flexVolume"))
    if volume.azure_file is not None:
        yield "azureFile", sources.validate_azure_file(volume.azure_file, child(path, "azureFile"))
    if volume.storageos is not None:
        yield "storageos", sources.validate_storageos(volume.storageos, child(path, "storageos"))
