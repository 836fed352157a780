"""The schemas of kinds, and of all that they consist of, as OpenAPI wants them.

The published definitions say "null is allowed" everywhere and pin kind and apiVersion; OpenAPI 3.0 knows
no list of types and clients want the field described, not pinned. References move to their new home, and in
version 3 fields get their defaults.
"""

from __future__ import annotations

from collections.abc import Iterable

from wherry.apimachinery.definition_defaults import FieldDefault, defaults_of
from wherry.apimachinery.definitions import META, OBJECT_META, REF_PREFIX, definitions
from wherry.apimachinery.document import Document
from wherry.apimachinery.resource_type import AnyResourceType
from wherry.apiserver.discovery import subresource_kind
from wherry.apiserver.openapi_custom import LIST_META, custom_schemas
from wherry.apiserver.openapi_names import schema_name

V3_REFS = "#/components/schemas/"
V2_REFS = "#/definitions/"

ALWAYS = tuple(f"{META}.{kind}" for kind in ("APIResourceList", "DeleteOptions", "Patch", "Status", "WatchEvent"))
"""What the operations of every group speak of."""

_SPECIAL: dict[str, Document] = {
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString": {
        "description": "IntOrString is a type that can hold an int32 or a string.",
        "format": "int-or-string",
        "oneOf": [{"type": "integer"}, {"type": "string"}],
    },
    "io.k8s.apimachinery.pkg.api.resource.Quantity": {
        "description": "An amount with a decimal or binary suffix, such as 500m, 1.5 or 2Gi.",
        "oneOf": [{"type": "string"}, {"type": "number"}],
    },
}
_SPECIAL_V2: dict[str, Document] = {
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString": {"type": "string", "format": "int-or-string"},
    "io.k8s.apimachinery.pkg.api.resource.Quantity": {"type": "string"},
}
_NO_DEFAULT = FieldDefault()


def components_of(
    resources: Iterable[AnyResourceType], refs: str, *, also: Iterable[str] = ALWAYS
) -> dict[str, Document]:
    """The schemas of the kinds and of everything that they refer to, by name.

    Args:
        resources: whose bodies are described.
        refs: where references point (V3_REFS or V2_REFS).
        also: names of schemas that are needed besides.
    """
    special = _SPECIAL if refs == V3_REFS else _SPECIAL_V2
    known = definitions()
    found: dict[str, Document] = {}
    waiting = [*also]
    for resource in resources:
        if resource.described is not None:
            found.update(custom_schemas(resource, refs, is_v2=refs == V2_REFS))
            waiting += (OBJECT_META, LIST_META)
        for group, version, kind in kinds_of(resource):
            name = schema_name(group, version, kind)
            if name in known:
                waiting.append(name)
            elif name not in found:
                found[name] = _undescribed(group, version, kind, refs)
                waiting.append(OBJECT_META)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = special[name] if name in special else _definition(name, known[name], refs, waiting)
    return dict(sorted(found.items()))


def kinds_of(resource: AnyResourceType) -> list[tuple[str, str, str]]:
    """Group, version and kind of all bodies that belong to a resource: itself, its list, its subresources."""
    kinds = [(resource.group, resource.version, resource.kind)]
    if "list" in resource.verbs:
        kinds.append((resource.group, resource.version, resource.list_kind))
    kinds.extend(subresource_kind(resource, each) for each in resource.subresources if not _is_options(each.kind))
    return list(dict.fromkeys(kinds))


def _is_options(kind: str) -> bool:
    """Whether a subresource takes its parameters from its URL, so that no body is of its kind."""
    return kind.endswith("Options")


def _undescribed(group: str, version: str, kind: str, refs: str) -> Document:
    return {
        "type": "object",
        "properties": {
            "apiVersion": {"type": "string"},
            "kind": {"type": "string"},
            "metadata": {"$ref": refs + OBJECT_META},
        },
        "x-kubernetes-preserve-unknown-fields": True,
        "x-kubernetes-group-version-kind": [{"group": group, "kind": kind, "version": version}],
    }


def _definition(name: str, source: Document, refs: str, waiting: list[str]) -> Document:
    defaults = defaults_of(name) if refs == V3_REFS else {}
    return _schema(source, refs, waiting, defaults)


def _schema(
    source: Document, refs: str, waiting: list[str], defaults: dict[str, FieldDefault] | None = None
) -> Document:
    """A schema rewritten; the names that it refers to are added to `waiting`."""
    made: Document = {}
    for key, value in source.items():
        match key:
            case "$ref":
                name = str(value).removeprefix(REF_PREFIX)
                waiting.append(name)
                made["$ref"] = refs + name
            case "type":
                made["type"] = (
                    next((each for each in value if each != "null"), "") if isinstance(value, list) else value
                )
            case "properties":
                assert isinstance(value, dict)
                made["properties"] = {
                    name: _property(name, each, refs, waiting, (defaults or {}).get(name, _NO_DEFAULT))
                    for name, each in value.items()
                }
            case "items" | "additionalProperties" if isinstance(value, dict):
                made[key] = _beside_reference(_schema(value, refs, waiting), refs)
            case "oneOf" if isinstance(value, list):
                made["oneOf"] = [_schema(each, refs, waiting) for each in value]
            case _:
                made[key] = value
    return made


def _property(name: str, source: Document, refs: str, waiting: list[str], default: FieldDefault) -> Document:
    made = _schema(source, refs, waiting)
    if name in {"apiVersion", "kind"} and len(made.get("enum") or ()) == 1:  # type: ignore[arg-type] # a list
        del made["enum"]
    if default.own is not None:
        made["default"] = default.own
    if default.item is not None:
        for key in ("items", "additionalProperties"):
            inner = made.get(key)
            if isinstance(inner, dict):
                made[key] = _beside_reference({**inner, "default": default.item}, refs)
    return _beside_reference(made, refs)


def _beside_reference(schema: Document, refs: str) -> Document:
    """Beside a bare reference OpenAPI 3 allows nothing, so a description or a default needs the detour."""
    if "$ref" not in schema or len(schema) == 1 or refs == V2_REFS:
        return schema
    rest = {key: value for key, value in schema.items() if key != "$ref"}
    return {"allOf": [{"$ref": schema["$ref"]}], **rest}
