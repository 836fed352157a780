"""One stable name and address in front of changing pods."""

from __future__ import annotations

from msgspec import field

from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.resource_type import STATUS, resource_type
from wherry.apimachinery.struct import Struct


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


class ServiceStatus(Struct):
    load_balancer: LoadBalancerStatus | None = None


class Service(Struct):
    """One stable name and address in front of changing pods."""

    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    spec: ServiceSpec = field(default_factory=ServiceSpec)
    status: ServiceStatus = field(default_factory=ServiceStatus)


SERVICES = resource_type(
    Service,
    kind="Service",
    plural="services",
    short_names=("svc",),
    categories=("all",),
    subresources=(STATUS,),
)
