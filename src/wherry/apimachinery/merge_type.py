"""How objects are merged: which maps and lists have parts that belong to several owners.

A MergeType is compiled from a JSON schema with Kubernetes' extensions: that of a built-in kind, whose
definitions refer to each other, or that of a custom resource, which is all in one. Compiled types hold no
texts and are shared, so that a walk over an object costs one look-up per field.

    x-kubernetes-list-type      atomic (one owner), set (each value an owner), map (each item, told apart by keys)
    x-kubernetes-list-map-keys  the keys
    x-kubernetes-map-type       atomic or granular
    x-kubernetes-preserve-unknown-fields, a schema without a type: whatever comes, see DEDUCED

Source: kubernetes kube-openapi, pkg/schemaconv.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from wherry.apimachinery.definitions import OBJECT_META, REF_PREFIX, definition_name, definitions
from wherry.apimachinery.document import Document

Resolve = Callable[[str], Document]
"""Finds the schema that a `$ref` names."""

ATOMIC, SET, KEYED = "atomic", "set", "map"
ANY_SCALAR, TEXT, NUMBER, BOOLEAN = "untyped", "string", "numeric", "boolean"

# Two lists of Kubernetes are told apart by a key that may be left out.
_KEY_DEFAULTS: dict[str, Document] = {
    "ContainerPort": {"protocol": "TCP"},
    "ServicePort": {"protocol": "TCP"},
    "LocalObjectReference": {"name": ""},
}
# Structs that Go holds by value are written, empty, even where nobody has set them. So nobody owns the struct itself,
# only fields in it. These names are such structs wherever they occur, except in a ReplicationController ...
_WRITTEN_NAMES = frozenset(("metadata", "spec", "status", "template", "jobTemplate"))
_NOT_WRITTEN = frozenset(("ReplicationControllerSpec.template", "CustomResourceSubresources.status"))
# ... and these are such in these types.
_WRITTEN = {
    "Binding": ("target",),
    "ClusterRoleBinding": ("roleRef",),
    "Container": ("resources",),
    "ContainerStatus": ("lastState", "state"),
    "CustomResourceDefinitionSpec": ("names",),
    "CustomResourceDefinitionStatus": ("acceptedNames",),
    "DaemonSetSpec": ("updateStrategy",),
    "DeploymentSpec": ("strategy",),
    "Endpoint": ("conditions",),
    "Event": ("deprecatedSource", "involvedObject", "regarding", "source"),
    "FlowSchemaSpec": ("priorityLevelConfiguration",),
    "HorizontalPodAutoscalerSpec": ("scaleTargetRef",),
    "IngressStatus": ("loadBalancer",),
    "NetworkPolicySpec": ("podSelector",),
    "NodeDaemonEndpoints": ("kubeletEndpoint",),
    "NodeStatus": ("daemonEndpoints", "nodeInfo"),
    "PersistentVolumeClaimSpec": ("resources",),
    "ResourceClaimSpec": ("devices",),
    "ResourceSliceSpec": ("pool",),
    "RoleBinding": ("roleRef",),
    "ServiceStatus": ("loadBalancer",),
    "StatefulSetSpec": ("updateStrategy",),
    "VolumeAttachmentSpec": ("source",),
}
_SCALARS = {"string": TEXT, "integer": NUMBER, "number": NUMBER, "boolean": BOOLEAN}


class MergeType:
    """How values of one type are merged. A deduced type takes every kind of value, other types one kind.

    Attributes:
        scalar: the kind of plain value that it takes ("untyped" for any), "" for none.
        is_map: whether it takes objects. `fields` are those that the schema names, each with its step in a
            field set; `values` is the type of all others, None if there may be none. An `is_atomic_map` has one
            owner.
        list_type: the kind of list that it takes: "atomic", "set" or "map" ("" for none). `items` is the type of its
            items, `keys` are what tells them apart, `key_defaults` what keys are when left out.
        written: fields whose empty values are there even if nobody has set them.
    """

    __slots__ = (
        "fields", "is_atomic_map", "is_map", "items", "key_defaults", "keys", "list_type", "scalar", "values",
        "written",
    )  # fmt: skip

    def __init__(self, scalar: str = "") -> None:
        """A type of plain values, or nothing yet: the compiler fills it in, so that types may contain themselves."""
        self.scalar = scalar
        self.is_map = False
        self.is_atomic_map = False
        self.fields: dict[str, tuple[str, MergeType]] = {}
        self.values: MergeType | None = None
        self.written: dict[str, object] = {}
        self.list_type = ""
        self.items: MergeType | None = None
        self.keys: tuple[str, ...] = ()
        self.key_defaults: Document = {}

    def field(self, name: str) -> tuple[str, MergeType] | None:
        """The step to the field `name` and its type; None if there may be no such field."""
        found = self.fields.get(name)
        if found is None and self.values is not None:
            return f"f:{name}", self.values
        return found


def _deduced() -> MergeType:
    deduced = MergeType(ANY_SCALAR)
    deduced.is_map, deduced.values = True, deduced
    deduced.list_type, deduced.items = ATOMIC, deduced
    return deduced


# Most fields are plain values: they share their types.
_SCALAR_TYPES = {scalar: MergeType(scalar) for scalar in (ANY_SCALAR, TEXT, NUMBER, BOOLEAN)}

DEDUCED = _deduced()
"""For what no schema describes: the fields of objects have owners, lists have one."""


def no_references(name: str) -> Document:
    """For schemas that are all in one."""
    raise KeyError(name)


def merge_type_from_schema(schema: Document, resolve: Resolve = no_references) -> MergeType:
    """Compile a JSON schema.

    Args:
        resolve: the schema that a `$ref` names; schemas of custom resources have none.
    """
    return _Compiler(resolve).compile(schema)


def custom_merge_type(schema: Document | None) -> MergeType:
    """The type of a custom resource, whose schema leaves the metadata to the server; None if it has no schema."""
    described = merge_type_from_schema(schema) if schema else DEDUCED
    root = MergeType()
    root.is_map = True
    root.values = described.values
    root.fields = {
        **described.fields,
        "apiVersion": ("f:apiVersion", MergeType(TEXT)),
        "kind": ("f:kind", MergeType(TEXT)),
        "metadata": ("f:metadata", _built_in(OBJECT_META)),
    }
    return root


@cache
def merge_type_for_kind(group: str, version: str, kind: str) -> MergeType:
    """The type of a built-in kind, compiled when first asked for; that of an object without a schema for others."""
    name = definition_name(group, version, kind)
    return _built_in(name) if name in definitions() else custom_merge_type(None)


class _Compiler:
    """Compiles schemas that refer to each other; each is compiled once."""

    def __init__(self, resolve: Resolve) -> None:
        self._resolve = resolve
        self._named: dict[str, MergeType] = {}

    def named(self, name: str) -> MergeType:
        """The schema of this name."""
        if name not in self._named:
            compiled = self._named[name] = MergeType()
            self._fill(compiled, self._resolve(name), name.rsplit(".", 1)[-1])
        return self._named[name]

    def compile(self, schema: Document) -> MergeType:
        """Any schema."""
        target = str(schema.get("$ref", "")).removeprefix(REF_PREFIX)
        if not target:
            scalar = _scalar(schema)
            if scalar:
                return _SCALAR_TYPES[scalar]
            compiled = MergeType()
            self._fill(compiled, schema, "")
            return compiled
        named = self.named(target)
        map_type = schema.get("x-kubernetes-map-type")
        if map_type is None or (map_type == ATOMIC) == named.is_atomic_map:
            return named
        # The field says otherwise than the type that it refers to.
        own = MergeType()
        for slot in MergeType.__slots__:
            setattr(own, slot, getattr(named, slot))
        own.is_atomic_map = map_type == ATOMIC
        return own

    def _fill(self, compiled: MergeType, schema: Document, name: str) -> None:
        kind, properties = _type(schema), schema.get("properties")
        scalar = ANY_SCALAR if name in ("IntOrString", "Quantity") else _scalar(schema)
        if scalar:
            compiled.scalar = scalar
        elif kind == "array":
            self._fill_list(compiled, schema)
        elif kind == "object" or isinstance(properties, dict):
            self._fill_map(compiled, schema, properties if isinstance(properties, dict) else {}, name)
        else:
            for slot in MergeType.__slots__:
                setattr(compiled, slot, getattr(DEDUCED, slot))

    def _fill_list(self, compiled: MergeType, schema: Document) -> None:
        items = schema.get("items")
        compiled.items = self.compile(items) if isinstance(items, dict) else DEDUCED
        compiled.list_type = str(schema.get("x-kubernetes-list-type") or ATOMIC)
        keys = schema.get("x-kubernetes-list-map-keys")
        if compiled.list_type == KEYED and isinstance(keys, list):
            compiled.keys = tuple(map(str, keys))
            target = str(items.get("$ref", "")).rsplit(".", 1)[-1] if isinstance(items, dict) else ""
            compiled.key_defaults = _KEY_DEFAULTS.get(target) or _defaults_in(items, compiled.keys)

    def _fill_map(self, compiled: MergeType, schema: Document, properties: Document, name: str) -> None:
        compiled.is_map = True
        compiled.is_atomic_map = schema.get("x-kubernetes-map-type") == ATOMIC
        for key, described in properties.items():
            if isinstance(described, dict):
                compiled.fields[key] = (f"f:{key}", self.compile(described))
        if schema.get("x-kubernetes-embedded-resource"):
            compiled.fields = {**_embedded().fields, **compiled.fields, "metadata": _embedded().fields["metadata"]}
        values = schema.get("additionalProperties")
        if isinstance(values, dict):
            compiled.values = self.compile(values)
        elif (
            values is True or schema.get("x-kubernetes-preserve-unknown-fields") or (values is None and not properties)
        ):
            compiled.values = DEDUCED
        if name:
            compiled.written = _written(schema, properties, name)


def _type(schema: Document) -> str:
    types = schema.get("type")
    return next((each for each in types if each != "null"), "") if isinstance(types, list) else str(types or "")


def _scalar(schema: Document) -> str:
    """The kind of plain value that a schema describes; "" if it describes something else."""
    return ANY_SCALAR if schema.get("x-kubernetes-int-or-string") else _SCALARS.get(_type(schema), "")


def _defaults_in(items: object, keys: tuple[str, ...]) -> Document:
    """What the schema of a list's items says about keys that are left out."""
    properties = items.get("properties") if isinstance(items, dict) else None
    if not isinstance(properties, dict):
        return {}
    described = {key: properties[key] for key in keys if isinstance(properties.get(key), dict)}
    return {key: schema["default"] for key, schema in described.items() if "default" in schema}


def _written(schema: Document, properties: Document, name: str) -> Document:
    """The fields of a named type that are there, empty, even if nobody has set them."""
    written: Document = {}
    required = schema.get("required")
    for key, described in properties.items():
        if not isinstance(described, dict):
            continue
        if "$ref" in described:
            by_value = key in _WRITTEN_NAMES and f"{name}.{key}" not in _NOT_WRITTEN
            if by_value or key in _WRITTEN.get(name, ()):
                written[key] = {}
        elif isinstance(required, list) and key in required and "array" in str(described.get("type")):
            written[key] = []
    return written


_compiler = _Compiler(lambda name: definitions()[name])


def _built_in(name: str) -> MergeType:
    return _compiler.named(name)


@cache
def _embedded() -> MergeType:
    return custom_merge_type(None)
