"""The parts of an Ingress."""

from __future__ import annotations

from msgspec import field

from wherry.apimachinery.struct import Struct


class TypedLocalObjectReference(Struct):
    """Points at an object of any kind in the same namespace."""

    api_group: str | None = None
    kind: str = ""
    name: str = ""


class ServiceBackendPort(Struct):
    name: str = ""
    number: int = 0


class IngressServiceBackend(Struct):
    name: str = ""
    port: ServiceBackendPort = field(default_factory=ServiceBackendPort)


class IngressBackend(Struct):
    """Where requests go: to a Service, or to what another kind describes."""

    resource: TypedLocalObjectReference | None = None
    service: IngressServiceBackend | None = None


class HttpIngressPath(Struct):
    backend: IngressBackend = field(default_factory=IngressBackend)
    path: str = ""
    path_type: str = ""


class HttpIngressRuleValue(Struct):
    paths: tuple[HttpIngressPath, ...] = ()


class IngressRule(Struct):
    host: str = ""
    http: HttpIngressRuleValue | None = None


class IngressTls(Struct):
    hosts: tuple[str, ...] = ()
    secret_name: str = ""


class IngressSpec(Struct):
    """Which requests go where. `tls` is what the rules are served under besides plain HTTP."""

    default_backend: IngressBackend | None = None
    ingress_class_name: str | None = None
    rules: tuple[IngressRule, ...] = ()
    tls: tuple[IngressTls, ...] = ()


class IngressLoadBalancerIngress(Struct):
    hostname: str = ""
    ip: str = ""


class IngressLoadBalancerStatus(Struct):
    ingress: tuple[IngressLoadBalancerIngress, ...] = ()


class IngressStatus(Struct):
    load_balancer: IngressLoadBalancerStatus = field(default_factory=IngressLoadBalancerStatus)
