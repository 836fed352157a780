"""Where a container's files come from: the volume sources that a pod may name."""

from __future__ import annotations

from typing import Annotated

from msgspec import field

from wherry.api.core.volume_sources import (
    CSIVolumeSource,
    EphemeralVolumeSource,
    GitRepoVolumeSource,
    ImageVolumeSource,
    RemoteVolume,
)
from wherry.apimachinery.labels import LabelSelector
from wherry.apimachinery.quantity import QuantityText
from wherry.apimachinery.struct import KEPT, Struct


class KeyToPath(Struct):
    key: str = ""
    mode: int | None = None
    path: str = ""


class ConfigMapVolumeSource(Struct):
    default_mode: int | None = None
    items: tuple[KeyToPath, ...] = ()
    name: str = ""
    optional: bool | None = None


class SecretVolumeSource(Struct):
    default_mode: int | None = None
    items: tuple[KeyToPath, ...] = ()
    optional: bool | None = None
    secret_name: str = ""


class EmptyDirVolumeSource(Struct):
    medium: str = ""
    size_limit: QuantityText | None = None


class HostPathVolumeSource(Struct):
    path: str = ""
    type: str = ""


class PersistentVolumeClaimVolumeSource(Struct):
    claim_name: str = ""
    read_only: bool | None = None


class ObjectFieldSelector(Struct):
    api_version: Annotated[str, KEPT] = "v1"
    field_path: str = ""


class ResourceFieldSelector(Struct):
    container_name: str = ""
    divisor: QuantityText | None = None
    resource: str = ""


class DownwardAPIVolumeFile(Struct):
    field_ref: ObjectFieldSelector | None = None
    mode: int | None = None
    path: str = ""
    resource_field_ref: ResourceFieldSelector | None = None


class DownwardAPIVolumeSource(Struct):
    default_mode: int | None = None
    items: tuple[DownwardAPIVolumeFile, ...] = ()


class DownwardAPIProjection(Struct):
    items: tuple[DownwardAPIVolumeFile, ...] = ()


class ConfigMapProjection(Struct):
    items: tuple[KeyToPath, ...] = ()
    name: str = ""
    optional: bool | None = None


class SecretProjection(Struct):
    items: tuple[KeyToPath, ...] = ()
    name: str = ""
    optional: bool | None = None


class ServiceAccountTokenProjection(Struct):
    audience: str = ""
    expiration_seconds: int | None = None
    path: str = ""


class ClusterTrustBundleProjection(Struct):
    label_selector: LabelSelector | None = None
    name: str | None = None
    optional: bool | None = None
    path: str = ""
    signer_name: str | None = None


class PodCertificateProjection(Struct):
    certificate_chain_path: str = ""
    credential_bundle_path: str = ""
    key_path: str = ""
    key_type: str = ""
    max_expiration_seconds: int | None = None
    signer_name: str = ""
    user_annotations: dict[str, str] = field(default_factory=dict)


class VolumeProjection(Struct):
    config_map: ConfigMapProjection | None = None
    downward_api: DownwardAPIProjection | None = field(default=None, name="downwardAPI")
    secret: SecretProjection | None = None
    service_account_token: ServiceAccountTokenProjection | None = None
    cluster_trust_bundle: Annotated[ClusterTrustBundleProjection | None, KEPT] = None
    pod_certificate: Annotated[PodCertificateProjection | None, KEPT] = None


class ProjectedVolumeSource(Struct):
    default_mode: int | None = None
    sources: tuple[VolumeProjection, ...] = ()


class Volume(RemoteVolume):
    name: str = ""
    config_map: ConfigMapVolumeSource | None = None
    secret: SecretVolumeSource | None = None
    empty_dir: EmptyDirVolumeSource | None = None
    host_path: HostPathVolumeSource | None = None
    persistent_volume_claim: PersistentVolumeClaimVolumeSource | None = None
    downward_api: DownwardAPIVolumeSource | None = field(default=None, name="downwardAPI")
    projected: ProjectedVolumeSource | None = None
    git_repo: Annotated[GitRepoVolumeSource | None, KEPT] = None
    csi: Annotated[CSIVolumeSource | None, KEPT] = None
    ephemeral: Annotated[EphemeralVolumeSource | None, KEPT] = None
    image: Annotated[ImageVolumeSource | None, KEPT] = None
