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
    _level(resource.struct).walk(document, found)
    if _is_on_the_host(document):
        return [place for place in found if not place.endswith(HOST_PORT)]
    return list(found)


def _is_on_the_host(document: Document) -> bool:
    """Whether the pod uses the machine's network: its ports are the machine's then, asked for or not."""
    return bool(find(document, "spec", "hostNetwork") or find(document, "spec", "template", "spec", "hostNetwork"))


class _Place:
    """A field by its path, judged once for all documents: told if it is set, or looked into, or passed over."""

    __slots__ = ("below", "defaults", "is_told", "path")

    def __init__(self, name: str, path: str, tree: Tree, *, is_object: bool) -> None:
        self.path = path
        self.defaults = (DEFAULTS.get(name), DEFAULTS.get(path))
        is_harmless = name in HARMLESS or (is_object and name in EVERYWHERE)
        self.is_told = not is_harmless and (name not in tree or path.endswith(CHECKED_ONLY))
        inner = None if is_harmless or self.is_told else tree[name]
        # Templates of pods and of claims are objects again.
        self.below = None if inner is None else _Level(inner, path, is_object="metadata" in inner)


class _Level:
    """The places of one object; made when they are first met, since types may contain themselves."""

    __slots__ = ("_is_object", "_path", "_places", "_tree")

    def __init__(self, tree: Tree, path: str, *, is_object: bool) -> None:
        self._tree = tree
        self._path = path
        self._is_object = is_object
        self._places: dict[str, _Place] = {}

    def walk(self, document: Document, found: dict[str, None]) -> None:
        """Note the paths of what nothing acts on."""
        places = self._places
        for name, value in document.items():
            place = places.get(name) or self._place(name)
            if place.below is None:
                if place.is_told and not _says_nothing(place, value):
                    found[place.path] = None
            elif value.__class__ is dict:
                place.below.walk(value, found)
            elif isinstance(value, list):
                for item in value:
                    if isinstance(item, dict):
                        place.below.walk(item, found)

    def _place(self, name: str) -> _Place:
        path = f"{self._path}.{name}" if self._path else name
        place = _Place(name, path, self._tree, is_object=self._is_object)
        # A document may have any names where nobody has checked it; those that nobody knows are not kept.
        if name in self._tree or name in EVERYWHERE or name in HARMLESS:
            self._places[name] = place
        return place


def _says_nothing(place: _Place, value: object) -> bool:
    """Whether this is what would hold without it."""
    return value is None or value is False or value in ("", [], {}) or value in place.defaults


@cache
def _level(struct: type[msgspec.Struct]) -> _Level:
    return _Level(_tree(struct), "", is_object=True)


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
