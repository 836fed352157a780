"""The addresses behind a Service, in slices."""

from __future__ import annotations

from msgspec import field

from wherry.api.core.binding import ObjectReference
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.resource_type import resource_type
from wherry.apimachinery.struct import Struct


class EndpointConditions(Struct):
    ready: bool | None = None
    serving: bool | None = None
    terminating: bool | None = None


class Endpoint(Struct):
    addresses: tuple[str, ...] = ()
    conditions: EndpointConditions | None = None
    hostname: str = ""
    target_ref: ObjectReference | None = None
    node_name: str = ""


class EndpointPort(Struct):
    app_protocol: str = ""
    name: str = ""
    port: int | None = None
    protocol: str = ""


class EndpointSlice(Struct):
    """The addresses behind a Service, in slices."""

    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    address_type: str
    endpoints: tuple[Endpoint, ...] = ()
    ports: tuple[EndpointPort, ...] = ()

ENDPOINT_SLICES = resource_type(
    EndpointSlice,
    kind="EndpointSlice",
    plural="endpointslices",
    group="discovery.k8s.io",
)
