"""What may stand in a pod's spec, and in a template of pods.

Source: kubernetes pkg/apis/core/validation.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

from wherry.api.core.affinity_validation import validate_affinity, validate_tolerations
from wherry.api.core.container import Container
from wherry.api.core.container_validation import (
    validate_container,
    validate_id,
    validate_init_container_limits,
    validate_seccomp,
)
from wherry.api.core.pod_spec import PodDNSConfig, PodSecurityContext, PodSpec, PodTemplate
from wherry.api.core.volume_validation import validate_volumes
from wherry.api.object_meta import not_negative, one_of, validate_annotations, validate_labels
from wherry.apimachinery.field_errors import FieldError, child, duplicate, forbidden, index, invalid, required
from wherry.apimachinery.names import dns1123_label, dns1123_subdomain, qualified_name

RESTART_POLICIES = ("Always", "OnFailure", "Never")
DNS_POLICIES = ("ClusterFirstWithHostNet", "ClusterFirst", "Default", "None")
SECONDS_MAX = 2**31 - 1
NAMESERVERS_MAX = 3
SEARCHES_MAX = 32


def validate_pod_template(template: PodTemplate, path: str, claimed_volumes: Iterable[str] = ()) -> list[FieldError]:
    """Labels, annotations and spec of the pods to come; `claimed_volumes` are added to each of them."""
    errors = validate_labels(template.metadata.labels, child(path, "labels"))
    errors += validate_annotations(template.metadata.annotations, child(path, "annotations"))
    return errors + validate_pod_spec(template.spec, child(path, "spec"), claimed_volumes)


def validate_service_template(
    template: PodTemplate, kind: str, claimed_volumes: Iterable[str] = ()
) -> list[FieldError]:
    """A template of pods that run for ever: ReplicaSets, Deployments and StatefulSets."""
    path = "spec.template"
    errors = validate_pod_template(template, path, claimed_volumes)
    if template.spec.restart_policy in ("OnFailure", "Never"):
        errors += one_of(child(path, "spec.restartPolicy"), template.spec.restart_policy, ("Always",))
    if template.spec.active_deadline_seconds is not None:
        detail = f"activeDeadlineSeconds in {kind} is not Supported"
        errors.append(forbidden(child(path, "spec.activeDeadlineSeconds"), detail))
    return errors


def validate_pod_spec(spec: PodSpec, path: str, claimed_volumes: Iterable[str] = ()) -> list[FieldError]:
    """Everything below `path`, a pod's spec with its defaults filled in."""
    errors = validate_volumes(spec.volumes, child(path, "volumes"))
    volumes = frozenset(volume.name for volume in spec.volumes).union(claimed_volumes)
    if not spec.containers:
        errors.append(required(child(path, "containers")))
    errors += _validate_containers(spec.containers, child(path, "containers"), volumes)
    errors += _validate_containers(spec.init_containers, child(path, "initContainers"), volumes)
    errors += _validate_init(spec, child(path, "initContainers"))
    errors += _validate_host_ports(spec, path)
    errors += one_of(child(path, "restartPolicy"), spec.restart_policy, RESTART_POLICIES, may_be_absent=False)
    errors += one_of(child(path, "dnsPolicy"), spec.dns_policy, DNS_POLICIES, may_be_absent=False)
    errors += _validate_dns_config(spec.dns_config, spec.dns_policy, child(path, "dnsConfig"))
    errors += not_negative(child(path, "terminationGracePeriodSeconds"), spec.termination_grace_period_seconds)
    deadline_s = spec.active_deadline_seconds
    if deadline_s is not None and not 0 < deadline_s <= SECONDS_MAX:
        detail = f"must be between 1 and {SECONDS_MAX}, inclusive"
        errors.append(invalid(child(path, "activeDeadlineSeconds"), deadline_s, detail))
    errors += validate_labels(spec.node_selector, child(path, "nodeSelector"))
    errors += _validate_names(spec, path)
    if spec.affinity is not None:
        errors += validate_affinity(spec.affinity, child(path, "affinity"))
    errors += validate_tolerations(spec.tolerations, child(path, "tolerations"))
    for position, alias in enumerate(spec.host_aliases):
        place = index(child(path, "hostAliases"), position)
        if not is_ip(alias.ip):
            errors.append(invalid(child(place, "ip"), alias.ip, "must be a valid IP address"))
        for name in alias.hostnames:
            if wrong := dns1123_subdomain(name):
                errors.append(invalid(child(place, "hostnames"), name, wrong))
    for position, gate in enumerate(spec.readiness_gates):
        if wrong := qualified_name(gate.condition_type):
            place = index(child(path, "readinessGates"), position)
            errors.append(invalid(child(place, "conditionType"), gate.condition_type, wrong))
    if spec.security_context is not None:
        errors += _validate_security_context(spec.security_context, child(path, "securityContext"))
    return errors


def is_ip(text: str) -> bool:
    """Whether this is an IPv4 or IPv6 address."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _validate_containers(containers: Iterable[Container], path: str, volumes: frozenset[str]) -> list[FieldError]:
    errors = []
    names: set[str] = set()
    for position, container in enumerate(containers):
        place = index(path, position)
        errors += validate_container(container, place, volumes=volumes)
        if container.name and container.name in names:
            errors.append(duplicate(child(place, "name"), container.name))
        names.add(container.name)
    return errors


def _validate_init(spec: PodSpec, path: str) -> list[FieldError]:
    errors = []
    taken = {container.name for container in spec.containers}
    for position, container in enumerate(spec.init_containers):
        place = index(path, position)
        if container.name in taken:
            errors.append(duplicate(child(place, "name"), container.name))
        errors += one_of(child(place, "restartPolicy"), container.restart_policy, ("Always",))
        errors += validate_init_container_limits(container, place)
    return errors


def _validate_host_ports(spec: PodSpec, path: str) -> list[FieldError]:
    errors = []
    taken: set[tuple[str, str, int]] = set()
    for number, container in enumerate(spec.containers):
        for position, port in enumerate(container.ports):
            place = index(child(index(child(path, "containers"), number), "ports"), position)
            if spec.host_network and port.host_port and port.host_port != port.container_port:
                detail = "must match `hostPort` when `hostNetwork` is true"
                errors.append(invalid(child(place, "containerPort"), port.container_port, detail))
            if port.host_port:
                wanted = (port.protocol, port.host_ip, port.host_port)
                if wanted in taken:
                    shown = "/".join(str(part) for part in (port.protocol, port.host_ip, port.host_port))
                    errors.append(duplicate(child(place, "hostPort"), shown))
                taken.add(wanted)
    return errors


def _validate_dns_config(config: PodDNSConfig | None, policy: str, path: str) -> list[FieldError]:
    if config is None or not config.nameservers:
        if policy != "None":
            return []
        detail = "must provide at least one DNS nameserver when `dnsPolicy` is None"
        return [required(path if config is None else child(path, "nameservers"), detail)]
    errors = []
    if len(config.nameservers) > NAMESERVERS_MAX:
        detail = f"must not have more than {NAMESERVERS_MAX} nameservers"
        errors.append(invalid(child(path, "nameservers"), list(config.nameservers), detail))
    for position, address in enumerate(config.nameservers):
        if not is_ip(address):
            place = index(child(path, "nameservers"), position)
            errors.append(invalid(place, address, "must be a valid IP address"))
    if len(config.searches) > SEARCHES_MAX:
        detail = f"must not have more than {SEARCHES_MAX} search paths"
        errors.append(invalid(child(path, "searches"), list(config.searches), detail))
    for position, option in enumerate(config.options):
        if not option.name:
            errors.append(required(index(child(path, "options"), position), "must not be empty"))
    return errors


def _validate_names(spec: PodSpec, path: str) -> list[FieldError]:
    errors = []
    for name, value, rule in (
        ("serviceAccountName", spec.service_account_name, dns1123_subdomain),
        ("nodeName", spec.node_name, dns1123_subdomain),
        ("hostname", spec.hostname, dns1123_label),
        ("subdomain", spec.subdomain, dns1123_label),
        ("priorityClassName", spec.priority_class_name, dns1123_subdomain),
        ("schedulerName", spec.scheduler_name, dns1123_subdomain),
    ):
        if value and (wrong := rule(value)):
            errors.append(invalid(child(path, name), value, wrong))
    return errors


def _validate_security_context(context: PodSecurityContext, path: str) -> list[FieldError]:
    errors = []
    for name, value in (
        ("runAsUser", context.run_as_user),
        ("runAsGroup", context.run_as_group),
        ("fsGroup", context.fs_group),
    ):
        errors += validate_id(child(path, name), value)
    for position, group in enumerate(context.supplemental_groups):
        errors += validate_id(index(child(path, "supplementalGroups"), position), group)
    if context.seccomp_profile is not None:
        profile = context.seccomp_profile
        errors += validate_seccomp(profile.type, profile.localhost_profile, child(path, "seccompProfile"))
    names: set[str] = set()
    for position, sysctl in enumerate(context.sysctls):
        place = child(index(child(path, "sysctls"), position), "name")
        if not sysctl.name:
            errors.append(required(place))
        elif sysctl.name in names:
            errors.append(duplicate(place, sysctl.name))
        names.add(sysctl.name)
    return errors
