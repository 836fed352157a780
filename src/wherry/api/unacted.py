"""Which fields of a document are kept but move nothing: the honest part of serving a wide API with a narrow engine.

The API server stores every field that the schema knows. What Wherry acts on are the fields of the Structs that are
not marked KEPT; whatever a user sets besides is named in a `Warning:` header. A kind that nothing acts on at all
is named once, when an object of it is created.
"""

from __future__ import annotations

from functools import cache

import msgspec
import msgspec.inspect

from wherry.api.core.pod_spec import PodTemplate
from wherry.api.documents import find
from wherry.apimachinery.document import Document
from wherry.apimachinery.resource_type import AnyResourceType
from wherry.apimachinery.struct import KEPT

Tree = dict[str, "Tree | None"]
"""Known fields by their name on the wire; None where everything below is known."""

# Every object has these; metadata is the API server's own, status is nobody's wish.
EVERYWHERE = frozenset(("apiVersion", "kind", "metadata", "status"))

# Not in a Struct, and still no cause for a warning: older names of fields, and hints that change nothing.
HARMLESS = frozenset(("serviceAccount", "manualSelector"))

HOST_PORT = "ontainers.ports.hostPort"  # of containers and of initContainers

# In a Struct because the server checks them, kubectl shows them or the scheduler keeps them apart, by how their path
# ends; nothing makes them work.
CHECKED_ONLY = (
    "spec.containers.restartPolicy",
    "allowVolumeExpansion",
    "allowedTopologies",
    "sessionAffinityConfig.clientIP.timeoutSeconds",
    "volumeAttributesClassName",
    HOST_PORT,
)

# What Kubernetes itself fills in, by name or path: said or not said, it is the same.
DEFAULTS: dict[str, object] = {
    "spec.sessionAffinityConfig.clientIP.timeoutSeconds": 10_800,
    "podReplacementPolicy": "TerminatingOrFailed",
    "ipFamilyPolicy": "SingleStack",
    "apiVersion": "v1",
    "allocateLoadBalancerNodePorts": True,
}


def unacted_fields(resource: AnyResourceType, document: Document) -> list[str]:
    """Dotted paths of the fields that are set, valid, and that nothing in Wherry acts on.

    List positions are left out (`spec.containers.stdinOnce`), and each path comes once, in document order. Of a kind
    that is not Wherry's own to act on, no field is told.
    """
    if resource.acted_on_by != "cluster":
        return []
    found: dict[str, None] = {}
    _walk(document, _tree(resource.struct), "", found, is_object=True)
    if _is_on_the_host(document):
        return [place for place in found if not place.endswith(HOST_PORT)]
    return list(found)


def _is_on_the_host(document: Document) -> bool:
    """Whether the pod uses the machine's network: its ports are the machine's then, asked for or not."""
    return bool(find(document, "spec", "hostNetwork") or find(document, "spec", "template", "spec", "hostNetwork"))


def _walk(document: Document, tree: Tree, path: str, found: dict[str, None], *, is_object: bool) -> None:
    for name, value in document.items():
        place = f"{path}.{name}" if path else name
        if name in HARMLESS or (is_object and name in EVERYWHERE) or _says_nothing(name, place, value):
            continue
        if name not in tree or place.endswith(CHECKED_ONLY):
            found[place] = None
            continue
        below = tree[name]
        if below is None:
            continue
        for item in value if isinstance(value, list) else (value,):
            if isinstance(item, dict):
                # Templates of pods and of claims are objects again.
                _walk(item, below, place, found, is_object="metadata" in below)


def _says_nothing(name: str, place: str, value: object) -> bool:
    """Whether this is what would hold without it."""
    return (
        value is None or value is False or value in ("", [], {}) or value in (DEFAULTS.get(name), DEFAULTS.get(place))
    )


@cache
def _tree(struct: type[msgspec.Struct]) -> Tree:
    tree: Tree = {}
    for field in msgspec.structs.fields(struct):
        type_info = msgspec.inspect.type_info(field.type)
        if isinstance(type_info, msgspec.inspect.Metadata):
            if type_info.extra == KEPT.extra:
                continue
            type_info = type_info.type
        inner = _struct_in(type_info)
        if field.encode_name == "template" and inner is None:
            inner = PodTemplate
        tree[field.encode_name] = None if inner is None else _tree(inner)
    return tree


def _struct_in(type_info: msgspec.inspect.Type) -> type[msgspec.Struct] | None:
    """The Struct that a field holds: itself, or as the items of a list; None for plain data."""
    match type_info:
        case msgspec.inspect.StructType():
            return type_info.cls
        case msgspec.inspect.VarTupleType():
            return _struct_in(type_info.item_type)
        case msgspec.inspect.UnionType():
            return next((inner for one in type_info.types if (inner := _struct_in(one)) is not None), None)
        case _:
            return None
