"""What may stand in a pod, and in a template of pods.

Source: kubernetes pkg/apis/core/validation, ValidatePodSpec and ValidatePodCreate.
"""

from __future__ import annotations

from wherry.api.core.affinity_validation import validate_affinity, validate_tolerations
from wherry.api.core.container import ResourceRequirements
from wherry.api.core.container_validation import validate_containers, validate_images_trimmed
from wherry.api.core.dns_validation import validate_dns_config
from wherry.api.core.pod_annotations import validate_pod_annotations
from wherry.api.core.pod_os_validation import validate_os
from wherry.api.core.pod_spec import PodSchedulingGate, PodSpec, PodTemplate
from wherry.api.core.resource_validation import validate_pod_resources, validate_resources
from wherry.api.core.security_validation import validate_pod_security
from wherry.api.core.topology_spread_validation import validate_topology_spread
from wherry.api.core.volume_validation import validate_volumes
from wherry.api.ip_addresses import validate_ip
from wherry.api.object_meta import one_of, validate_annotations, validate_labels
from wherry.apimachinery.field_errors import (
    FieldError,
    child,
    duplicate,
    forbidden,
    index,
    invalid,
    invalid_whole,
    required,
    too_long,
)
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.names import dns1123_label, dns1123_subdomain, qualified_name

RESTART_POLICIES = ("Always", "OnFailure", "Never")
DNS_POLICIES = ("ClusterFirstWithHostNet", "ClusterFirst", "Default", "None")
SECONDS_MAX = 2**31 - 1
HOSTNAME_LENGTH_MAX = 64


def validate_pod_template(template: PodTemplate, path: str) -> list[FieldError]:
    """Labels, annotations and spec of the pods to come."""
    errors = validate_template_meta(template, path)
    spec_path = child(path, "spec")
    errors += validate_pod_spec(template.spec, spec_path)
    if template.spec.ephemeral_containers:
        detail = "ephemeral containers not allowed in pod template"
        errors.append(forbidden(child(spec_path, "ephemeralContainers"), detail))
    return errors


def validate_template_meta(template: PodTemplate, path: str) -> list[FieldError]:
    """Labels and annotations of the pods to come."""
    errors = validate_labels(template.metadata.labels, child(path, "labels"))
    errors += validate_annotations(template.metadata.annotations, child(path, "annotations"))
    return errors + validate_pod_annotations(template.metadata, template.spec, child(path, "annotations"))


def validate_service_template(template: PodTemplate, kind: str) -> list[FieldError]:
    """A template of pods that run for ever: ReplicaSets, Deployments, DaemonSets."""
    return validate_pod_template(template, "spec.template") + validate_runs_forever(template, kind)


def validate_runs_forever(template: PodTemplate, kind: str) -> list[FieldError]:
    """What pods that never end may not say about their end."""
    path = "spec.template.spec"
    errors = []
    if template.spec.restart_policy != "Always":
        errors += one_of(child(path, "restartPolicy"), template.spec.restart_policy, ("Always",))
    if template.spec.active_deadline_seconds is not None:
        detail = f"activeDeadlineSeconds in {kind} is not Supported"
        errors.append(forbidden(child(path, "activeDeadlineSeconds"), detail))
    return errors


def validate_pod(meta: ObjectMeta, spec: PodSpec) -> list[FieldError]:
    """A pod, new or changed: what holds for its spec in a template, and what only holds for pods."""
    errors = validate_pod_annotations(meta, spec, "metadata.annotations")
    errors += validate_pod_spec(spec, "spec", meta)
    if not spec.service_account_name:
        for number, volume in enumerate(spec.volumes):
            for position, source in enumerate(volume.projected.sources if volume.projected else ()):
                if source.service_account_token is not None:
                    path = index(child(index("spec.volumes", number), "projected.sources"), position)
                    detail = "must not be specified when serviceAccountName is not set"
                    errors.append(forbidden(child(path, "serviceAccountToken"), detail))
    errors += validate_images_trimmed(spec.containers, "spec.containers")
    return errors + validate_images_trimmed(spec.init_containers, "spec.initContainers")


def validate_new_pod(spec: PodSpec) -> list[FieldError]:
    """What a pod may not have from the start."""
    errors = []
    if spec.ephemeral_containers:
        errors.append(forbidden("spec.ephemeralContainers", "cannot be set on create"))
    if spec.node_name and spec.scheduling_gates:
        errors.append(forbidden("spec.nodeName", "cannot be set until all schedulingGates have been cleared"))
    return errors


def validate_pod_spec(spec: PodSpec, path: str, pod: ObjectMeta | None = None) -> list[FieldError]:
    """Everything below `path`, a pod's spec with its defaults filled in; `pod` is None in a template."""
    errors = []
    if spec.termination_grace_period_seconds is None:
        errors.append(required(child(path, "terminationGracePeriodSeconds")))
    volumes, volume_errors = validate_volumes(spec.volumes, child(path, "volumes"), pod)
    errors += volume_errors
    errors += _validate_claims(spec, child(path, "resourceClaims"))
    errors += validate_containers(spec, volumes, path)
    errors += validate_pod_resources(spec, child(path, "resources"))
    errors += _validate_host_network(spec, path, is_pod=pod is not None)
    errors += one_of(child(path, "restartPolicy"), spec.restart_policy, RESTART_POLICIES, may_be_absent=False)
    errors += one_of(child(path, "dnsPolicy"), spec.dns_policy, DNS_POLICIES, may_be_absent=False)
    errors += validate_labels(spec.node_selector, child(path, "nodeSelector"))
    errors += validate_pod_security(spec, child(path, "securityContext"))
    if spec.affinity is not None:
        errors += validate_affinity(spec.affinity, child(path, "affinity"))
    errors += validate_dns_config(spec.dns_config, spec.dns_policy, child(path, "dnsConfig"))
    for position, readiness in enumerate(spec.readiness_gates):
        if wrong := qualified_name(readiness.condition_type):
            place = child(index(child(path, "readinessGates"), position), "conditionType")
            errors.append(invalid(place, readiness.condition_type, wrong))
    errors += _validate_scheduling_gates(spec.scheduling_gates, child(path, "schedulingGates"))
    errors += validate_topology_spread(spec.topology_spread_constraints, child(path, "topologySpreadConstraints"))
    errors += _validate_host_users(spec, path)
    errors += _validate_names(spec, path)
    errors += _validate_hostname_override(spec, child(path, "hostnameOverride"))
    errors += _validate_deadline(spec.active_deadline_seconds, child(path, "activeDeadlineSeconds"))
    errors += validate_tolerations(spec.tolerations, child(path, "tolerations"))
    errors += _validate_host_aliases(spec, child(path, "hostAliases"))
    if spec.preemption_policy is not None:
        place = child(path, "preemptionPolicy")
        errors += one_of(place, spec.preemption_policy, ("PreemptLowerPriority", "Never"), may_be_absent=False)
    if spec.overhead:
        errors += validate_resources(ResourceRequirements(limits=spec.overhead), child(path, "overhead"))
    return errors + validate_os(spec, path)


def _validate_claims(spec: PodSpec, path: str) -> list[FieldError]:
    """Devices that the pod asks for by a claim, or by a template of one."""
    errors = []
    taken: set[str] = set()
    for position, claim in enumerate(spec.resource_claims):
        place = index(path, position)
        if not claim.name:
            errors.append(required(child(place, "name")))
        elif claim.name in taken:
            errors.append(duplicate(child(place, "name"), claim.name))
        elif wrong := dns1123_label(claim.name):
            errors.append(invalid(child(place, "name"), claim.name, wrong))
        taken.add(claim.name)
        names = (
            ("resourceClaimName", claim.resource_claim_name),
            ("resourceClaimTemplateName", claim.resource_claim_template_name),
        )
        given = [(name, value) for name, value in names if value is not None]
        if len(given) > 1:
            detail = "at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified"
            errors.append(invalid_whole(place, detail))
        if not given:
            detail = "must specify one of: `resourceClaimName`, `resourceClaimTemplateName`"
            errors.append(invalid_whole(place, detail))
        for name, value in given:
            if wrong := dns1123_subdomain(value):
                errors.append(invalid(child(place, name), value, wrong))
    return errors


def _validate_host_network(spec: PodSpec, path: str, *, is_pod: bool) -> list[FieldError]:
    """With the machine's network a container's ports are the machine's; a template need not say so yet."""
    if not spec.host_network:
        return []
    errors = []
    for number, container in enumerate(spec.containers):
        for position, port in enumerate(container.ports):
            if (is_pod or port.host_port) and port.host_port != port.container_port:
                place = index(child(index(child(path, "containers"), number), "ports"), position)
                detail = "must match `containerPort` when `hostNetwork` is true"
                errors.append(invalid(child(place, "hostPort"), port.host_port or 0, detail))
    return errors


def _validate_scheduling_gates(gates: tuple[PodSchedulingGate, ...], path: str) -> list[FieldError]:
    errors = []
    taken: set[str] = set()
    for position, gate in enumerate(gates):
        if wrong := qualified_name(gate.name):
            errors.append(invalid(index(path, position), gate.name, wrong))
        if gate.name in taken:
            errors.append(duplicate(index(path, position), gate.name))
        taken.add(gate.name)
    return errors


def _validate_host_users(spec: PodSpec, path: str) -> list[FieldError]:
    """Users of its own and the machine's other name spaces do not go together."""
    if spec.host_users is not False:
        return []
    detail = "when `hostUsers` is false"
    shared = (("hostNetwork", spec.host_network), ("hostPID", spec.host_pid), ("hostIPC", spec.host_ipc))
    return [forbidden(child(path, name), detail) for name, is_shared in shared if is_shared]


def _validate_names(spec: PodSpec, path: str) -> list[FieldError]:
    errors = []
    for name, value, rule in (
        ("serviceAccountName", spec.service_account_name, dns1123_subdomain),
        ("nodeName", spec.node_name, dns1123_subdomain),
        ("hostname", spec.hostname, dns1123_label),
        ("subdomain", spec.subdomain, dns1123_label),
        ("priorityClassName", spec.priority_class_name, dns1123_subdomain),
        ("schedulerName", spec.scheduler_name, dns1123_subdomain),
        ("runtimeClassName", spec.runtime_class_name, dns1123_subdomain),
    ):
        if value and (wrong := rule(value)):
            errors.append(invalid(child(path, name), value, wrong))
    return errors


def _validate_hostname_override(spec: PodSpec, path: str) -> list[FieldError]:
    """The name that the machine's programs see, whatever DNS says."""
    name = spec.hostname_override
    if name is None:
        return []
    if spec.host_network:
        return [forbidden(path, "may not be specified when `hostNetwork` is true")]
    if spec.set_hostname_as_fqdn:
        return [forbidden(path, "may not be specified when `setHostnameAsFQDN` is true")]
    if len(name) > HOSTNAME_LENGTH_MAX:
        return [too_long(path, HOSTNAME_LENGTH_MAX)]
    wrong = dns1123_subdomain(name)
    return [invalid(path, name, wrong)] if wrong else []


def _validate_deadline(deadline_s: int | None, path: str) -> list[FieldError]:
    if deadline_s is None or 0 < deadline_s <= SECONDS_MAX:
        return []
    return [invalid(path, deadline_s, f"must be between 1 and {SECONDS_MAX}, inclusive")]


def _validate_host_aliases(spec: PodSpec, path: str) -> list[FieldError]:
    errors = []
    for position, alias in enumerate(spec.host_aliases):
        place = index(path, position)
        errors += validate_ip(alias.ip, child(place, "ip"))
        for number, name in enumerate(alias.hostnames):
            if wrong := dns1123_subdomain(name):
                errors.append(invalid(index(child(place, "hostnames"), number), name, wrong))
    return errors
