"""What may stand in a Service, and what may change in it.

Source: kubernetes pkg/apis/core/validation, ValidateService and ValidateServiceUpdate.
"""

from __future__ import annotations

from collections.abc import Mapping

from wherry.api.core.service_addresses_validation import validate_addresses, validate_kept_addresses
from wherry.api.core.service_parts import (
    HEADLESS,
    OPEN_TYPES,
    TYPES,
    LoadBalancerIngress,
    ServicePort,
    ServiceSpec,
    SessionAffinityConfig,
    is_headless,
    is_reached_from_outside,
    needs_health_check,
)
from wherry.api.field_formats import CIDR_WRONG, PORT_WRONG, fitting, is_cidr, port_number
from wherry.api.ip_addresses import BAD_IP, is_ip
from wherry.api.object_meta import IMMUTABLE, one_of, validate_labels
from wherry.apimachinery.field_errors import FieldError, child, duplicate, forbidden, index, invalid, key, required
from wherry.apimachinery.names import dns1123_label, dns1123_subdomain, port_name, qualified_name

PROTOCOLS = ("SCTP", "TCP", "UDP")
POLICIES = ("Cluster", "Local")
DISTRIBUTIONS = ("PreferClose", "PreferSameNode", "PreferSameZone")
IP_MODES = ("Proxy", "VIP")
PORT_MAX = 65535
KUBELET_PORT = 10250
STICKY_S_MAX = 86400
HINTS_ANNOTATION = "service.kubernetes.io/topology-aware-hints"
MODE_ANNOTATION = "service.kubernetes.io/topology-mode"
RANGES_ANNOTATION = "service.beta.kubernetes.io/load-balancer-source-ranges"
ONLY_BALANCED = "may only be used when `type` is 'LoadBalancer'"
ONLY_CHECKED = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'"


def validate_service(spec: ServiceSpec, annotations: Mapping[str, str]) -> list[FieldError]:
    """All that is wrong with a service."""
    errors = _validate_annotations(annotations)
    if not spec.ports and not is_headless(spec) and spec.type != "ExternalName":
        errors.append(required("spec.ports"))
    errors += _validate_for_type(spec)
    errors += _validate_ports(spec)
    errors += validate_labels(spec.selector, "spec.selector")
    errors += one_of("spec.sessionAffinity", spec.session_affinity, ("ClientIP", "None"), may_be_absent=False)
    errors += _validate_affinity(spec.session_affinity, spec.session_affinity_config, "spec.sessionAffinityConfig")
    errors += validate_addresses(spec)
    errors += one_of("spec.type", spec.type, TYPES, may_be_absent=False)
    errors += _validate_taken(spec)
    errors += _validate_balancer(spec, annotations)
    return errors + _validate_traffic(spec)


def validate_service_update(spec: ServiceSpec, old: ServiceSpec) -> list[FieldError]:
    """What an update may not change."""
    errors = validate_kept_addresses(spec, old)
    if old.type == spec.type == "LoadBalancer" and old.load_balancer_class != spec.load_balancer_class:
        errors.append(invalid("spec.loadBalancerClass", spec.load_balancer_class, "may not change once set"))
    is_checked = needs_health_check(old) and needs_health_check(spec)
    if is_checked and old.health_check_node_port != spec.health_check_node_port:
        errors.append(forbidden("spec.healthCheckNodePort", IMMUTABLE))
    return errors


def validate_ingress(ingress: tuple[LoadBalancerIngress, ...], spec: ServiceSpec, path: str) -> list[FieldError]:
    """Where the balancer is reached, as its status says."""
    if ingress and spec.type != "LoadBalancer":
        return [forbidden(path, 'may only be used when `spec.type` is "LoadBalancer"')]
    errors = []
    for position, entry in enumerate(ingress):
        place = index(path, position)
        if entry.ip and not is_ip(entry.ip):
            errors.append(invalid(child(place, "ip"), entry.ip, BAD_IP))
        if entry.ip and entry.ip_mode is None:
            errors.append(required(child(place, "ipMode"), "must be specified when `ip` is set"))
        if entry.ip_mode is not None and not entry.ip:
            errors.append(forbidden(child(place, "ipMode"), "may not be specified when `ip` is not set"))
        elif entry.ip_mode is not None:
            errors += one_of(child(place, "ipMode"), entry.ip_mode, IP_MODES, may_be_absent=False)
        if entry.hostname:
            errors += fitting(child(place, "hostname"), entry.hostname, dns1123_subdomain)
            if is_ip(entry.hostname):
                detail = "must be a DNS name, not an IP address"
                errors.append(invalid(child(place, "hostname"), entry.hostname, detail))
    return errors


def _validate_annotations(annotations: Mapping[str, str]) -> list[FieldError]:
    hints, mode = annotations.get(HINTS_ANNOTATION), annotations.get(MODE_ANNOTATION)
    if hints is None or mode is None or hints == mode:
        return []
    detail = f"must match annotations[{HINTS_ANNOTATION}] when both are specified"
    return [invalid(key("metadata.annotations", MODE_ANNOTATION), mode, detail)]


def _validate_for_type(spec: ServiceSpec) -> list[FieldError]:
    if spec.type == "ExternalName":
        return _validate_external_name(spec)
    errors = []
    if spec.type == "LoadBalancer":
        detail = f"may not expose port {KUBELET_PORT} externally since it is used by kubelet"
        for position, port in enumerate(spec.ports):
            if port.port == KUBELET_PORT:
                errors.append(invalid(index("spec.ports", position), port.port, detail))
    if spec.type in OPEN_TYPES and spec.cluster_ip == HEADLESS:
        detail = f"may not be set to 'None' for {spec.type} services"
        errors.append(invalid("spec.clusterIPs[0]", spec.cluster_ip, detail))
    return errors


def _validate_external_name(spec: ServiceSpec) -> list[FieldError]:
    errors = [
        forbidden(child("spec", name), "may not be set for ExternalName services")
        for name, value in (
            ("clusterIPs", spec.cluster_ips or spec.cluster_ip),
            ("ipFamilies", spec.ip_families),
            ("ipFamilyPolicy", spec.ip_family_policy),
        )
        if value
    ]
    # A dot at the end marks a name as complete.
    name = spec.external_name.removesuffix(".")
    return errors + (fitting("spec.externalName", name, dns1123_subdomain) if name else [required("spec.externalName")])


def _validate_ports(spec: ServiceSpec) -> list[FieldError]:
    errors = []
    names: set[str] = set()
    for position, port in enumerate(spec.ports):
        path = index("spec.ports", position)
        if port.name:
            errors += fitting(child(path, "name"), port.name, dns1123_label)
            if port.name in names:
                errors.append(duplicate(child(path, "name"), port.name))
            names.add(port.name)
        elif len(spec.ports) > 1:
            errors.append(required(child(path, "name")))
        errors += _validate_port(port, path)
    return errors


def _validate_port(port: ServicePort, path: str) -> list[FieldError]:
    errors = port_number(child(path, "port"), port.port)
    errors += one_of(child(path, "protocol"), port.protocol, PROTOCOLS, may_be_absent=False)
    target = port.target_port
    if isinstance(target, int):
        errors += port_number(child(path, "targetPort"), target)
    elif target is not None:
        errors += fitting(child(path, "targetPort"), target, port_name)
    if port.app_protocol is not None:
        errors += fitting(child(path, "appProtocol"), port.app_protocol, qualified_name)
    return errors


def _validate_taken(spec: ServiceSpec) -> list[FieldError]:
    """No port twice, on the service or on the nodes."""
    errors = []
    if spec.type == "ClusterIP":
        detail = "may not be used when `type` is 'ClusterIP'"
        errors += [
            forbidden(child(index("spec.ports", position), "nodePort"), detail)
            for position, port in enumerate(spec.ports)
            if port.node_port
        ]
    node_ports: set[tuple[str, int]] = set()
    for position, port in enumerate(spec.ports):
        if not port.node_port:
            continue
        if (port.protocol, port.node_port) in node_ports:
            errors.append(duplicate(child(index("spec.ports", position), "nodePort"), port.node_port))
        node_ports.add((port.protocol, port.node_port))
    taken: set[tuple[str, int]] = set()
    for position, port in enumerate(spec.ports):
        if (port.protocol, port.port) in taken:
            errors.append(duplicate(index("spec.ports", position), {"protocol": port.protocol, "port": port.port}))
        taken.add((port.protocol, port.port))
    return errors


def _validate_affinity(affinity: str, config: SessionAffinityConfig | None, path: str) -> list[FieldError]:
    if affinity == "None" and config is not None:
        return [forbidden(path, "must not be set when session affinity is None")]
    if affinity != "ClientIP":
        return []
    detail = "when session affinity type is ClientIP"
    if config is None:
        return [required(path, detail)]
    if config.client_ip is None:
        return [required(child(path, "clientIP"), detail)]
    place, timeout_s = child(path, "clientIP.timeoutSeconds"), config.client_ip.timeout_seconds
    if timeout_s is None:
        return [required(place, detail)]
    if 0 < timeout_s <= STICKY_S_MAX:
        return []
    return [invalid(place, timeout_s, f"must be greater than 0 and less than {STICKY_S_MAX}")]


def _validate_balancer(spec: ServiceSpec, annotations: Mapping[str, str]) -> list[FieldError]:
    is_balanced = spec.type == "LoadBalancer"
    errors = _validate_ranges(spec, annotations, is_balanced=is_balanced)
    if spec.allocate_load_balancer_node_ports is not None and not is_balanced:
        errors.append(forbidden("spec.allocateLoadBalancerNodePorts", ONLY_BALANCED))
    if spec.allocate_load_balancer_node_ports is None and is_balanced:
        # Upstream forgets where the field is.
        errors.append(required("allocateLoadBalancerNodePorts"))
    if spec.load_balancer_class is not None:
        if is_balanced:
            errors += fitting("spec.loadBalancerClass", spec.load_balancer_class, qualified_name)
        else:
            errors.append(forbidden("spec.loadBalancerClass", ONLY_BALANCED))
    return errors


def _validate_ranges(spec: ServiceSpec, annotations: Mapping[str, str], *, is_balanced: bool) -> list[FieldError]:
    annotation = annotations.get(RANGES_ANNOTATION)
    if spec.load_balancer_source_ranges:
        path = "spec.LoadBalancerSourceRanges"
        found = [(index(path, at), value.strip()) for at, value in enumerate(spec.load_balancer_source_ranges)]
    elif annotation is not None:
        path = key("metadata.annotations", RANGES_ANNOTATION)
        found = [(path, value.strip()) for value in annotation.split(",")] if annotation.strip() else []
    else:
        return []
    errors = [] if is_balanced else [forbidden(path, ONLY_BALANCED)]
    return errors + [invalid(place, value, CIDR_WRONG) for place, value in found if not is_cidr(value)]


def _validate_traffic(spec: ServiceSpec) -> list[FieldError]:
    outside, place = spec.external_traffic_policy, "spec.externalTrafficPolicy"
    if is_reached_from_outside(spec):
        errors = one_of(place, outside, POLICIES, may_be_absent=False)
    else:
        detail = "may only be set for externally-accessible services"
        errors = [invalid(place, outside, detail)] if outside else []
    port, place = spec.health_check_node_port, "spec.healthCheckNodePort"
    if not needs_health_check(spec):
        errors += [invalid(place, port, ONLY_CHECKED)] if port else []
    elif not port:
        errors.append(required(place))
    elif not 0 < port <= PORT_MAX:
        errors.append(invalid(place, port, PORT_WRONG))
    may_be_absent = spec.type not in ("ClusterIP", *OPEN_TYPES)
    place = "spec.internalTrafficPolicy"
    errors += one_of(place, spec.internal_traffic_policy, POLICIES, may_be_absent=may_be_absent)
    if spec.traffic_distribution is not None:
        errors += one_of("spec.trafficDistribution", spec.traffic_distribution, DISTRIBUTIONS, may_be_absent=False)
    return errors
