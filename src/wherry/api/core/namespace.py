"""A named part of the cluster, in which names are unique and which is deleted as a whole."""

from __future__ import annotations

from msgspec import field

from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.resource_type import STATUS, Subresource, resource_type
from wherry.apimachinery.struct import Struct


class NamespaceSpec(Struct):
    finalizers: tuple[str, ...] = ()


class NamespaceCondition(Struct):
    last_transition_time: str = ""
    message: str = ""
    reason: str = ""
    status: str
    type: str


class NamespaceStatus(Struct):
    conditions: tuple[NamespaceCondition, ...] = ()
    phase: str = ""


class Namespace(Struct):
    """A named part of the cluster, in which names are unique and which is deleted as a whole."""

    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    spec: NamespaceSpec = field(default_factory=NamespaceSpec)
    status: NamespaceStatus = field(default_factory=NamespaceStatus)

NAMESPACES = resource_type(
    Namespace,
    kind="Namespace",
    plural="namespaces",
    namespaced=False,
    short_names=("ns",),
    subresources=(STATUS, Subresource("finalize", ("update",))),
)
