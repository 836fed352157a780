"""Where a container sees its volumes: as directories (mounts) or as raw devices."""

from __future__ import annotations

from collections.abc import Mapping

from wherry.api.core.container import Container, VolumeMount
from wherry.api.core.relative_paths import validate_no_climbing, validate_relative_path
from wherry.api.core.volume import Volume
from wherry.api.object_meta import one_of
from wherry.apimachinery.field_errors import FieldError, child, forbidden, index, invalid, not_found, required

PROPAGATIONS = ("Bidirectional", "HostToContainer", "None")
RECURSIVE_READ_ONLY = ("Disabled", "Enabled", "IfPossible")
NOT_IN_IMAGES = "not allowed in image volume sources"


def validate_mounts(container: Container, path: str, volumes: Mapping[str, Volume]) -> list[FieldError]:
    """Every mount has a volume and a place of its own."""
    errors = []
    places: set[str] = set()
    device_names = {device.name for device in container.volume_devices}
    device_paths = {device.device_path for device in container.volume_devices}
    for position, mount in enumerate(container.volume_mounts):
        place = index(path, position)
        if not mount.name:
            errors.append(required(child(place, "name")))
        if mount.name not in volumes:
            errors.append(not_found(child(place, "name"), mount.name))
        if not mount.mount_path:
            errors.append(required(child(place, "mountPath")))
        if mount.mount_path in places:
            errors.append(invalid(child(place, "mountPath"), mount.mount_path, "must be unique"))
        places.add(mount.mount_path)
        if mount.name in device_names:
            errors.append(invalid(child(place, "name"), mount.name, "must not already exist in volumeDevices"))
        if mount.mount_path in device_paths:
            detail = "must not already exist as a path in volumeDevices"
            errors.append(invalid(child(place, "mountPath"), mount.mount_path, detail))
        errors += _validate_sub_path(mount, place, path, volumes.get(mount.name))
        # Upstream names the list, not the item, from here on.
        errors += _validate_propagation(mount, container, path)
    return errors


def _validate_sub_path(mount: VolumeMount, place: str, path: str, volume: Volume | None) -> list[FieldError]:
    errors = []
    given = (("subPath", mount.sub_path), ("subPathExpr", mount.sub_path_expr))
    if volume is not None and volume.image is not None:
        errors += [invalid(child(place, name), value, NOT_IN_IMAGES) for name, value in given if value]
    if mount.sub_path and mount.sub_path_expr:
        detail = "subPathExpr and subPath are mutually exclusive"
        errors.append(invalid(child(place, "subPathExpr"), mount.sub_path_expr, detail))
    for name, value in given:
        errors += validate_relative_path(value, child(path, name))
    return errors


def _validate_propagation(mount: VolumeMount, container: Container, path: str) -> list[FieldError]:
    place = child(path, "mountPropagation")
    errors = one_of(place, mount.mount_propagation, PROPAGATIONS)
    context = container.security_context
    if mount.mount_propagation == "Bidirectional" and not (context and context.privileged):
        detail = "Bidirectional mount propagation is available only to privileged containers"
        errors.append(forbidden(place, detail))
    place = child(path, "recursiveReadOnly")
    errors += one_of(place, mount.recursive_read_only, RECURSIVE_READ_ONLY)
    if mount.recursive_read_only in ("Enabled", "IfPossible"):
        if not mount.read_only:
            errors.append(forbidden(place, "may only be specified when readOnly is true"))
        if mount.mount_propagation not in ("", "None"):
            detail = "may only be specified when mountPropagation is None or not specified"
            errors.append(forbidden(place, detail))
    return errors


def validate_devices(container: Container, path: str, volumes: Mapping[str, Volume]) -> list[FieldError]:
    """Every raw device is a claim's and has a place of its own."""
    errors = []
    names: set[str] = set()
    places: set[str] = set()
    mount_names = {mount.name for mount in container.volume_mounts}
    mount_paths = {mount.mount_path for mount in container.volume_mounts}
    for position, device in enumerate(container.volume_devices):
        name_place = child(index(path, position), "name")
        place = child(index(path, position), "devicePath")
        volume = volumes.get(device.name)
        if not device.name:
            errors.append(required(name_place))
        if device.name in names:
            errors.append(invalid(name_place, device.name, "must be unique"))
        if volume is None:
            errors.append(not_found(name_place, device.name))
        elif volume.persistent_volume_claim is None and volume.ephemeral is None:
            detail = "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode"
            errors.append(invalid(name_place, device.name, detail))
        if not device.device_path:
            errors.append(required(place))
        if device.device_path in places:
            errors.append(invalid(place, device.device_path, "must be unique"))
        if validate_no_climbing(device.device_path, place):
            errors.append(invalid(place, device.device_path, "can not contain backsteps ('..')"))
        names.add(device.name)
        places.add(device.device_path)
        if device.name in mount_names:
            errors.append(invalid(name_place, device.name, "must not already exist in volumeMounts"))
        if device.device_path in mount_paths:
            errors.append(invalid(place, device.device_path, "must not already exist as a path in volumeMounts"))
    return errors
