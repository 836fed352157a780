"""What may stand in a pod's list of volumes."""

from __future__ import annotations

from collections.abc import Iterable

from wherry.api.core.container_validation import (
    validate_field_path,
    validate_relative_path,
    validate_resource_field,
)
from wherry.api.core.volume import DownwardAPIVolumeFile, KeyToPath, Volume, VolumeProjection
from wherry.api.object_meta import one_of
from wherry.apimachinery.field_errors import FieldError, child, duplicate, forbidden, index, invalid, required
from wherry.apimachinery.names import dns1123_label, dns1123_subdomain
from wherry.apimachinery.quantity import QuantityError, parse_quantity

MODE_MAX = 0o777
MODE_RANGE = "must be a number between 0 and 0777 (octal), both inclusive"
TOKEN_EXPIRATION_S_MIN = 600
HOST_PATH_TYPES = ("BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket")
FILE_FIELD_PATHS = (
    "metadata.annotations",
    "metadata.labels",
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
)


def validate_volumes(volumes: Iterable[Volume], path: str) -> list[FieldError]:
    """All volumes: names, one source each, what the source needs."""
    errors = []
    names: set[str] = set()
    for position, volume in enumerate(volumes):
        place = index(path, position)
        if not volume.name:
            errors.append(required(child(place, "name")))
        elif wrong := dns1123_label(volume.name):
            errors.append(invalid(child(place, "name"), volume.name, wrong))
        if volume.name in names:
            errors.append(duplicate(child(place, "name"), volume.name))
        names.add(volume.name)
        errors += _validate_one_source(volume, place)
        errors += _validate_source(volume, place)
    return errors


def _validate_one_source(volume: Volume, path: str) -> list[FieldError]:
    given = [
        name
        for name, source in (
            ("emptyDir", volume.empty_dir),
            ("hostPath", volume.host_path),
            ("secret", volume.secret),
            ("persistentVolumeClaim", volume.persistent_volume_claim),
            ("downwardAPI", volume.downward_api),
            ("configMap", volume.config_map),
            ("projected", volume.projected),
        )
        if source is not None
    ]
    return [forbidden(child(path, name), "may not specify more than 1 volume type") for name in given[1:]]


def _validate_source(volume: Volume, path: str) -> list[FieldError]:
    errors: list[FieldError] = []
    if volume.empty_dir is not None and volume.empty_dir.size_limit is not None:
        place = child(child(path, "emptyDir"), "sizeLimit")
        try:
            if parse_quantity(volume.empty_dir.size_limit) < 0:
                errors.append(forbidden(place, "SizeLimit field must be a valid resource quantity"))
        except QuantityError as err:
            errors.append(invalid(place, volume.empty_dir.size_limit, str(err)))
    if volume.host_path is not None:
        errors += _validate_host_path(volume.host_path.path, volume.host_path.type, child(path, "hostPath"))
    if volume.secret is not None:
        place = child(path, "secret")
        if not volume.secret.secret_name:
            errors.append(required(child(place, "secretName")))
        errors += _validate_mode(volume.secret.default_mode, child(place, "defaultMode"))
        errors += _validate_items(volume.secret.items, child(place, "items"))
    if volume.config_map is not None:
        place = child(path, "configMap")
        if not volume.config_map.name:
            errors.append(required(child(place, "name")))
        errors += _validate_mode(volume.config_map.default_mode, child(place, "defaultMode"))
        errors += _validate_items(volume.config_map.items, child(place, "items"))
    if volume.persistent_volume_claim is not None:
        place = child(child(path, "persistentVolumeClaim"), "claimName")
        name = volume.persistent_volume_claim.claim_name
        if not name:
            errors.append(required(place))
        elif wrong := dns1123_subdomain(name):
            errors.append(invalid(place, name, wrong))
    if volume.downward_api is not None:
        place = child(path, "downwardAPI")
        errors += _validate_mode(volume.downward_api.default_mode, child(place, "defaultMode"))
        errors += _validate_downward_files(volume.downward_api.items, child(place, "items"))
    if volume.projected is not None:
        place = child(path, "projected")
        errors += _validate_mode(volume.projected.default_mode, child(place, "defaultMode"))
        for position, source in enumerate(volume.projected.sources):
            errors += _validate_projection(source, index(child(place, "sources"), position))
    return errors


def _validate_host_path(host_path: str, kind: str, path: str) -> list[FieldError]:
    if not host_path:
        return [required(child(path, "path"))]
    errors = []
    if ".." in host_path.split("/"):
        errors.append(invalid(child(path, "path"), host_path, "must not contain '..'"))
    return errors + one_of(child(path, "type"), kind, HOST_PATH_TYPES)


def _validate_mode(mode: int | None, path: str) -> list[FieldError]:
    return [] if mode is None or 0 <= mode <= MODE_MAX else [invalid(path, mode, MODE_RANGE)]


def _validate_items(items: Iterable[KeyToPath], path: str) -> list[FieldError]:
    errors = []
    for position, item in enumerate(items):
        place = index(path, position)
        if not item.key:
            errors.append(required(child(place, "key")))
        errors += _validate_file_path(item.path, child(place, "path"))
        errors += _validate_mode(item.mode, child(place, "mode"))
    return errors


def _validate_file_path(file_path: str, path: str) -> list[FieldError]:
    if not file_path:
        return [required(path)]
    errors = validate_relative_path(file_path, path)
    if not errors and file_path.startswith(".."):
        errors.append(invalid(path, file_path, "must not start with '..'"))
    return errors


def _validate_downward_files(items: Iterable[DownwardAPIVolumeFile], path: str) -> list[FieldError]:
    errors = []
    for position, item in enumerate(items):
        place = index(path, position)
        errors += _validate_file_path(item.path, child(place, "path"))
        errors += _validate_mode(item.mode, child(place, "mode"))
        if item.field_ref is not None:
            field_path = item.field_ref.field_path
            errors += validate_field_path(field_path, child(place, "fieldRef.fieldPath"), paths=FILE_FIELD_PATHS)
        elif item.resource_field_ref is not None:
            if not item.resource_field_ref.container_name:
                errors.append(required(child(place, "resourceFieldRef.containerName")))
            errors += validate_resource_field(item.resource_field_ref.resource, child(place, "resourceFieldRef"))
        else:
            errors.append(required(place, "one of fieldRef and resourceFieldRef is required"))
    return errors


def _validate_projection(source: VolumeProjection, path: str) -> list[FieldError]:
    errors: list[FieldError] = []
    if source.secret is not None:
        if not source.secret.name:
            errors.append(required(child(path, "secret.name")))
        errors += _validate_items(source.secret.items, child(path, "secret.items"))
    if source.config_map is not None:
        if not source.config_map.name:
            errors.append(required(child(path, "configMap.name")))
        errors += _validate_items(source.config_map.items, child(path, "configMap.items"))
    if source.downward_api is not None:
        errors += _validate_downward_files(source.downward_api.items, child(path, "downwardAPI.items"))
    token = source.service_account_token
    if token is not None:
        place = child(path, "serviceAccountToken")
        seconds = token.expiration_seconds
        if seconds is not None and seconds < TOKEN_EXPIRATION_S_MIN:
            detail = "may not specify a duration less than 10 minutes"
            errors.append(invalid(child(place, "expirationSeconds"), seconds, detail))
        errors += _validate_file_path(token.path, child(place, "path"))
    return errors
