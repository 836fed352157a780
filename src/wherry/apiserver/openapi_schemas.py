"""The schemas of kinds, and of all that they consist of, as OpenAPI wants them.

The published definitions say "null is allowed" everywhere and pin kind and apiVersion; OpenAPI 3.0 knows
no list of types and clients want the field described, not pinned. References move to their new home.
"""

from __future__ import annotations

from collections.abc import Iterable

from wherry.apimachinery.definitions import META, OBJECT_META, REF_PREFIX, definition_name, definitions
from wherry.apimachinery.document import Document
from wherry.apimachinery.resource_type import AnyResourceType
from wherry.apiserver.discovery import subresource_kind

V3_REFS = "#/components/schemas/"
V2_REFS = "#/definitions/"

_ALWAYS = tuple(f"{META}.{kind}" for kind in ("DeleteOptions", "Patch", "Status", "WatchEvent"))

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


def components_of(resources: Iterable[AnyResourceType], refs: str) -> dict[str, Document]:
    """The schemas of the kinds and of everything that they refer to, by name.

    Args:
        refs: where references point (V3_REFS or V2_REFS).
    """
    special = _SPECIAL if refs == V3_REFS else _SPECIAL_V2
    known = definitions()
    found: dict[str, Document] = {}
    waiting = [*_ALWAYS]
    for resource in resources:
        for group, version, kind in kinds_of(resource):
            name = definition_name(group, version, kind)
            if name in known:
                waiting.append(name)
            elif name not in found:
                found[name] = _undescribed(group, version, kind, refs)
                waiting.append(OBJECT_META)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = special[name] if name in special else _schema(known[name], refs, waiting)
    return dict(sorted(found.items()))


def kinds_of(resource: AnyResourceType) -> list[tuple[str, str, str]]:
    """Group, version and kind of all bodies that belong to a resource: itself, its list, its subresources."""
    kinds = [(resource.group, resource.version, resource.kind)]
    if "list" in resource.verbs:
        kinds.append((resource.group, resource.version, resource.list_kind))
    kinds.extend(subresource_kind(resource, subresource) for subresource in resource.subresources)
    return list(dict.fromkeys(kinds))


def _undescribed(group: str, version: str, kind: str, refs: str) -> Document:
    return {
        "type": "object",
        "properties": {
            "apiVersion": {"type": "string"},
            "kind": {"type": "string"},
            "metadata": {"allOf": [{"$ref": refs + OBJECT_META}]},
        },
        "x-kubernetes-preserve-unknown-fields": True,
        "x-kubernetes-group-version-kind": [{"group": group, "kind": kind, "version": version}],
    }


def _schema(source: Document, refs: str, waiting: list[str]) -> Document:
    """A schema rewritten; the names that it refers to are added to `waiting`."""
    made: Document = {}
    for key, value in source.items():
        match key:
            case "$ref":
                name = str(value).removeprefix(REF_PREFIX)
                waiting.append(name)
                # Beside a bare reference OpenAPI allows nothing, so a description needs the detour.
                reference: Document = {"$ref": refs + name}
                if len(source) == 1 or refs == V2_REFS:
                    made.update(reference)
                else:
                    made["allOf"] = [reference]
            case "type":
                made["type"] = (
                    next((each for each in value if each != "null"), "") if isinstance(value, list) else value
                )
            case "properties":
                assert isinstance(value, dict)
                made["properties"] = {name: _property(name, each, refs, waiting) for name, each in value.items()}
            case "items" | "additionalProperties" if isinstance(value, dict):
                made[key] = _schema(value, refs, waiting)
            case "oneOf" if isinstance(value, list):
                made["oneOf"] = [_schema(each, refs, waiting) for each in value]
            case _:
                made[key] = value
    return made


def _property(name: str, source: Document, refs: str, waiting: list[str]) -> Document:
    made = _schema(source, refs, waiting)
    if name in {"apiVersion", "kind"} and len(made.get("enum") or ()) == 1:  # type: ignore[arg-type] # a list
        del made["enum"]
    return made
