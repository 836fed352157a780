"""What may stand in an Ingress.

Source: kubernetes pkg/apis/networking/validation.
"""

from __future__ import annotations

from wherry.api.field_formats import fitting, named, port_number
from wherry.api.ip_addresses import is_ip
from wherry.api.networking.ingress_spec import (
    HttpIngressPath,
    IngressBackend,
    IngressLoadBalancerIngress,
    IngressServiceBackend,
    IngressSpec,
    TypedLocalObjectReference,
)
from wherry.apimachinery.field_errors import FieldError, child, index, invalid, not_supported, required
from wherry.apimachinery.names import (
    dns1123_label,
    dns1123_subdomain,
    path_segment,
    port_name,
    wildcard_dns1123_subdomain,
)

PATH_TYPES = ("Exact", "ImplementationSpecific", "Prefix")
BANNED_SEQUENCES = ("//", "/./", "/../", "%2f", "%2F")
BANNED_ENDS = ("/..", "/.")
NOT_AN_IP = "must be a DNS name, not an IP address"
NOT_ABSOLUTE = "must be an absolute path"


def validate_ingress_spec(spec: IngressSpec) -> list[FieldError]:
    """Where requests come in, and where they go."""
    errors = []
    if not spec.rules and spec.default_backend is None:
        errors.append(invalid("spec", None, "either `defaultBackend` or `rules` must be specified"))
    if spec.default_backend is not None:
        errors += _validate_backend(spec.default_backend, "spec.defaultBackend")
    for position, rule in enumerate(spec.rules):
        place = index("spec.rules", position)
        if rule.host:
            errors += _validate_rule_host(rule.host, child(place, "host"))
        if rule.http is not None:
            errors += _validate_paths(rule.http.paths, child(place, "http.paths"))
    for position, tls in enumerate(spec.tls):
        place = index("spec.tls", position)
        for number, host in enumerate(tls.hosts):
            errors += _validate_host(host, index(child(place, "hosts"), number))
        if tls.secret_name:
            errors += fitting(child(place, "secretName"), tls.secret_name, dns1123_subdomain)
    if spec.ingress_class_name is not None:
        errors += fitting("spec.ingressClassName", spec.ingress_class_name, dns1123_subdomain)
    return errors


def validate_addresses(addresses: tuple[IngressLoadBalancerIngress, ...], path: str) -> list[FieldError]:
    """Where an Ingress can be reached, as its controller reports."""
    errors = []
    for position, address in enumerate(addresses):
        place = index(path, position)
        if address.ip and not is_ip(address.ip):
            errors.append(invalid(child(place, "ip"), address.ip, "must be a valid IP address"))
        if address.hostname:
            errors += fitting(child(place, "hostname"), address.hostname, dns1123_subdomain)
            if is_ip(address.hostname):
                errors.append(invalid(child(place, "hostname"), address.hostname, NOT_AN_IP))
    return errors


def _validate_rule_host(host: str, path: str) -> list[FieldError]:
    errors = [invalid(path, host, NOT_AN_IP)] if is_ip(host) else []
    return errors + _validate_host(host, path)


def _validate_host(host: str, path: str) -> list[FieldError]:
    return fitting(path, host, wildcard_dns1123_subdomain if "*" in host else dns1123_subdomain)


def _validate_paths(paths: tuple[HttpIngressPath, ...], path: str) -> list[FieldError]:
    if not paths:
        return [required(path)]
    return [error for position, one in enumerate(paths) for error in _validate_path(one, index(path, position))]


def _validate_path(one: HttpIngressPath, path: str) -> list[FieldError]:
    place = child(path, "path")
    errors = []
    match one.path_type:
        case "":
            return [required(child(path, "pathType"), "pathType must be specified")]
        case "Exact" | "Prefix":
            if not one.path.startswith("/"):
                errors.append(invalid(place, one.path, NOT_ABSOLUTE))
            wrong = [f"must not contain '{sequence}'" for sequence in BANNED_SEQUENCES if sequence in one.path]
            wrong += [f"cannot end with '{end}'" for end in BANNED_ENDS if one.path.endswith(end)]
            errors += [invalid(place, one.path, detail) for detail in wrong]
        case "ImplementationSpecific":
            if one.path and not one.path.startswith("/"):
                errors.append(invalid(place, one.path, NOT_ABSOLUTE))
        case other:
            errors.append(not_supported(child(path, "pathType"), other, PATH_TYPES))
    return errors + _validate_backend(one.backend, child(path, "backend"))


def _validate_backend(backend: IngressBackend, path: str) -> list[FieldError]:
    if backend.resource is not None and backend.service is not None:
        return [invalid(path, "", "cannot set both resource and service backends")]
    if backend.resource is not None:
        return validate_typed_reference(backend.resource, child(path, "resource"))
    if backend.service is not None:
        return _validate_service(backend.service, path)
    return [invalid(path, "", "resource or service backend is required")]


def _validate_service(service: IngressServiceBackend, path: str) -> list[FieldError]:
    place = child(path, "service")
    errors = named(child(place, "name"), service.name, dns1123_label)
    port = service.port
    if port.name and port.number:
        errors.append(invalid(path, "", "cannot set both port name & port number"))
    elif port.name:
        errors += fitting(child(place, "port.name"), port.name, port_name)
    elif port.number:
        errors += port_number(child(place, "port.number"), port.number)
    else:
        errors.append(required(path, "port name or number is required"))
    return errors


def validate_typed_reference(reference: TypedLocalObjectReference, path: str) -> list[FieldError]:
    """An object of any kind in the same namespace."""
    errors = []
    if reference.api_group is not None:
        errors += fitting(child(path, "apiGroup"), reference.api_group, dns1123_subdomain)
    errors += named(child(path, "kind"), reference.kind, path_segment)
    return errors + named(child(path, "name"), reference.name, path_segment)
