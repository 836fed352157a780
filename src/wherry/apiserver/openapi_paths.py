"""The paths of a group-version's resources, as OpenAPI wants them.

Clients read three things here: which kind a path serves, what each method does, and, on PATCH, that
the server checks fields itself (the parameter `fieldValidation`).
"""

from __future__ import annotations

from collections.abc import Iterable

from wherry.apimachinery.definitions import META, definition_name
from wherry.apimachinery.document import Document
from wherry.apimachinery.resource_type import AnyResourceType, Subresource
from wherry.apiserver.discovery import subresource_kind
from wherry.apiserver.openapi_schemas import V3_REFS

_METHOD_OF = {
    "get": "get",
    "list": "get",
    "create": "post",
    "update": "put",
    "patch": "patch",
    "delete": "delete",
    "deletecollection": "delete",
}
_ACTION_OF = {"create": "post", "update": "put"}
_COLLECTION_VERBS = ("list", "create", "deletecollection")
_OBJECT_VERBS = ("get", "update", "patch", "delete")
_PATCH_TYPES = (
    "application/json-patch+json",
    "application/merge-patch+json",
    "application/strategic-merge-patch+json",
)

_LIST_PARAMETERS = (
    ("labelSelector", "string", "Which objects, by their labels."),
    ("fieldSelector", "string", "Which objects, by their fields."),
    ("limit", "integer", "How many objects at most."),
    ("continue", "string", "Where to go on; from the answer before."),
    ("resourceVersion", "string", "How new the answer must be."),
    ("resourceVersionMatch", "string", "How resourceVersion is meant."),
    ("timeoutSeconds", "integer", "After how many seconds to end."),
    ("watch", "boolean", "Whether to watch for changes."),
    ("allowWatchBookmarks", "boolean", "Whether the watch may send bookmarks."),
    ("sendInitialEvents", "boolean", "Whether the watch begins with what there is."),
)
_WRITE_PARAMETERS = (
    ("dryRun", "string", "All: check everything and change nothing."),
    ("fieldManager", "string", "Who makes the change."),
    ("fieldValidation", "string", "What to do about unknown and doubled fields: Ignore, Warn or Strict."),
)
_DELETE_PARAMETERS = (
    ("dryRun", "string", "All: check everything and change nothing."),
    ("gracePeriodSeconds", "integer", "How many seconds the object gets to end."),
    ("propagationPolicy", "string", "What happens to what it owns: Orphan, Background or Foreground."),
)
_PARAMETERS = {
    "list": _LIST_PARAMETERS,
    "create": _WRITE_PARAMETERS,
    "update": _WRITE_PARAMETERS,
    "patch": _WRITE_PARAMETERS,
    "delete": _DELETE_PARAMETERS,
    "deletecollection": _DELETE_PARAMETERS + _LIST_PARAMETERS,
}


def paths_of(resources: Iterable[AnyResourceType]) -> Document:
    """All paths, each with its operations."""
    paths: Document = {}
    for resource in resources:
        paths.update(_resource_paths(resource))
    return dict(sorted(paths.items()))


def _resource_paths(resource: AnyResourceType) -> Document:
    namespace = "/namespaces/{namespace}" if resource.namespaced else ""
    collection = f"{resource.url_prefix}{namespace}/{resource.plural}"
    single = f"{collection}/{{name}}"
    own_kind = (resource.group, resource.version, resource.kind)
    in_collection = ["namespace"] if resource.namespaced else []
    in_object = ["name", *in_collection]
    paths: Document = {
        collection: _operations(resource, own_kind, _COLLECTION_VERBS, resource.verbs, in_collection),
        single: _operations(resource, own_kind, _OBJECT_VERBS, resource.verbs, in_object),
    }
    if resource.namespaced:
        everywhere = f"{resource.url_prefix}/{resource.plural}"
        paths[everywhere] = _operations(resource, own_kind, ("list",), resource.verbs, [])
    for subresource in resource.subresources:
        paths[f"{single}/{subresource.name}"] = _subresource_operations(resource, subresource, in_object)
    return {path: operations for path, operations in paths.items() if operations}


def _subresource_operations(resource: AnyResourceType, subresource: Subresource, in_path: list[str]) -> Document:
    kind = subresource_kind(resource, subresource)
    return _operations(resource, kind, ("get", "create", "update", "patch", "delete"), subresource.verbs, in_path)


def _operations(
    resource: AnyResourceType,
    kind: tuple[str, str, str],
    possible: Iterable[str],
    served: Iterable[str],
    in_path: list[str],
) -> Document:
    made: Document = {_METHOD_OF[verb]: _operation(resource, kind, verb) for verb in possible if verb in served}
    if made and in_path:
        made["parameters"] = [_path_parameter(name) for name in in_path]
    return made


def _operation(resource: AnyResourceType, kind: tuple[str, str, str], verb: str) -> Document:
    group, version, kind_name = kind
    body = V3_REFS + definition_name(*kind)
    answer = V3_REFS + definition_name(group, version, f"{kind_name}List") if verb == "list" else body
    if verb in {"delete", "deletecollection"}:
        answer = f"{V3_REFS}{META}.Status"
    made: Document = {
        "description": f"{verb} {kind_name}",
        "tags": [f"{resource.group.split('.')[0] or 'core'}_{resource.version}"],
        "responses": {"200": _answer("OK", answer), "401": {"description": "Unauthorized"}},
        "x-kubernetes-action": _ACTION_OF.get(verb, verb),
        "x-kubernetes-group-version-kind": {"group": group, "kind": kind_name, "version": version},
    }
    parameters = _PARAMETERS.get(verb, ())
    if parameters:
        made["parameters"] = [_query_parameter(*parameter) for parameter in parameters]
    match verb:
        case "create" | "update":
            made["requestBody"] = {"required": True, "content": {"*/*": {"schema": {"$ref": body}}}}
        case "patch":
            schema = {"schema": {"$ref": f"{V3_REFS}{META}.Patch"}}
            made["requestBody"] = {"required": True, "content": dict.fromkeys(_PATCH_TYPES, schema)}
        case "delete" | "deletecollection":
            made["requestBody"] = {"content": {"*/*": {"schema": {"$ref": f"{V3_REFS}{META}.DeleteOptions"}}}}
        case _:
            pass
    return made


def _answer(description: str, reference: str) -> Document:
    return {"description": description, "content": {"application/json": {"schema": {"$ref": reference}}}}


def _query_parameter(name: str, kind: str, description: str) -> Document:
    schema: Document = {"type": kind, "uniqueItems": True}
    return {"name": name, "in": "query", "description": description, "schema": schema}


def _path_parameter(name: str) -> Document:
    described = "The object's name." if name == "name" else "The namespace."
    schema: Document = {"type": "string", "uniqueItems": True}
    return {"name": name, "in": "path", "required": True, "description": described, "schema": schema}
