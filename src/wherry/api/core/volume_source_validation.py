"""What volumes of other systems must say, in a pod and in a PersistentVolume alike.

Source: kubernetes pkg/apis/core/validation, validateVolumeSource and ValidatePersistentVolumeSpec.
"""

from __future__ import annotations

import re

from wherry.api.core.relative_paths import validate_relative_path
from wherry.api.core.volume_sources import (
    AzureDiskVolumeSource,
    AzureFileVolumeSource,
    CephFSVolumeSource,
    CinderVolumeSource,
    DiskVolumeSource,
    FCVolumeSource,
    FlexVolumeSource,
    FlockerVolumeSource,
    GitRepoVolumeSource,
    GlusterfsVolumeSource,
    ISCSIVolumeSource,
    NFSVolumeSource,
    PhotonVolumeSource,
    QuobyteVolumeSource,
    RBDVolumeSource,
    ScaleIOVolumeSource,
    SecretReference,
    StorageOSVolumeSource,
    VsphereVolumeSource,
)
from wherry.api.object_meta import one_of
from wherry.apimachinery.field_errors import FieldError, child, invalid, key, not_supported, required, too_long
from wherry.apimachinery.names import dns1123_label, dns1123_subdomain

NUMBER_MAX = 255
NUMBER_RANGE = f"must be between 0 and {NUMBER_MAX}, inclusive"
TENANT_LENGTH_MAX = 64
DRIVER_LENGTH_MAX = 63
HOST_AND_PORT = "must be a host:port pair or multiple pairs separated by commas"
# Names of iSCSI initiators and targets: by date and domain, by EUI-64, by network address.
ISCSI_FORMS = {
    "iqn": re.compile(r"iqn\.\d{4}-\d{2}\.([A-Za-z0-9-.]+)(:[^,;*&$|\s]+)"),
    "eui": re.compile(r"eui\.[0-9A-Fa-f]{16}"),
    "naa": re.compile(r"naa\.[0-9A-Fa-f]{32}"),
}
MANAGED_DISK = "/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}"
BLOB_DISK = "https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd"


def needs(path: str, *fields: tuple[str, object]) -> list[FieldError]:
    """The fields that are empty and may not be."""
    return [required(child(path, name)) for name, value in fields if not value]


def _number(path: str, value: int | None) -> list[FieldError]:
    return [invalid(path, value, NUMBER_RANGE)] if not 0 <= (value or 0) <= NUMBER_MAX else []


def validate_git_repo(source: GitRepoVolumeSource, path: str) -> list[FieldError]:
    """A clone of a repository."""
    errors = needs(path, ("repository", source.repository))
    return errors + validate_relative_path(source.directory, child(path, "directory"))


def validate_gce_disk(source: DiskVolumeSource, path: str) -> list[FieldError]:
    """A disk at Google; upstream calls the field by its older name here."""
    path = f"{path.removesuffix('gcePersistentDisk')}persistentDisk"
    return needs(path, ("pdName", source.pd_name)) + _number(child(path, "partition"), source.partition)


def validate_aws_disk(source: DiskVolumeSource, path: str) -> list[FieldError]:
    """A disk at Amazon."""
    return needs(path, ("volumeID", source.volume_id)) + _number(child(path, "partition"), source.partition)


def validate_portworx(source: DiskVolumeSource, path: str) -> list[FieldError]:
    """A volume of Portworx."""
    return needs(path, ("volumeID", source.volume_id))


def validate_nfs(source: NFSVolumeSource, path: str) -> list[FieldError]:
    """A directory that an NFS server exports."""
    errors = needs(path, ("server", source.server), ("path", source.path))
    if not source.path.startswith("/"):
        errors.append(invalid(child(path, "path"), source.path, "must be an absolute path"))
    return errors


def validate_iscsi(source: ISCSIVolumeSource, path: str) -> list[FieldError]:
    """A disk that is reached by iSCSI."""
    errors = needs(path, ("targetPortal", source.target_portal), ("iqn", source.iqn))
    form = ISCSI_FORMS.get(source.iqn[:3])
    if source.iqn and form is None:
        detail = "must be valid format starting with iqn, eui, or naa"
        errors.append(invalid(child(path, "iqn"), source.iqn, detail))
    elif form is not None and not form.fullmatch(source.iqn):
        errors.append(invalid(child(path, "iqn"), source.iqn, "must be valid format"))
    errors += _number(child(path, "lun"), source.lun)
    if (source.chap_auth_discovery or source.chap_auth_session) and source.secret_ref is None:
        errors.append(required(child(path, "secretRef")))
    if source.initiator_name is not None:
        form = ISCSI_FORMS.get(source.initiator_name[:3])
        if form is None or not form.fullmatch(source.initiator_name):
            errors.append(invalid(child(path, "initiatorname"), source.initiator_name, "must be valid format"))
    return errors


def validate_glusterfs(source: GlusterfsVolumeSource, path: str) -> list[FieldError]:
    """A volume of GlusterFS."""
    errors = needs(path, ("endpoints", source.endpoints), ("path", source.path))
    namespace, place = source.endpoints_namespace, child(path, "endpointsNamespace")
    if namespace == "":
        detail = "if the endpointnamespace is set, it must be a valid namespace name"
        errors.append(invalid(place, namespace, detail))
    elif namespace is not None and (wrong := dns1123_label(namespace)):
        errors.append(invalid(place, namespace, wrong))
    return errors


def validate_flocker(source: FlockerVolumeSource, path: str) -> list[FieldError]:
    """A dataset of Flocker."""
    name, uuid = source.dataset_name, source.dataset_uuid
    if not name and not uuid:
        return [required(path, "one of datasetName and datasetUUID is required")]
    errors = []
    if name and uuid:
        errors.append(invalid(path, "resource", "datasetName and datasetUUID can not be specified simultaneously"))
    if "/" in name:
        errors.append(invalid(child(path, "datasetName"), name, "must not contain '/'"))
    return errors


def validate_rbd(source: RBDVolumeSource, path: str) -> list[FieldError]:
    """A block device of Ceph."""
    return needs(path, ("monitors", source.monitors), ("image", source.image))


def validate_cephfs(source: CephFSVolumeSource, path: str) -> list[FieldError]:
    """A file system of Ceph."""
    return needs(path, ("monitors", source.monitors))


def validate_cinder(source: CinderVolumeSource, path: str) -> list[FieldError]:
    """A disk at OpenStack."""
    errors = needs(path, ("volumeID", source.volume_id))
    return errors if source.secret_ref is None else errors + needs(path, ("secretRef.name", source.secret_ref.name))


def validate_quobyte(source: QuobyteVolumeSource, path: str) -> list[FieldError]:
    """A volume of Quobyte."""
    errors = []
    if not source.registry:
        errors.append(required(child(path, "registry"), HOST_AND_PORT))
    elif len(source.tenant) > TENANT_LENGTH_MAX:
        detail = f"must be a UUID and may not exceed a length of {TENANT_LENGTH_MAX} characters"
        errors.append(required(child(path, "tenant"), detail))
    elif any(":" not in pair for pair in source.registry.split(",")):
        errors.append(invalid(child(path, "registry"), source.registry, HOST_AND_PORT))
    return errors + needs(path, ("volume", source.volume))


def validate_fc(source: FCVolumeSource, path: str) -> list[FieldError]:
    """A disk that is reached by Fibre Channel."""
    place, names = child(path, "targetWWNs"), source.target_wwns
    errors = []
    if not names and not source.wwids:
        errors.append(required(place, "must specify either targetWWNs or wwids, but not both"))
    if names and source.wwids:
        errors.append(invalid(place, list(names), "targetWWNs and wwids can not be specified simultaneously"))
    if names and source.lun is None:
        errors.append(required(child(path, "lun"), "lun is required if targetWWNs is specified"))
    elif names:
        errors += _number(child(path, "lun"), source.lun)
    return errors


def validate_flex(source: FlexVolumeSource, path: str) -> list[FieldError]:
    """A volume that a program on the node brings."""
    errors = needs(path, ("driver", source.driver))
    for name in source.options:
        domain = f".{name.partition('/')[0].lower()}"
        if domain.endswith((".kubernetes.io", ".k8s.io")):
            detail = "kubernetes.io and k8s.io namespaces are reserved"
            errors.append(invalid(key(child(path, "options"), name), name, detail))
    return errors


def validate_azure_file(source: AzureFileVolumeSource, path: str) -> list[FieldError]:
    """A share at Microsoft."""
    errors = needs(path, ("secretName", source.secret_name), ("shareName", source.share_name))
    return [*errors, required(child(path, "secretNamespace"))] if source.secret_namespace == "" else errors


def validate_azure_disk(source: AzureDiskVolumeSource, path: str) -> list[FieldError]:
    """A disk at Microsoft."""
    errors = needs(path, ("diskName", source.disk_name), ("diskURI", source.disk_uri))
    if source.caching_mode is not None:
        errors += one_of(child(path, "cachingMode"), source.caching_mode, ("None", "ReadOnly", "ReadWrite"))
    if source.kind is not None:
        errors += one_of(child(path, "kind"), source.kind, ("Dedicated", "Managed", "Shared"))
        is_managed = source.kind == "Managed"
        if not source.disk_uri.startswith("/subscriptions/" if is_managed else "https://"):
            wanted = MANAGED_DISK if is_managed else BLOB_DISK
            errors.append(not_supported(child(path, "diskURI"), source.disk_uri, (wanted,)))
    return errors


def validate_vsphere(source: VsphereVolumeSource, path: str) -> list[FieldError]:
    """A disk at VMware."""
    return needs(path, ("volumePath", source.volume_path))


def validate_photon(source: PhotonVolumeSource, path: str) -> list[FieldError]:
    """A disk of the Photon controller."""
    return needs(path, ("pdID", source.pd_id))


def validate_storageos(source: StorageOSVolumeSource, path: str) -> list[FieldError]:
    """A volume of StorageOS."""
    errors = needs(path, ("volumeName", source.volume_name))
    for name, value in (("volumeName", source.volume_name), ("volumeNamespace", source.volume_namespace)):
        if value and (wrong := dns1123_label(value)):
            errors.append(invalid(child(path, name), value, wrong))
    return errors


def validate_scale_io(source: ScaleIOVolumeSource, path: str) -> list[FieldError]:
    """A volume of ScaleIO."""
    return needs(path, ("gateway", source.gateway), ("system", source.system), ("volumeName", source.volume_name))


def validate_driver_name(driver: str, path: str) -> list[FieldError]:
    """The name of a storage driver."""
    errors = [] if driver else [required(path)]
    if len(driver) > DRIVER_LENGTH_MAX:
        errors.append(too_long(path, DRIVER_LENGTH_MAX))
    if wrong := dns1123_subdomain(driver.lower()):
        errors.append(invalid(path, driver, wrong))
    return errors


def validate_secret_reference(ref: SecretReference | None, path: str) -> list[FieldError]:
    """A Secret in a namespace that is named with it."""
    if ref is None:
        return []
    errors = needs(path, ("name", ref.name), ("namespace", ref.namespace))
    for name, value, rule in (("name", ref.name, dns1123_subdomain), ("namespace", ref.namespace, dns1123_label)):
        if value and (wrong := rule(value)):
            errors.append(invalid(child(path, name), value, wrong))
    return errors
