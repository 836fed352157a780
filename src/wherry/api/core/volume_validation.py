"""What may stand in a pod's list of volumes.

Source: kubernetes pkg/apis/core/validation, ValidateVolumes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from wherry.api.core import volume_source_validation as sources
from wherry.api.core.persistent_volume_claim_parts import PersistentVolumeClaimSpec
from wherry.api.core.persistent_volume_claim_validation import validate_claim_spec
from wherry.api.core.projection_validation import (
    validate_downward_files,
    validate_items,
    validate_mode,
    validate_projections,
)
from wherry.api.core.relative_paths import validate_no_climbing
from wherry.api.core.remote_volume_validation import Found, remote_sources
from wherry.api.core.volume import (
    ConfigMapVolumeSource,
    DownwardAPIVolumeSource,
    EmptyDirVolumeSource,
    HostPathVolumeSource,
    ProjectedVolumeSource,
    SecretVolumeSource,
    Volume,
)
from wherry.api.core.volume_sources import CSIVolumeSource, EphemeralVolumeSource, ImageVolumeSource
from wherry.api.documents import find, find_section
from wherry.api.object_meta import one_of, validate_annotations, validate_labels
from wherry.apimachinery.field_errors import FieldError, child, duplicate, forbidden, index, invalid, required
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.names import dns1123_label, dns1123_subdomain
from wherry.apimachinery.quantity import QuantityError, parse_quantity

HOST_PATH_TYPES = (
    "",
    "BlockDevice",
    "CharDevice",
    "Directory",
    "DirectoryOrCreate",
    "File",
    "FileOrCreate",
    "Socket",
)
PULL_POLICIES = ("Always", "IfNotPresent", "Never")
TEMPLATE_META = ("annotations", "labels")
NAME_AND_PORTAL_MAX = 64


def validate_volumes(
    volumes: Iterable[Volume], path: str, pod: ObjectMeta | None
) -> tuple[dict[str, Volume], list[FieldError]]:
    """The volumes that are right, by name, and what is wrong with the others.

    Args:
        pod: metadata of the pod that they are for; None in a template, whose pods have no names yet.
    """
    listed = list(volumes)
    pod_name = pod.name if pod is not None else ""
    made = {f"{pod_name}-{volume.name}" for volume in listed if pod_name and volume.ephemeral is not None}
    valid: dict[str, Volume] = {}
    errors = []
    for position, volume in enumerate(listed):
        place = index(path, position)
        wrong = _validate_source(volume, place, pod_name)
        if not volume.name:
            wrong.append(required(child(place, "name")))
        elif complaint := dns1123_label(volume.name):
            wrong.append(invalid(child(place, "name"), volume.name, complaint))
        if volume.name in valid:
            wrong.append(duplicate(child(place, "name"), volume.name))
        if not wrong:
            valid[volume.name] = volume
        claim = volume.persistent_volume_claim
        if claim is not None and claim.claim_name in made:
            detail = "must not reference a PVC that gets created for an ephemeral volume"
            wrong.append(invalid(child(place, "persistentVolumeClaim.claimName"), claim.claim_name, detail))
        errors += wrong
    return valid, errors


def _validate_source(volume: Volume, path: str, pod_name: str) -> list[FieldError]:
    """Exactly one source, and that one right."""
    given = [*_own_sources(volume, path), *remote_sources(volume, path), *_late_sources(volume, path)]
    if not given:
        return [required(path, "must specify a volume type")]
    errors = list(given[0][1])
    errors += [forbidden(child(path, name), "may not specify more than 1 volume type") for name, _ in given[1:]]
    if volume.ephemeral is not None and pod_name and volume.name:
        claim_name = f"{pod_name}-{volume.name}"
        if wrong := dns1123_subdomain(claim_name):
            errors.append(invalid(child(path, "name"), volume.name, f'PVC name "{claim_name}": {wrong}'))
    return errors + _validate_initiator(volume, path)


def _validate_initiator(volume: Volume, path: str) -> list[FieldError]:
    iscsi = volume.iscsi
    if iscsi is None or iscsi.initiator_name is None:
        return []
    if len(f"{volume.name}:{iscsi.target_portal}") <= NAME_AND_PORTAL_MAX:
        return []
    detail = (
        "Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters "
        "if iscsi.initiatorName is specified."
    )
    return [invalid(child(path, "name"), volume.name, detail)]


def _own_sources(volume: Volume, path: str) -> Iterator[Found]:
    """Those that a node makes itself."""
    if volume.empty_dir is not None:
        yield "emptyDir", _validate_empty_dir(volume.empty_dir, child(path, "emptyDir"))
    if volume.host_path is not None:
        yield "hostPath", validate_host_path(volume.host_path, child(path, "hostPath"))
    if volume.secret is not None:
        yield "secret", _validate_secret(volume.secret, child(path, "secret"))
    if volume.persistent_volume_claim is not None:
        place = child(path, "persistentVolumeClaim.claimName")
        yield "persistentVolumeClaim", [] if volume.persistent_volume_claim.claim_name else [required(place)]
    if volume.downward_api is not None:
        yield "downwardAPI", _validate_downward_api(volume.downward_api, child(path, "downwardAPI"))
    if volume.config_map is not None:
        yield "configMap", _validate_config_map(volume.config_map, child(path, "configMap"))


def _late_sources(volume: Volume, path: str) -> Iterator[Found]:
    """Those that are made of other things."""
    if volume.git_repo is not None:
        yield "gitRepo", sources.validate_git_repo(volume.git_repo, child(path, "gitRepo"))
    if volume.projected is not None:
        yield "projected", _validate_projected(volume.projected, child(path, "projected"))
    if volume.csi is not None:
        yield "csi", _validate_csi(volume.csi, child(path, "csi"))
    if volume.ephemeral is not None:
        yield "ephemeral", _validate_ephemeral(volume.ephemeral, child(path, "ephemeral"))
    if volume.image is not None:
        yield "image", _validate_image(volume.image, child(path, "image"))


def _validate_empty_dir(source: EmptyDirVolumeSource, path: str) -> list[FieldError]:
    place = child(path, "sizeLimit")
    if source.size_limit is None:
        return []
    try:
        is_negative = parse_quantity(source.size_limit) < 0
    except QuantityError as err:
        return [invalid(place, source.size_limit, str(err))]
    return [forbidden(place, "SizeLimit field must be a valid resource quantity")] if is_negative else []


def validate_host_path(source: HostPathVolumeSource, path: str) -> list[FieldError]:
    """A file or directory of the machine."""
    if not source.path:
        return [required(child(path, "path"))]
    errors = validate_no_climbing(source.path, child(path, "path"))
    return errors + one_of(child(path, "type"), source.type, HOST_PATH_TYPES)


def _validate_secret(source: SecretVolumeSource, path: str) -> list[FieldError]:
    errors = sources.needs(path, ("secretName", source.secret_name))
    errors += validate_mode(source.default_mode, child(path, "defaultMode"))
    return errors + validate_items(source.items, child(path, "items"))


def _validate_config_map(source: ConfigMapVolumeSource, path: str) -> list[FieldError]:
    errors = sources.needs(path, ("name", source.name))
    errors += validate_mode(source.default_mode, child(path, "defaultMode"))
    return errors + validate_items(source.items, child(path, "items"))


def _validate_downward_api(source: DownwardAPIVolumeSource, path: str) -> list[FieldError]:
    # Upstream names the volume's source, not the file.
    return validate_mode(source.default_mode, child(path, "defaultMode")) + validate_downward_files(source.items, path)


def _validate_projected(source: ProjectedVolumeSource, path: str) -> list[FieldError]:
    errors = validate_mode(source.default_mode, child(path, "defaultMode"))
    return errors + validate_projections(source.sources, path)


def _validate_csi(source: CSIVolumeSource, path: str) -> list[FieldError]:
    errors = sources.validate_driver_name(source.driver, child(path, "driver"))
    ref = source.node_publish_secret_ref
    if ref is None:
        return errors
    if not ref.name:
        return [*errors, required(child(path, "nodePublishSecretRef.name"))]
    wrong = dns1123_subdomain(ref.name)
    return [*errors, invalid(child(path, "name"), ref.name, wrong)] if wrong else errors


def _validate_ephemeral(source: EphemeralVolumeSource, path: str) -> list[FieldError]:
    template, place = source.volume_claim_template, child(path, "volumeClaimTemplate")
    if template is None:
        return [required(place)]
    metadata = find_section(template, "metadata") or {}
    meta = msgspec.convert({name: metadata[name] for name in TEMPLATE_META if name in metadata}, ObjectMeta)
    meta_place = child(place, "metadata")
    errors = validate_annotations(meta.annotations, child(meta_place, "annotations"))
    errors += validate_labels(meta.labels, child(meta_place, "labels"))
    errors += [
        forbidden(child(meta_place, name), "cannot be set")
        for name, value in metadata.items()
        if value and name not in TEMPLATE_META
    ]
    spec = msgspec.convert(find(template, "spec") or {}, PersistentVolumeClaimSpec)
    return errors + validate_claim_spec(spec, child(place, "spec"))


def _validate_image(source: ImageVolumeSource, path: str) -> list[FieldError]:
    errors = sources.needs(path, ("reference", source.reference))
    return errors + one_of(child(path, "pullPolicy"), source.pull_policy, PULL_POLICIES, may_be_absent=False)
