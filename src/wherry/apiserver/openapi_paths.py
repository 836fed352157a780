"""The paths of a group-version's resources, as OpenAPI wants them.

Clients read which kind a path serves, what each method does and takes, in which media types; kubectl reads from
PATCH that the server checks fields itself (the parameter `fieldValidation`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from wherry.apimachinery.definitions import META
from wherry.apimachinery.document import Document
from wherry.apimachinery.resource_type import AnyResourceType, Subresource
from wherry.apiserver.discovery import subresource_kind
from wherry.apiserver.media_types import JSON, PROTOBUF, PROTOBUF_WATCH, YAML
from wherry.apiserver.openapi_names import schema_name, tag, version_name
from wherry.apiserver.openapi_parameters import LIST, OF_STREAM, OF_VERB, path_parameter, query_parameter
from wherry.apiserver.openapi_schemas import V3_REFS

_METHOD_OF = {
    "get": "get",
    "list": "get",
    "watch": "get",
    "watchlist": "get",
    "create": "post",
    "update": "put",
    "patch": "patch",
    "delete": "delete",
    "deletecollection": "delete",
}
_WORD_OF = {"get": "read", "update": "replace", "deletecollection": "delete", "watchlist": "watch"}
_COLLECTION_VERBS = ("list", "create", "deletecollection")
_OBJECT_VERBS = ("get", "update", "patch", "delete")
_SUBRESOURCE_VERBS = ("get", "create", "update", "patch", "delete")
# In these, each method of HTTP goes on to a container.
_CONNECTING = frozenset(("attach", "exec", "portforward", "proxy"))
_PROXIED = ("get", "put", "post", "delete", "options", "head", "patch")
_PATCH_TYPES = (
    "application/apply-patch+yaml",
    "application/json-patch+json",
    "application/merge-patch+json",
    "application/strategic-merge-patch+json",
)
_SENTENCES = {
    "list": "list or watch objects of kind {kind}",
    "create": "create a {what}",
    "deletecollection": "delete all chosen objects of kind {kind}",
    "get": "read the {what}",
    "update": "replace the {what}",
    "patch": "change parts of the {what}",
    "delete": "delete the {what}",
    "watch": "watch one object of kind {kind}. Deprecated: list with the parameters watch and fieldSelector.",
    "watchlist": "watch objects of kind {kind}. Deprecated: list with the parameter watch.",
}
_CODES = {
    "create": ("200", "201", "202"),
    "update": ("200", "201"),
    "patch": ("200", "201"),
    "delete": ("200", "202"),
}
_WORDS = {"200": "OK", "201": "Created", "202": "Accepted"}
UNAUTHORIZED: Document = {"description": "Unauthorized"}


def paths_of(resources: Iterable[AnyResourceType]) -> Document:
    """All paths of the resources of a group and version, each with its operations."""
    paths: Document = {}
    for resource in resources:
        for path, operations in _resource_paths(resource):
            if operations:
                paths[path] = operations
    return dict(sorted(paths.items()))


@dataclass(frozen=True, slots=True)
class _Place:
    """Where operations are: the resource, what comes in the path, and the end of their names."""

    resource: AnyResourceType
    in_path: tuple[str, ...]
    scope: str = ""
    suffix: str = ""
    part: str = ""

    @property
    def what(self) -> str:
        """What an operation is about, in words."""
        return f"{self.part} of the {self.resource.kind}" if self.part else self.resource.kind


def _resource_paths(resource: AnyResourceType) -> Iterator[tuple[str, Document]]:
    prefix, namespace = resource.url_prefix, "/namespaces/{namespace}" if resource.namespaced else ""
    scope = "Namespaced" if resource.namespaced else ""
    outer = ("namespace",) if resource.namespaced else ()
    kind = (resource.group, resource.version, resource.kind)
    collection = f"{namespace}/{resource.plural}"
    single = f"{collection}/{{name}}"
    many, one = _Place(resource, outer, scope), _Place(resource, ("name", *outer), scope)
    yield prefix + collection, _operations(many, kind, _COLLECTION_VERBS, resource.verbs)
    yield prefix + single, _operations(one, kind, _OBJECT_VERBS, resource.verbs)
    watches = ("watchlist",) if "watch" in resource.verbs else ()
    yield f"{prefix}/watch{collection}", _operations(_Place(resource, outer, scope, "List"), kind, watches, watches)
    if resource.namespaced:
        everywhere = _Place(resource, (), "", "ForAllNamespaces")
        yield f"{prefix}/{resource.plural}", _operations(everywhere, kind, ("list",), resource.verbs)
        of_all = _Place(resource, (), "", "ListForAllNamespaces")
        yield f"{prefix}/watch/{resource.plural}", _operations(of_all, kind, watches, watches)
    if watches:
        yield f"{prefix}/watch{single}", _operations(one, kind, ("watch",), ("watch",))
    for subresource in resource.subresources:
        yield from _subresource_paths(resource, subresource, f"{prefix}{single}/{subresource.name}", one)


def _subresource_paths(
    resource: AnyResourceType, subresource: Subresource, path: str, one: _Place
) -> Iterator[tuple[str, Document]]:
    kind = subresource_kind(resource, subresource)
    name = subresource.name[:1].upper() + subresource.name[1:]
    place = _Place(resource, one.in_path, one.scope, name, subresource.name)
    if subresource.name not in _CONNECTING:
        yield path, _operations(place, kind, _SUBRESOURCE_VERBS, subresource.verbs)
        return
    methods = _PROXIED if subresource.name == "proxy" else tuple(_METHOD_OF[verb] for verb in subresource.verbs)
    yield path, _connections(place, kind, methods)
    if subresource.name == "proxy":
        below = _Place(resource, (*one.in_path, "path"), one.scope, "ProxyWithPath", "proxy")
        yield path + "/{path}", _connections(below, kind, methods)


def _operations(place: _Place, kind: tuple[str, str, str], possible: Iterable[str], served: Iterable[str]) -> Document:
    made: Document = {_METHOD_OF[verb]: _operation(place, kind, verb) for verb in possible if verb in served}
    if made:
        made["parameters"] = _shared_parameters(place)
    return made


def _shared_parameters(place: _Place) -> list[Document]:
    in_path = [path_parameter(name, place.resource.kind) for name in place.in_path]
    return [*in_path, query_parameter("pretty")]


def _operation(place: _Place, kind: tuple[str, str, str], verb: str) -> Document:
    resource = place.resource
    group, version, kind_name = kind
    made: Document = _head(
        place, _WORD_OF.get(verb, verb), _SENTENCES[verb].format(kind=resource.kind, what=place.what)
    )
    if verb == "deletecollection":
        made["operationId"] = _operation_id(place, "delete", "Collection")
    names = OF_STREAM.get(place.part) or (LIST if verb in ("watch", "watchlist") else OF_VERB.get(verb, ()))
    if names:
        made["parameters"] = [query_parameter(name) for name in names]
    body = _body(resource, kind, verb)
    if body:
        made["requestBody"] = body
    made["responses"] = _responses(place, kind, verb)
    made["x-kubernetes-action"] = {"create": "post", "update": "put"}.get(verb, verb)
    made["x-kubernetes-group-version-kind"] = {"group": group, "kind": kind_name, "version": version}
    return made


def _head(place: _Place, word: str, sentence: str) -> Document:
    resource = place.resource
    return {
        "tags": [tag(resource.group, resource.version)],
        "description": sentence,
        "operationId": _operation_id(place, word),
        **({"deprecated": True} if resource.deprecation_warning else {}),
    }


def _operation_id(place: _Place, word: str, middle: str = "") -> str:
    resource = place.resource
    return f"{word}{version_name(resource.group, resource.version)}{middle}{place.scope}{resource.kind}{place.suffix}"


def _connections(place: _Place, kind: tuple[str, str, str], methods: Iterable[str]) -> Document:
    group, version, kind_name = kind
    made: Document = {}
    for method in methods:
        sentence = f"connect {method.upper()} requests to the {place.what}"
        operation = _head(place, "connect", sentence)
        operation["operationId"] = _operation_id(place, "connect", method[:1].upper() + method[1:])
        operation["responses"] = {"200": _answer("OK", ("*/*",), {"type": "string"}), "401": UNAUTHORIZED}
        operation["x-kubernetes-action"] = "connect"
        operation["x-kubernetes-group-version-kind"] = {"group": group, "kind": kind_name, "version": version}
        made[method] = operation
    in_path = [path_parameter(name, place.resource.kind) for name in place.in_path]
    in_query = [name for name in OF_STREAM[place.part] if name not in place.in_path]
    made["parameters"] = in_path + [query_parameter(name) for name in in_query]
    return made


def _body(resource: AnyResourceType, kind: tuple[str, str, str], verb: str) -> Document:
    types = (JSON, YAML) if resource.described else ("*/*",)
    match verb:
        case "create" | "update":
            return {"content": _content(types, _reference(*kind)), "required": True}
        case "patch":
            patches = _PATCH_TYPES[:3] if resource.described else _PATCH_TYPES
            return {"content": _content(patches, {"$ref": f"{V3_REFS}{META}.Patch"}), "required": True}
        case "delete" | "deletecollection":
            return {"content": _content(types, {"$ref": f"{V3_REFS}{META}.DeleteOptions"})}
        case _:
            return {}


def _responses(place: _Place, kind: tuple[str, str, str], verb: str) -> Document:
    resource = place.resource
    types: tuple[str, ...] = (JSON, YAML) if resource.described else (JSON, PROTOBUF, YAML)
    if place.part == "log":
        return {"200": _answer("OK", ("text/plain", *types), {"type": "string"}), "401": UNAUTHORIZED}
    schema = _reference(*kind)
    match verb:
        case "list":
            schema = _reference(kind[0], kind[1], resource.list_kind)
            types = _with_streams(resource)
        case "watch" | "watchlist":
            schema = {"$ref": f"{V3_REFS}{META}.WatchEvent"}
            types = _with_streams(resource)
        case "delete" if not resource.delete_returns_object:
            schema = {"$ref": f"{V3_REFS}{META}.Status"}
        case "deletecollection":
            schema = {"$ref": f"{V3_REFS}{META}.Status"}
        case _:
            pass
    codes = _CODES.get(verb, ("200",))
    return {**{code: _answer(_WORDS[code], types, schema) for code in codes}, "401": UNAUTHORIZED}


def _with_streams(resource: AnyResourceType) -> tuple[str, ...]:
    watched = f"{JSON};stream=watch"
    return (JSON, watched, YAML) if resource.described else (JSON, watched, PROTOBUF, PROTOBUF_WATCH, YAML)


def _reference(group: str, version: str, kind: str) -> Document:
    return {"$ref": V3_REFS + schema_name(group, version, kind)}


def _answer(description: str, types: Iterable[str], schema: Document) -> Document:
    return {"description": description, "content": _content(types, schema)}


def _content(types: Iterable[str], schema: Document) -> Document:
    return {each: {"schema": schema} for each in types}
