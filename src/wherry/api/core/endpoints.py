"""The addresses behind a Service, in the older form."""

from __future__ import annotations

from msgspec import field

from wherry.api.core.binding import ObjectReference
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.resource_type import resource_type
from wherry.apimachinery.struct import Struct


class EndpointAddress(Struct):
    hostname: str = ""
    ip: str = ""
    node_name: str = ""
    target_ref: ObjectReference | None = None


class EndpointsPort(Struct):
    app_protocol: str = ""
    name: str = ""
    port: int = 0
    protocol: str = ""


class EndpointSubset(Struct):
    addresses: tuple[EndpointAddress, ...] = ()
    not_ready_addresses: tuple[EndpointAddress, ...] = ()
    ports: tuple[EndpointsPort, ...] = ()


class Endpoints(Struct):
    """The addresses behind a Service, in the older form."""

    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    subsets: tuple[EndpointSubset, ...] = ()

ENDPOINTS = resource_type(
    Endpoints,
    kind="Endpoints",
    plural="endpoints",
    short_names=("ep",),
)
