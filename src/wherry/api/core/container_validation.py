"""What may stand in the containers of a pod: those that do its work, those that prepare it, those that look into it.

Source: kubernetes pkg/apis/core/validation, validateContainers and its neighbours.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from wherry.api.core.container import Container, ContainerPort, ContainerRestartRule, EphemeralContainer
from wherry.api.core.env_validation import validate_env, validate_env_from
from wherry.api.core.mount_validation import validate_devices, validate_mounts
from wherry.api.core.pod_spec import PodSpec
from wherry.api.core.probe_validation import validate_lifecycle, validate_probes
from wherry.api.core.resource_validation import validate_resize_policies, validate_resources
from wherry.api.core.security_validation import validate_security_context
from wherry.api.core.volume import Volume
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
    too_many,
)
from wherry.apimachinery.names import dns1123_label, port_name

PORT_MAX = 65535
PORT_RANGE = f"must be between 1 and {PORT_MAX}, inclusive"
PROTOCOLS = ("SCTP", "TCP", "UDP")
PULL_POLICIES = ("Always", "IfNotPresent", "Never")
MESSAGE_POLICIES = ("File", "FallbackToLogsOnError")
RESTART_POLICIES = ("Always", "Never", "OnFailure")
RESTART_RULES_MAX = 20
EXIT_CODES_MAX = 255
NOT_FOR_INIT = "may not be set for init containers without restartPolicy=Always"
NOT_FOR_EPHEMERAL = "cannot be set for an Ephemeral Container"


@dataclass(frozen=True, slots=True)
class PodParts:
    """What a container's rules need of its pod: the valid volumes by name, and some of its spec."""

    spec: PodSpec
    volumes: Mapping[str, Volume]

    @property
    def claims(self) -> list[str]:
        """Names of the pod's resource claims."""
        return [claim.name for claim in self.spec.resource_claims if claim.name]

    @property
    def empty_directories(self) -> list[str]:
        """Names of the volumes that are empty at first."""
        return [name for name, volume in self.volumes.items() if volume.empty_dir is not None]


def validate_containers(spec: PodSpec, volumes: Mapping[str, Volume], path: str) -> list[FieldError]:
    """All containers of a pod; `volumes` are those that are valid."""
    parts = PodParts(spec, volumes)
    errors = _validate_main(parts, child(path, "containers"))
    errors += _validate_init(parts, child(path, "initContainers"))
    return errors + _validate_ephemeral(parts, child(path, "ephemeralContainers"))


def validate_images_trimmed(containers: Iterable[Container], path: str) -> list[FieldError]:
    """In a pod, though not in a template, an image's name has no space around it."""
    detail = "must not have leading or trailing whitespace"
    return [
        invalid(child(index(path, position), "image"), one.image, detail)
        for position, one in enumerate(containers)
        if one.image != one.image.strip()
    ]


def _validate_main(parts: PodParts, path: str) -> list[FieldError]:
    containers = parts.spec.containers
    if not containers:
        return [required(path)]
    errors = []
    names: set[str] = set()
    for position, container in enumerate(containers):
        place = index(path, position)
        errors += _validate_common(container, place, parts)
        if container.name in names:
            errors.append(duplicate(child(place, "name"), container.name))
        names.add(container.name)
        errors += validate_lifecycle(container.lifecycle, child(place, "lifecycle"), parts.spec)
        errors += validate_probes(container, place, parts.spec)
        errors += _validate_restart(container, place)
    return errors + _validate_host_ports(containers, path)


def _validate_init(parts: PodParts, path: str) -> list[FieldError]:
    errors = []
    names = {container.name for container in parts.spec.containers}
    for position, container in enumerate(parts.spec.init_containers):
        place = index(path, position)
        errors += _validate_common(container, place, parts)
        errors += _validate_restart(container, place)
        if container.name and container.name in names:
            errors.append(duplicate(child(place, "name"), container.name))
        names.add(container.name)
        # They run one after another, so each is alone with its ports.
        errors += _validate_host_ports((container,), path)
        if container.restart_policy == "Always":
            errors += validate_lifecycle(container.lifecycle, child(place, "lifecycle"), parts.spec)
            errors += validate_probes(container, place, parts.spec)
        else:
            errors += [forbidden(child(place, name), NOT_FOR_INIT) for name in _life_fields(container)]
    return errors


def _life_fields(container: Container) -> list[str]:
    """Which of the fields are set that only make sense for a container that stays."""
    fields = (
        ("lifecycle", container.lifecycle),
        ("livenessProbe", container.liveness_probe),
        ("readinessProbe", container.readiness_probe),
        ("startupProbe", container.startup_probe),
    )
    return [name for name, value in fields if value is not None]


def _validate_ephemeral(parts: PodParts, path: str) -> list[FieldError]:
    errors = []
    lasting = {container.name for container in (*parts.spec.containers, *parts.spec.init_containers)}
    names = set(lasting)
    for position, container in enumerate(parts.spec.ephemeral_containers):
        place = index(path, position)
        errors += _validate_common(container, place, parts)
        if container.name in names:
            errors.append(duplicate(child(place, "name"), container.name))
        names.add(container.name)
        target = container.target_container_name
        if target and target not in lasting:
            errors.append(not_found(child(place, "targetContainerName"), target))
        errors += [forbidden(child(place, name), NOT_FOR_EPHEMERAL) for name in _fields_of_service(container)]
        for number, mount in enumerate(container.volume_mounts):
            mount_place = index(child(place, "volumeMounts"), number)
            for name, value in (("subPath", mount.sub_path), ("subPathExpr", mount.sub_path_expr)):
                if value:
                    errors.append(forbidden(child(mount_place, name), NOT_FOR_EPHEMERAL))
    return errors + validate_images_trimmed(parts.spec.ephemeral_containers, path)


def _fields_of_service(container: EphemeralContainer) -> list[str]:
    """Which fields are set that would make the pod rely on a container that is only there to look."""
    resources = container.resources
    fields: tuple[tuple[str, object], ...] = (
        ("ports", container.ports),
        ("resources", resources is not None and (resources.limits or resources.requests or resources.claims)),
        ("resizePolicy", container.resize_policy),
        ("restartPolicy", container.restart_policy),
        ("restartPolicyRules", container.restart_policy_rules),
    )
    return [*(name for name, value in fields if value), *_life_fields(container)]


def _validate_common(container: Container, path: str, parts: PodParts) -> list[FieldError]:
    """What holds for every kind of container."""
    errors = []
    if not container.name:
        errors.append(required(child(path, "name")))
    elif wrong := dns1123_label(container.name):
        errors.append(invalid(child(path, "name"), container.name, wrong))
    if not container.image:
        errors.append(required(child(path, "image")))
    errors += one_of(
        child(path, "terminationMessagePolicy"),
        container.termination_message_policy,
        MESSAGE_POLICIES,
        may_be_absent=False,
    )
    errors += _validate_ports(container.ports, child(path, "ports"))
    errors += validate_env(container.env, child(path, "env"), parts.empty_directories)
    errors += validate_env_from(container.env_from, child(path, "envFrom"))
    errors += validate_mounts(container, child(path, "volumeMounts"), parts.volumes)
    errors += validate_devices(container, child(path, "volumeDevices"), parts.volumes)
    errors += one_of(child(path, "imagePullPolicy"), container.image_pull_policy, PULL_POLICIES, may_be_absent=False)
    if container.resources is not None:
        errors += validate_resources(container.resources, child(path, "resources"), parts.claims)
    policy = parts.spec.restart_policy
    errors += validate_resize_policies(container.resize_policy, policy, child(path, "resizePolicy"))
    if container.security_context is not None:
        host_users = parts.spec.host_users is not False
        place = child(path, "securityContext")
        errors += validate_security_context(container.security_context, place, host_users=host_users)
    return errors


def _validate_restart(container: Container, path: str) -> list[FieldError]:
    """When the container itself is started again, whatever holds for its pod."""
    place = child(path, "restartPolicy")
    if not container.restart_policy:
        if not container.restart_policy_rules:
            return []
        return [required(place, "must specify restartPolicy when restart rules are used")]
    errors = one_of(place, container.restart_policy, RESTART_POLICIES)
    return errors + _validate_restart_rules(container.restart_policy_rules, child(path, "restartPolicyRules"))


def _validate_restart_rules(rules: tuple[ContainerRestartRule, ...], path: str) -> list[FieldError]:
    errors = [too_many(path, len(rules), RESTART_RULES_MAX)] if len(rules) > RESTART_RULES_MAX else []
    for position, rule in enumerate(rules):
        place = index(path, position)
        errors += one_of(child(place, "action"), rule.action, ("Restart", "RestartAllContainers"), may_be_absent=False)
        codes, place = rule.exit_codes, child(place, "exitCodes")
        if codes is None:
            errors.append(required(place, "must be specified"))
            continue
        errors += one_of(child(place, "operator"), codes.operator, ("In", "NotIn"), may_be_absent=False)
        if len(codes.values) > EXIT_CODES_MAX:
            errors.append(too_many(child(place, "values"), len(codes.values), EXIT_CODES_MAX))
    return errors


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


def _validate_host_ports(containers: Iterable[Container], path: str) -> list[FieldError]:
    errors = []
    taken: set[str] = set()
    for number, container in enumerate(containers):
        for position, port in enumerate(container.ports):
            if not port.host_port:
                continue
            wanted = f"{port.protocol}/{port.host_ip}/{port.host_port}"
            if wanted in taken:
                place = index(child(index(path, number), "ports"), position)
                errors.append(duplicate(child(place, "hostPort"), wanted))
            taken.add(wanted)
    return errors
