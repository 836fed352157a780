"""What may stand in a container: names, ports, environment, resources, probes, rights.

Source: kubernetes pkg/apis/core/validation.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction

from wherry.api.core.container import (
    Container,
    ContainerPort,
    EnvFromSource,
    EnvVar,
    EnvVarSource,
    ResourceRequirements,
    SecurityContext,
    VolumeMount,
)
from wherry.api.core.probe_validation import validate_lifecycle, validate_probes
from wherry.api.object_meta import one_of
from wherry.apimachinery.field_errors import (
    FieldError,
    child,
    duplicate,
    forbidden,
    index,
    invalid,
    not_found,
    required,
)
from wherry.apimachinery.names import (
    config_map_key,
    dns1123_label,
    dns1123_subdomain,
    env_var_name,
    port_name,
    qualified_name,
)
from wherry.apimachinery.quantity import QuantityError, QuantityText, parse_quantity

PORT_MAX = 65535
PORT_RANGE = f"must be between 1 and {PORT_MAX}, inclusive"
ID_MAX = 2**31 - 1
PROTOCOLS = ("SCTP", "TCP", "UDP")
PULL_POLICIES = ("Always", "IfNotPresent", "Never")
FIELD_PATHS = (
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
)
RESOURCE_FIELDS = (
    "limits.cpu",
    "limits.ephemeral-storage",
    "limits.memory",
    "requests.cpu",
    "requests.ephemeral-storage",
    "requests.memory",
)
STANDARD_RESOURCES = ("cpu", "memory", "ephemeral-storage")


def validate_container(container: Container, path: str, *, volumes: frozenset[str]) -> list[FieldError]:
    """One container; `volumes` are the names that its mounts may refer to."""
    errors = []
    if not container.name:
        errors.append(required(child(path, "name")))
    elif wrong := dns1123_label(container.name):
        errors.append(invalid(child(path, "name"), container.name, wrong))
    if not container.image:
        errors.append(required(child(path, "image")))
    elif container.image != container.image.strip():
        detail = "must not have leading or trailing whitespace"
        errors.append(invalid(child(path, "image"), container.image, detail))
    errors += one_of(
        child(path, "terminationMessagePolicy"),
        container.termination_message_policy,
        ("FallbackToLogsOnError", "File"),
        may_be_absent=False,
    )
    errors += one_of(child(path, "imagePullPolicy"), container.image_pull_policy, PULL_POLICIES, may_be_absent=False)
    errors += _validate_ports(container.ports, child(path, "ports"))
    errors += _validate_env(container.env, child(path, "env"))
    errors += _validate_env_from(container.env_from, child(path, "envFrom"))
    errors += _validate_mounts(container.volume_mounts, child(path, "volumeMounts"), volumes)
    errors += validate_probes(container, path)
    errors += validate_lifecycle(container.lifecycle, child(path, "lifecycle"))
    if container.resources is not None:
        errors += validate_resources(container.resources, child(path, "resources"))
    if container.security_context is not None:
        errors += _validate_security_context(container.security_context, child(path, "securityContext"))
    return errors


def validate_resources(resources: ResourceRequirements, path: str) -> list[FieldError]:
    """Amounts that can be read, and no request above its limit."""
    limits, limit_errors = _amounts(resources.limits, child(path, "limits"))
    requests, request_errors = _amounts(resources.requests, child(path, "requests"))
    errors = limit_errors + request_errors
    for name, amount in requests.items():
        if name not in limits:
            if "/" in name or name.startswith("hugepages-"):
                errors.append(required(child(path, "limits"), "Limit must be set for non overcommitable resources"))
            continue
        shown = str(resources.requests[name])
        place = child(path, "requests")
        if ("/" in name or name.startswith("hugepages-")) and amount != limits[name]:
            detail = f"must be equal to {name} limit of {resources.limits[name]}"
            errors.append(invalid(place, shown, detail))
        elif amount > limits[name]:
            detail = f"must be less than or equal to {name} limit of {resources.limits[name]}"
            errors.append(invalid(place, shown, detail))
    return errors


def _amounts(amounts: Mapping[str, QuantityText], path: str) -> tuple[dict[str, Fraction], list[FieldError]]:
    parsed: dict[str, Fraction] = {}
    errors = []
    for name, amount in amounts.items():
        place = f"{path}[{name}]"
        if wrong := qualified_name(name):
            errors.append(invalid(place, name, wrong))
        elif "/" not in name and name not in STANDARD_RESOURCES and not name.startswith("hugepages-"):
            errors.append(invalid(place, name, "must be a standard resource type or fully qualified"))
            errors.append(invalid(place, name, "must be a standard resource for containers"))
        try:
            exact = parse_quantity(amount)
        except QuantityError as err:
            errors.append(invalid(place, amount, str(err)))
            continue
        if exact < 0:
            errors.append(invalid(place, str(amount), "must be greater than or equal to 0"))
        elif ("/" in name) and exact.denominator != 1:
            errors.append(invalid(place, str(amount), "must be an integer"))
        parsed[name] = exact
    return parsed, errors


def _validate_ports(ports: Iterable[ContainerPort], path: str) -> list[FieldError]:
    errors = []
    names: set[str] = set()
    for position, port in enumerate(ports):
        place = index(path, position)
        if port.name:
            if wrong := port_name(port.name):
                errors.append(invalid(child(place, "name"), port.name, wrong))
            elif port.name in names:
                errors.append(duplicate(child(place, "name"), port.name))
            names.add(port.name)
        if port.container_port == 0:
            errors.append(required(child(place, "containerPort")))
        elif not 0 < port.container_port <= PORT_MAX:
            errors.append(invalid(child(place, "containerPort"), port.container_port, PORT_RANGE))
        if port.host_port and not 0 < port.host_port <= PORT_MAX:
            errors.append(invalid(child(place, "hostPort"), port.host_port, PORT_RANGE))
        errors += one_of(child(place, "protocol"), port.protocol, PROTOCOLS, may_be_absent=False)
    return errors


def _validate_env(variables: Iterable[EnvVar], path: str) -> list[FieldError]:
    errors = []
    for position, variable in enumerate(variables):
        place = index(path, position)
        if not variable.name:
            errors.append(required(child(place, "name")))
        elif wrong := env_var_name(variable.name):
            errors.append(invalid(child(place, "name"), variable.name, wrong))
        if variable.value_from is not None:
            source = child(place, "valueFrom")
            if variable.value:
                errors.append(invalid(source, "", "may not be specified when `value` is not empty"))
            errors += _validate_env_source(variable.value_from, source)
    return errors


def _validate_env_source(source: EnvVarSource, path: str) -> list[FieldError]:
    errors = []
    given = [
        part
        for part in (source.field_ref, source.resource_field_ref, source.config_map_key_ref, source.secret_key_ref)
        if part is not None
    ]
    if not given:
        detail = (
            "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`"
        )
        errors.append(invalid(path, "", detail))
    if len(given) > 1:
        errors.append(invalid(path, "", "may not have more than one field specified at a time"))
    if source.field_ref is not None:
        errors += validate_field_path(source.field_ref.field_path, child(child(path, "fieldRef"), "fieldPath"))
    if source.resource_field_ref is not None:
        errors += validate_resource_field(source.resource_field_ref.resource, child(path, "resourceFieldRef"))
    for name, ref in (("configMapKeyRef", source.config_map_key_ref), ("secretKeyRef", source.secret_key_ref)):
        if ref is not None:
            errors += _validate_key_ref(ref.name, ref.key, child(path, name))
    return errors


def validate_field_path(field_path: str, path: str, *, paths: tuple[str, ...] = FIELD_PATHS) -> list[FieldError]:
    """A field of the pod that may be shown to its containers."""
    if not field_path:
        return [required(path)]
    for prefix in ("metadata.labels", "metadata.annotations"):
        if field_path.startswith(f"{prefix}['") and field_path.endswith("']"):
            name = field_path[len(prefix) + 2 : -2]
            wrong = qualified_name(name if prefix == "metadata.labels" else name.lower())
            return [invalid(path, name, wrong)] if wrong else []
    if field_path in paths:
        return []
    known = field_path.partition(".")[0] in ("metadata", "spec", "status")
    if not known:
        return [invalid(path, field_path, f"error converting fieldPath: field label not supported: {field_path}")]
    return one_of(path, field_path, paths)


def validate_resource_field(resource: str, path: str) -> list[FieldError]:
    """An amount of the container that may be shown to it."""
    if resource.startswith(("limits.hugepages-", "requests.hugepages-")):
        return []
    return one_of(child(path, "resource"), resource, RESOURCE_FIELDS, may_be_absent=False)


def _validate_key_ref(name: str, entry: str, path: str) -> list[FieldError]:
    errors = []
    if name and (wrong := dns1123_subdomain(name)):
        errors.append(invalid(child(path, "name"), name, wrong))
    if not entry:
        errors.append(required(child(path, "key")))
    elif wrong := config_map_key(entry):
        errors.append(invalid(child(path, "key"), entry, wrong))
    return errors


def _validate_env_from(sources: Iterable[EnvFromSource], path: str) -> list[FieldError]:
    errors = []
    for position, source in enumerate(sources):
        place = index(path, position)
        if source.prefix and (wrong := env_var_name(source.prefix)):
            errors.append(invalid(child(place, "prefix"), source.prefix, wrong))
        given = 0
        for name, ref in (("configMapRef", source.config_map_ref), ("secretRef", source.secret_ref)):
            if ref is None:
                continue
            given += 1
            if not ref.name:
                errors.append(required(child(child(place, name), "name")))
            elif wrong := dns1123_subdomain(ref.name):
                errors.append(invalid(child(child(place, name), "name"), ref.name, wrong))
        if given == 0:
            errors.append(invalid(place, "", "must specify one of: `configMapRef` or `secretRef`"))
        elif given > 1:
            errors.append(invalid(place, "", "may not have more than one field specified at a time"))
    return errors


def _validate_mounts(mounts: Iterable[VolumeMount], path: str, volumes: frozenset[str]) -> list[FieldError]:
    errors = []
    places: set[str] = set()
    for position, mount in enumerate(mounts):
        place = index(path, position)
        if not mount.name:
            errors.append(required(child(place, "name")))
        elif mount.name not in volumes:
            errors.append(not_found(child(place, "name"), mount.name))
        if not mount.mount_path:
            errors.append(required(child(place, "mountPath")))
        elif mount.mount_path in places:
            errors.append(invalid(child(place, "mountPath"), mount.mount_path, "must be unique"))
        places.add(mount.mount_path)
        errors += validate_relative_path(mount.sub_path, child(place, "subPath"))
        errors += validate_relative_path(mount.sub_path_expr, child(place, "subPathExpr"))
        if mount.sub_path and mount.sub_path_expr:
            detail = "subPathExpr and subPath are mutually exclusive"
            errors.append(invalid(child(place, "subPathExpr"), mount.sub_path_expr, detail))
    return errors


def validate_relative_path(relative: str, path: str) -> list[FieldError]:
    """A path that stays below the place it is relative to."""
    errors = []
    if relative.startswith("/"):
        errors.append(invalid(path, relative, "must be a relative path"))
    if ".." in relative.split("/"):
        errors.append(invalid(path, relative, "must not contain '..'"))
    return errors


def validate_id(path: str, value: int | None) -> list[FieldError]:
    """The number of a user or a group."""
    if value is None or 0 <= value <= ID_MAX:
        return []
    return [invalid(path, value, f"must be between 0 and {ID_MAX}, inclusive")]


def _validate_security_context(context: SecurityContext, path: str) -> list[FieldError]:
    errors = validate_id(child(path, "runAsUser"), context.run_as_user)
    errors += validate_id(child(path, "runAsGroup"), context.run_as_group)
    if context.allow_privilege_escalation is False:
        place = child(path, "allowPrivilegeEscalation")
        added = context.capabilities.add if context.capabilities else ()
        if context.privileged:
            detail = "cannot set `allowPrivilegeEscalation` to false and `privileged` to true"
            errors.append(invalid(path, {"allowPrivilegeEscalation": False, "privileged": True}, detail))
        if "CAP_SYS_ADMIN" in added:
            detail = "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN"
            errors.append(invalid(place, False, detail))
    if context.seccomp_profile is not None:
        profile = context.seccomp_profile
        errors += validate_seccomp(profile.type, profile.localhost_profile, child(path, "seccompProfile"))
    return errors


def validate_seccomp(kind: str, localhost_profile: str, path: str) -> list[FieldError]:
    """Which system calls are allowed: a word, and for Localhost the profile's file."""
    errors = one_of(child(path, "type"), kind, ("Localhost", "RuntimeDefault", "Unconfined"), may_be_absent=False)
    place = child(path, "localhostProfile")
    if kind == "Localhost" and not localhost_profile:
        errors.append(required(place, "must be set when seccomp type is Localhost"))
    if kind != "Localhost" and localhost_profile:
        errors.append(invalid(place, localhost_profile, "can only be set when seccomp type is Localhost"))
    return errors


def validate_init_container_limits(container: Container, path: str) -> list[FieldError]:
    """What an init container may not have, unless it is a sidecar (restartPolicy Always)."""
    if container.restart_policy == "Always":
        return []
    detail = "may not be set for init containers without restartPolicy=Always"
    return [
        forbidden(child(path, name), detail)
        for name, value in (
            ("lifecycle", container.lifecycle),
            ("livenessProbe", container.liveness_probe),
            ("readinessProbe", container.readiness_probe),
            ("startupProbe", container.startup_probe),
        )
        if value is not None
    ]
