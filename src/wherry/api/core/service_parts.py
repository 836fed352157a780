"""What a Service is made of, and the questions that its rules, its addresses and its strategy ask alike."""

from __future__ import annotations

from typing import Annotated

from msgspec import field

from wherry.apimachinery.struct import KEPT, Struct

TYPES = ("ClusterIP", "ExternalName", "LoadBalancer", "NodePort")
OPEN_TYPES = ("LoadBalancer", "NodePort")
HEADLESS = "None"


class ServicePort(Struct):
    app_protocol: str | None = None
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
    ip_mode: str | None = None
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
    health_check_node_port: Annotated[int, KEPT] = 0
    load_balancer_ip: Annotated[str, KEPT] = field(default="", name="loadBalancerIP")
    load_balancer_class: Annotated[str | None, KEPT] = None
    load_balancer_source_ranges: Annotated[tuple[str, ...], KEPT] = ()
    traffic_distribution: Annotated[str | None, KEPT] = None


class ServiceStatus(Struct):
    load_balancer: LoadBalancerStatus | None = None


def is_headless(spec: ServiceSpec) -> bool:
    """A service without an address of its own: its name stands for its pods."""
    return spec.type == "ClusterIP" and spec.cluster_ip == HEADLESS


def is_reached_from_outside(spec: ServiceSpec) -> bool:
    """Whether traffic may come from outside the cluster."""
    return spec.type in OPEN_TYPES or (spec.type == "ClusterIP" and bool(spec.external_ips))


def needs_health_check(spec: ServiceSpec) -> bool:
    """Whether a balancer has to ask each node if it has pods of the service."""
    return spec.type == "LoadBalancer" and spec.external_traffic_policy == "Local"
