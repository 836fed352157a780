"""One stable name and address in front of changing pods."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from msgspec import field

from wherry.api.core.service_parts import (
    OPEN_TYPES,
    LoadBalancerIngress,
    LoadBalancerStatus,
    ServicePort,
    ServiceSpec,
    ServiceStatus,
    is_reached_from_outside,
    needs_health_check,
)
from wherry.api.core.service_validation import validate_ingress, validate_service, validate_service_update
from wherry.api.core.service_warnings import warnings_of_service
from wherry.api.documents import find, put_absent, section, sections
from wherry.apimachinery.document import Document
from wherry.apimachinery.field_errors import FieldError
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.names import dns1123_label
from wherry.apimachinery.resource_type import (
    AGE_COLUMN,
    NAME_COLUMN,
    PROXY_VERBS,
    STATUS,
    Column,
    Subresource,
    resource_type,
)
from wherry.apimachinery.struct import Struct
from wherry.apimachinery.timestamps import age_since

__all__ = [
    "SERVICES",
    "LoadBalancerIngress",
    "LoadBalancerStatus",
    "Service",
    "ServicePort",
    "ServiceSpec",
    "ServiceStatus",
]


class Service(Struct):
    """One stable name and address in front of changing pods."""

    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    spec: ServiceSpec = field(default_factory=ServiceSpec)
    status: ServiceStatus = field(default_factory=ServiceStatus)


STICKY_S = 10800
# What only services with an address of their own have.
OWN_FIELDS = ("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy", "internalTrafficPolicy")


def _default(new: Document) -> None:
    spec = section(new, "spec")
    put_absent(spec, type="ClusterIP", sessionAffinity="None")
    if spec["sessionAffinity"] == "ClientIP":
        put_absent(section(spec, "sessionAffinityConfig", "clientIP"), timeoutSeconds=STICKY_S)
    for port in sections(spec, "ports"):
        put_absent(port, protocol="TCP")
        if not port.get("targetPort") and port.get("port"):
            port["targetPort"] = port["port"]
    if spec["type"] != "ExternalName":
        put_absent(spec, internalTrafficPolicy="Cluster")
        _match_addresses(spec)
    if spec["type"] in OPEN_TYPES or (spec["type"] == "ClusterIP" and spec.get("externalIPs")):
        put_absent(spec, externalTrafficPolicy="Cluster")
    if spec["type"] == "LoadBalancer":
        put_absent(spec, allocateLoadBalancerNodePorts=True)
        for entry in sections(new, "status", "loadBalancer", "ingress"):
            if entry.get("ip"):
                put_absent(entry, ipMode="VIP")


def _match_addresses(spec: Document) -> None:
    """The older field and the newer one say the same."""
    listed = spec.get("clusterIPs")
    if spec.get("clusterIP") and not listed:
        spec["clusterIPs"] = [spec["clusterIP"]]
    elif isinstance(listed, list) and listed and not spec.get("clusterIP"):
        spec["clusterIP"] = listed[0]


def _prepare(new: Document, old: Document | None) -> None:
    """On create the balancer is empty; on update what the cluster has allocated stays, unless it is asked away."""
    if old is None:
        new["status"] = {"loadBalancer": {}}
        return
    spec, before = section(new, "spec"), section(old, "spec")
    _drop_what_the_type_lacks(spec, before)
    if "ExternalName" not in (spec.get("type"), before.get("type")):
        _keep_addresses(spec, before)
    if spec.get("type") in OPEN_TYPES and before.get("type") in OPEN_TYPES:
        _keep_node_ports(sections(spec, "ports"), sections(before, "ports"))
    now, was = SERVICES.from_document(new).spec, SERVICES.from_document(old).spec
    if needs_health_check(now) and needs_health_check(was) and not now.health_check_node_port:
        spec["healthCheckNodePort"] = was.health_check_node_port


def _drop_what_the_type_lacks(spec: Document, before: Document) -> None:
    """A service that changes its type leaves behind what it only repeats; what is new in the request is an error."""
    now, was = msgspec.convert(spec, ServiceSpec), msgspec.convert(before, ServiceSpec)
    if now.type == "ExternalName":
        _drop_same(spec, before, OWN_FIELDS)
    if was.type in OPEN_TYPES and now.type not in OPEN_TYPES:
        given = {find(port, "nodePort") for port in sections(before, "ports")}
        for port in sections(spec, "ports"):
            if port.get("nodePort") in given:
                port.pop("nodePort", None)
    if needs_health_check(was) and not needs_health_check(now):
        _drop_same(spec, before, ("healthCheckNodePort",))
    if was.type == "LoadBalancer" != now.type:
        _drop_same(spec, before, ("allocateLoadBalancerNodePorts", "loadBalancerClass"))
    if is_reached_from_outside(was) and not is_reached_from_outside(now):
        _drop_same(spec, before, ("externalTrafficPolicy",))


def _drop_same(spec: Document, before: Document, names: Iterable[str]) -> None:
    for name in names:
        if spec.get(name) == before.get(name):
            spec.pop(name, None)


def _keep_addresses(spec: Document, before: Document) -> None:
    if not spec.get("clusterIP"):
        for name in ("clusterIP", "clusterIPs"):
            if before.get(name):
                spec[name] = before[name]
    elif spec["clusterIP"] != before.get("clusterIP") and spec.get("clusterIPs") == before.get("clusterIPs"):
        # Whoever writes the older field alone means both.
        spec["clusterIPs"] = [spec["clusterIP"]]


def _keep_node_ports(ports: list[Document], before: list[Document]) -> None:
    given = {(port.get("protocol"), port.get("port")): port.get("nodePort") for port in before}
    taken = {port.get("nodePort") for port in ports}
    for port in ports:
        kept = given.get((port.get("protocol"), port.get("port")))
        if not port.get("nodePort") and kept and kept not in taken:
            port["nodePort"] = kept


def _validate(new: Service, old: Service | None) -> list[FieldError]:
    errors = validate_service(new.spec, new.metadata.annotations)
    if old is None:
        return errors
    balancer, had = new.status.load_balancer, old.status.load_balancer
    if balancer is not None and balancer != had:
        errors += validate_ingress(balancer.ingress, new.spec, "status.loadBalancer.ingress")
    return validate_service_update(new.spec, old.spec) + errors


def _warn(new: Document, old: Document | None) -> list[str]:
    service = SERVICES.from_document(new)
    return warnings_of_service(service.spec, service.metadata.annotations)


def _external_address(service: Service) -> str:
    spec = service.spec
    balancer = service.status.load_balancer
    addresses = [entry.ip or entry.hostname for entry in balancer.ingress] if balancer else []
    if spec.type == "ExternalName":
        return spec.external_name
    if spec.type == "LoadBalancer":
        return ",".join([*addresses, *spec.external_ips]) or "<pending>"
    return ",".join(spec.external_ips) or "<none>"


def _row(service: Service, now_s: float) -> tuple[object, ...]:
    spec = service.spec
    ports = [
        f"{port.port}:{port.node_port}/{port.protocol}" if port.node_port else f"{port.port}/{port.protocol}"
        for port in spec.ports
    ]
    return (
        service.metadata.name,
        spec.type,
        spec.cluster_ip or "<none>",
        _external_address(service),
        ",".join(ports) or "<none>",
        age_since(service.metadata.creation_timestamp, now_s),
        ",".join(f"{name}={value}" for name, value in sorted(spec.selector.items())) or "<none>",
    )


SERVICES = resource_type(
    Service,
    kind="Service",
    plural="services",
    short_names=("svc",),
    categories=("all",),
    subresources=(STATUS, Subresource("proxy", PROXY_VERBS, kind="ServiceProxyOptions")),
    default=_default,
    prepare=_prepare,
    validate=_validate,
    warn=_warn,
    # Any label since 1.36; before, a name could not begin with a digit.
    name_rule=dns1123_label,
    columns=(
        NAME_COLUMN,
        Column("Type"),
        Column("Cluster-IP"),
        Column("External-IP"),
        Column("Port(s)"),
        AGE_COLUMN,
        Column("Selector", priority=1),
    ),
    row=_row,
    selectable_fields={
        "spec.clusterIP": lambda service: service.spec.cluster_ip,
        "spec.type": lambda service: service.spec.type,
    },
    tracks_generation=False,
    delete_returns_object=True,
)
