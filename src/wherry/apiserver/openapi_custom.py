"""The schemas of custom resources, as the API's description shows them.

What the definition's author has written, and what every object has: kind, apiVersion, metadata. OpenAPI 2 lacks
some of it (null, several types, one of several); there a part that uses it says less, as on a real API server.
"""

from __future__ import annotations

from collections.abc import Callable

import orjson

from wherry.apimachinery.definitions import META, OBJECT_META
from wherry.apimachinery.document import Document
from wherry.apimachinery.resource_type import AnyResourceType
from wherry.apiserver.openapi_names import schema_name

LIST_META = f"{META}.ListMeta"

_API_VERSION: Document = {
    "type": "string",
    "description": "The group and version of the kind, such as apps/v1. Servers refuse versions that they do not know.",
}
_KIND: Document = {
    "type": "string",
    "description": "What this is, in CamelCase. Servers know it from the address too. Cannot be changed.",
}
_ONLY_IN_V3 = frozenset(("nullable", "default", "oneOf", "anyOf", "allOf", "not", "x-kubernetes-validations"))


def custom_schemas(resource: AnyResourceType, refs: str, *, is_v2: bool) -> dict[str, Document]:
    """The schemas of a custom resource and of its list, by name; `refs` is where references point."""
    assert resource.described is not None
    schema: Document = orjson.loads(resource.described())
    changed = _embed(schema, refs, is_v2=is_v2)
    if is_v2:
        changed = in_v2(changed)
    name = schema_name(resource.group, resource.version, resource.kind)
    list_name = schema_name(resource.group, resource.version, resource.list_kind)
    whole = _framed(changed, refs, OBJECT_META, is_v2=is_v2)
    whole["x-kubernetes-group-version-kind"] = [_gvk(resource, resource.kind)]
    if resource.selectable_fields:
        whole["x-kubernetes-selectable-fields"] = [{"fieldPath": path} for path in resource.selectable_fields]
    items: Document = {"type": "array", "items": {"$ref": refs + name}, "description": "The objects."}
    bare: Document = {"type": "object", "properties": {"items": items}, "required": ["items"]}
    listed = _framed(bare, refs, LIST_META, is_v2=is_v2)
    listed["description"] = f"{resource.list_kind} is a list of {resource.kind}"
    listed["x-kubernetes-group-version-kind"] = [_gvk(resource, resource.list_kind)]
    return {name: whole, list_name: listed}


def in_v2(schema: Document) -> Document:
    """A schema with what OpenAPI 2 knows of it."""
    made = {key: value for key, value in schema.items() if key not in _ONLY_IN_V3}
    if schema.get("nullable") is True:
        for key in ("type", "items", "properties", "additionalProperties"):
            made.pop(key, None)
    if schema.get("x-kubernetes-int-or-string") is True:
        made.pop("type", None)
    if schema.get("x-kubernetes-preserve-unknown-fields") is True:
        # kubectl refuses fields that are not described as soon as any is.
        made.pop("items", None)
        made.pop("properties", None)
    return _mapped(made, in_v2)


def _embed(schema: Document, refs: str, *, is_v2: bool) -> Document:
    """The schema in which embedded objects have what every object has."""
    made = _mapped(schema, lambda inner: _embed(inner, refs, is_v2=is_v2))
    if schema.get("x-kubernetes-embedded-resource") is True:
        return _framed(made, refs, OBJECT_META, is_v2=is_v2)
    return made


def _framed(schema: Document, refs: str, metadata: str, *, is_v2: bool) -> Document:
    properties = schema.get("properties")
    if not isinstance(properties, dict):
        # Whatever is allowed stays allowed: describing some fields would forbid the others.
        return dict(schema)
    reference: Document = {"$ref": refs + metadata}
    described: Document = {"description": "What every object has: its name, its labels, its owners."}
    framed: Document = {"apiVersion": _API_VERSION, "kind": _KIND}
    framed["metadata"] = {**reference, **described} if is_v2 else {"allOf": [reference], **described}
    return {**schema, "properties": {**properties, **framed}}


def _mapped(schema: Document, change: Callable[[Document], Document]) -> Document:
    made = dict(schema)
    for key in ("items", "additionalProperties"):
        inner = made.get(key)
        if isinstance(inner, dict):
            made[key] = change(inner)
    properties = made.get("properties")
    if isinstance(properties, dict):
        made["properties"] = {name: change(inner) for name, inner in properties.items()}
    return made


def _gvk(resource: AnyResourceType, kind: str) -> Document:
    return {"group": resource.group, "kind": kind, "version": resource.version}
