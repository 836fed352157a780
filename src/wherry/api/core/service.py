"""One stable name and address in front of changing pods."""

from __future__ import annotations

from msgspec import field

from wherry.api.documents import find, put_absent, section, sections
from wherry.api.ip_addresses import is_ip
from wherry.api.object_meta import one_of, validate_labels
from wherry.apimachinery.document import Document
from wherry.apimachinery.field_errors import FieldError, child, duplicate, forbidden, index, invalid, required
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.names import dns1123_label, dns1123_subdomain, port_name
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


class ServicePort(Struct):
    app_protocol: str = ""
    name: str = ""
    node_port: int | None = None
    port: int = 0
    protocol: str = ""
    target_port: int | str | None = None


class ClientIPConfig(Struct):
    timeout_seconds: int | None = None


class SessionAffinityConfig(Struct):
    client_ip: ClientIPConfig | None = field(default=None, name="clientIP")


class LoadBalancerIngress(Struct):
    ip: str = ""
    hostname: str = ""


class LoadBalancerStatus(Struct):
    ingress: tuple[LoadBalancerIngress, ...] = ()


class ServiceSpec(Struct):
    ports: tuple[ServicePort, ...] = ()
    selector: dict[str, str] = field(default_factory=dict)
    cluster_ip: str = field(default="", name="clusterIP")
    cluster_ips: tuple[str, ...] = field(default=(), name="clusterIPs")
    type: str = ""
    external_ips: tuple[str, ...] = field(default=(), name="externalIPs")
    session_affinity: str = ""
    session_affinity_config: SessionAffinityConfig | None = None
    external_name: str = ""
    publish_not_ready_addresses: bool | None = None
    ip_families: tuple[str, ...] = ()
    ip_family_policy: str = ""
    internal_traffic_policy: str = ""
    external_traffic_policy: str = ""
    allocate_load_balancer_node_ports: bool | None = None


class ServiceStatus(Struct):
    load_balancer: LoadBalancerStatus | None = None


class Service(Struct):
    """One stable name and address in front of changing pods."""

    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    spec: ServiceSpec = field(default_factory=ServiceSpec)
    status: ServiceStatus = field(default_factory=ServiceStatus)


TYPES = ("ClusterIP", "ExternalName", "LoadBalancer", "NodePort")
OPEN_TYPES = ("LoadBalancer", "NodePort")
PROTOCOLS = ("SCTP", "TCP", "UDP")
HEADLESS = "None"
PORT_MAX = 65535
PORT_RANGE = f"must be between 1 and {PORT_MAX}, inclusive"
STICKY_S = 10800
STICKY_S_MAX = 86400


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
        put_absent(spec, internalTrafficPolicy="Cluster", ipFamilies=["IPv4"], ipFamilyPolicy="SingleStack")
        if spec.get("clusterIP") and not spec.get("clusterIPs"):
            spec["clusterIPs"] = [spec["clusterIP"]]
    if spec["type"] in OPEN_TYPES:
        put_absent(spec, externalTrafficPolicy="Cluster")
    if spec["type"] == "LoadBalancer":
        put_absent(spec, allocateLoadBalancerNodePorts=True)


def _prepare(new: Document, old: Document | None) -> None:
    """On create the balancer is empty; on update what the cluster has allocated stays, unless it is asked away."""
    if old is None:
        new["status"] = {"loadBalancer": {}}
        return
    spec, before = section(new, "spec"), section(old, "spec")
    if spec.get("type") == "ExternalName":
        for name in ("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy", "internalTrafficPolicy"):
            spec.pop(name, None)
        return
    if before.get("type") != "ExternalName" and not spec.get("clusterIP"):
        for name in ("clusterIP", "clusterIPs"):
            if before.get(name):
                spec[name] = before[name]
    if spec.get("type") in OPEN_TYPES and before.get("type") in OPEN_TYPES:
        _keep_node_ports(sections(spec, "ports"), sections(before, "ports"))
    elif spec.get("type") == "ClusterIP":
        spec.pop("externalTrafficPolicy", None)
        spec.pop("allocateLoadBalancerNodePorts", None)
        # Node ports that the cluster gave are taken back; ports that are new in this request are an error.
        given = {find(port, "nodePort") for port in sections(before, "ports")}
        for port in sections(spec, "ports"):
            if port.get("nodePort") in given:
                port.pop("nodePort", None)


def _keep_node_ports(ports: list[Document], before: list[Document]) -> None:
    given = {(port.get("protocol"), port.get("port")): port.get("nodePort") for port in before}
    taken = {port.get("nodePort") for port in ports}
    for port in ports:
        kept = given.get((port.get("protocol"), port.get("port")))
        if not port.get("nodePort") and kept and kept not in taken:
            port["nodePort"] = kept


def _validate(new: Service, old: Service | None) -> list[FieldError]:
    spec = new.spec
    errors = _validate_ports(spec)
    errors += validate_labels(spec.selector, "spec.selector")
    errors += one_of("spec.type", spec.type, TYPES, may_be_absent=False)
    errors += one_of("spec.sessionAffinity", spec.session_affinity, ("ClientIP", "None"), may_be_absent=False)
    client_ip = spec.session_affinity_config.client_ip if spec.session_affinity_config else None
    if client_ip is not None and not 0 < (client_ip.timeout_seconds or 0) <= STICKY_S_MAX:
        detail = f"must be greater than 0 and less than {STICKY_S_MAX}"
        path = "spec.sessionAffinityConfig.clientIP.timeoutSeconds"
        errors.append(invalid(path, client_ip.timeout_seconds, detail))
    errors += one_of("spec.internalTrafficPolicy", spec.internal_traffic_policy, ("Cluster", "Local"))
    errors += one_of("spec.externalTrafficPolicy", spec.external_traffic_policy, ("Cluster", "Local"))
    if spec.external_traffic_policy and spec.type not in OPEN_TYPES:
        detail = "may only be set for externally-accessible services"
        errors.append(invalid("spec.externalTrafficPolicy", spec.external_traffic_policy, detail))
    for position, address in enumerate(spec.external_ips):
        if not is_ip(address):
            errors.append(invalid(index("spec.externalIPs", position), address, "must be a valid IP address"))
    errors += _validate_addresses(spec)
    return errors + (_validate_kept(spec, old.spec) if old is not None else [])


def _validate_addresses(spec: ServiceSpec) -> list[FieldError]:
    errors = []
    if spec.type == "ExternalName":
        if spec.cluster_ip:
            errors.append(forbidden("spec.clusterIP", "may not be set for ExternalName services"))
        name = spec.external_name.removesuffix(".")
        if not name:
            errors.append(required("spec.externalName"))
        elif wrong := dns1123_subdomain(name):
            errors.append(invalid("spec.externalName", spec.external_name, wrong))
        return errors
    if spec.cluster_ip and spec.cluster_ip != HEADLESS and not is_ip(spec.cluster_ip):
        errors.append(invalid("spec.clusterIPs[0]", spec.cluster_ip, "must be a valid IP address"))
    if spec.cluster_ips and spec.cluster_ips[0] != spec.cluster_ip:
        detail = "first value must match `clusterIP`"
        errors.append(invalid("spec.clusterIPs", list(spec.cluster_ips), detail))
    if spec.cluster_ip == HEADLESS and spec.type in OPEN_TYPES:
        detail = f"may not be set to 'None' for {spec.type} services"
        errors.append(invalid("spec.clusterIPs[0]", spec.cluster_ip, detail))
    return errors


def _validate_ports(spec: ServiceSpec) -> list[FieldError]:
    if not spec.ports and spec.cluster_ip != HEADLESS and spec.type != "ExternalName":
        return [required("spec.ports")]
    errors = []
    names: set[str] = set()
    taken: set[tuple[str, int]] = set()
    node_ports: set[tuple[str, int]] = set()
    for position, port in enumerate(spec.ports):
        path = index("spec.ports", position)
        errors += _validate_port(port, path, is_only=len(spec.ports) == 1)
        if port.name and port.name in names:
            errors.append(duplicate(child(path, "name"), port.name))
        names.add(port.name)
        if (port.protocol, port.port) in taken:
            errors.append(duplicate(path, {"protocol": port.protocol, "port": port.port}))
        taken.add((port.protocol, port.port))
        if not port.node_port:
            continue
        if spec.type not in OPEN_TYPES:
            detail = "may not be used when `type` is 'ClusterIP'"
            errors.append(forbidden(child(path, "nodePort"), detail))
        if (port.protocol, port.node_port) in node_ports:
            errors.append(duplicate(child(path, "nodePort"), port.node_port))
        node_ports.add((port.protocol, port.node_port))
    return errors


def _validate_port(port: ServicePort, path: str, *, is_only: bool) -> list[FieldError]:
    errors = []
    if not port.name:
        if not is_only:
            errors.append(required(child(path, "name")))
    elif wrong := dns1123_label(port.name):
        errors.append(invalid(child(path, "name"), port.name, wrong))
    if not 0 < port.port <= PORT_MAX:
        errors.append(invalid(child(path, "port"), port.port, PORT_RANGE))
    errors += one_of(child(path, "protocol"), port.protocol, PROTOCOLS, may_be_absent=False)
    target = port.target_port
    if isinstance(target, int):
        if not 0 < target <= PORT_MAX:
            errors.append(invalid(child(path, "targetPort"), target, PORT_RANGE))
    elif target is not None and (wrong := port_name(target)):
        errors.append(invalid(child(path, "targetPort"), target, wrong))
    return errors


def _validate_kept(spec: ServiceSpec, before: ServiceSpec) -> list[FieldError]:
    is_kept = "ExternalName" in (spec.type, before.type) or not before.cluster_ip
    if is_kept or spec.cluster_ip == before.cluster_ip:
        return []
    return [invalid("spec.clusterIPs[0]", list(spec.cluster_ips or (spec.cluster_ip,)), "may not change once set")]


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
