"""What this server serves, told to clients: groups, versions, kinds, verbs.

There are two forms. The aggregated one (apidiscovery.k8s.io) tells all in two answers and can be cached;
clients ask for it by Accept. The plain one has a path per group and version; many clients know no other.

    /api    /apis            aggregated, or APIVersions and APIGroupList
    /apis/G                  APIGroup
    /api/v1    /apis/G/V     APIResourceList
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

import orjson

from wherry.apimachinery.catalog import Catalog, GroupVersions
from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import MethodNotAllowed
from wherry.apimachinery.resource_type import AnyResourceType, Subresource
from wherry.apiserver.media_types import JSON, PROTOBUF, parse_accept
from wherry.kit.http.types import Request, Response

AGGREGATED = "APIGroupDiscoveryList"
AGGREGATED_GROUP = "apidiscovery.k8s.io"
AGGREGATED_VERSIONS = ("v2", "v2beta1")
VARY = ("Vary", "Accept")


@dataclass(frozen=True, slots=True)
class AggregatedForm:
    """JSON or PROTOBUF, and the version of apidiscovery.k8s.io."""

    media_type: str
    version: str

    @property
    def content_type(self) -> str:
        """As the answer says it."""
        return f"{self.media_type};g={AGGREGATED_GROUP};v={self.version};as={AGGREGATED}"


@dataclass(slots=True)
class _Made:
    """What has been made for one state of a catalog."""

    revision: int
    bodies: dict[tuple[str, str], tuple[bytes, str]] = field(default_factory=dict)


# A server has one catalog; tests have many.
_made: WeakKeyDictionary[Catalog, _Made] = WeakKeyDictionary()


def discovery_response(request: Request, catalog: Catalog) -> Response | None:
    """Answer a discovery request; None if the path is not one of discovery.

    Raises:
        MethodNotAllowed: anything but GET.
    """
    parts = request.path.strip("/").split("/")
    if "" in parts or not _is_discovery(parts):
        return None
    if request.method != "GET":
        raise MethodNotAllowed
    if len(parts) == 1:
        form = aggregated_form(request.headers.get("accept", ""))
        if form is not None:
            return _aggregated_response(request, catalog, parts[0], form)
    if parts == ["api"]:
        return _answer(_api_versions(catalog, request.headers.get("host", "")))
    if parts == ["apis"]:
        named = [group for group in catalog.groups() if group.group]
        return _answer({"kind": "APIGroupList", "apiVersion": "v1", "groups": [_group(group) for group in named]})
    if len(parts) == 2 and parts[0] == "apis":
        found = next((group for group in catalog.groups() if group.group == parts[1]), None)
        return _answer({"kind": "APIGroup", "apiVersion": "v1", **_group(found)}) if found else page_not_found()
    group, version = ("", parts[1]) if parts[0] == "api" else (parts[1], parts[2])
    resources = catalog.resources(group, version)
    return _answer(_resource_list(catalog, group, version, resources)) if resources else page_not_found()


def aggregated_form(accept: str) -> AggregatedForm | None:
    """The form of aggregated discovery that an Accept header wants first; None for plain discovery."""
    if AGGREGATED not in accept:
        return None
    for media_range in parse_accept(accept):
        parameters = media_range.parameters
        media_type = next((each for each in (JSON, PROTOBUF) if media_range.covers(each)), "")
        if not media_type:
            continue
        if parameters.get("as") == AGGREGATED and parameters.get("g") == AGGREGATED_GROUP:
            version = parameters.get("v", "")
            if version in AGGREGATED_VERSIONS:
                return AggregatedForm(media_type, version)
        elif "as" not in parameters:
            return None
    return None


def page_not_found() -> Response:
    """The answer of a real API server for a group that it does not know."""
    return Response(
        404,
        content_type="text/plain; charset=utf-8",
        body=b"404 page not found\n",
        headers=[("X-Content-Type-Options", "nosniff")],
    )


def storage_version_hash(resource: AnyResourceType, catalog: Catalog) -> str:
    """A short text that changes when the stored form of the kind does; the same for all versions of a kind."""
    storage = resource.storage
    if storage is not None:
        served = [each for each in catalog if (each.group, each.plural) == (storage.group, storage.plural)]
        resource = next((each for each in served if each.storage is None), served[0] if served else resource)
    digest = hashlib.sha256(f"{resource.group}/{resource.version}/{resource.kind}".encode()).digest()
    return base64.b64encode(digest[:8]).decode()


def cached_body(catalog: Catalog, key: tuple[str, str], make: Callable[[], bytes]) -> tuple[bytes, str]:
    """A body and its ETag, made once for each state of the catalog."""
    made = _made.get(catalog)
    if made is None or made.revision != catalog.revision:
        made = _made[catalog] = _Made(catalog.revision)
    if key not in made.bodies:
        body = make()
        made.bodies[key] = body, f'"{hashlib.sha512(body).hexdigest().upper()}"'
    return made.bodies[key]


def is_unmodified(request: Request, etag: str) -> bool:
    """Whether the client has this version already."""
    known = request.headers.get("if-none-match", "")
    return known == "*" or etag in (each.strip().removeprefix("W/") for each in known.split(","))


def _is_discovery(parts: list[str]) -> bool:
    return (parts[0] == "api" and len(parts) <= 2) or (parts[0] == "apis" and len(parts) <= 3)


def _answer(document: Document) -> Response:
    return Response(body=orjson.dumps(document) + b"\n", headers=[VARY])


def _aggregated_response(request: Request, catalog: Catalog, root: str, form: AggregatedForm) -> Response:
    key = (root, form.content_type)
    body, etag = cached_body(catalog, key, lambda: _aggregated_body(catalog, root, form))
    # The 304 must repeat the content type: with a bare one, client-go caches a list it cannot read any more.
    headers = [("ETag", etag), VARY]
    if is_unmodified(request, etag):
        return Response(304, content_type=form.content_type, headers=headers)
    return Response(content_type=form.content_type, body=body, headers=headers)


def _aggregated_body(catalog: Catalog, root: str, form: AggregatedForm) -> bytes:
    document = _aggregated(catalog, root, form.version)
    if form.media_type == JSON:
        return orjson.dumps(document) + b"\n"
    from wherry.apimachinery.protobuf.encode import encode_message, seal

    # Both versions are laid out alike.
    written = encode_message(f"{AGGREGATED_GROUP}/v2.{AGGREGATED}", document)
    return seal(f"{AGGREGATED_GROUP}/{form.version}", AGGREGATED, [written])


def _aggregated(catalog: Catalog, root: str, version: str) -> Document:
    items: list[Document] = []
    for group in catalog.groups():
        if (root == "api") != (group.group == ""):
            continue
        versions = [
            {
                "version": each,
                "resources": [_aggregated_resource(resource) for resource in catalog.resources(group.group, each)],
                "freshness": "Current",
            }
            for each in group.versions
        ]
        items.append({"metadata": {"name": group.group} if group.group else {}, "versions": versions})
    return {"kind": AGGREGATED, "apiVersion": f"{AGGREGATED_GROUP}/{version}", "metadata": {}, "items": items}


def _aggregated_resource(resource: AnyResourceType) -> Document:
    told: Document = {
        "resource": resource.plural,
        "responseKind": {"group": resource.group, "version": resource.version, "kind": resource.kind},
        "scope": "Namespaced" if resource.namespaced else "Cluster",
        "singularResource": resource.singular,
        "verbs": list(resource.verbs),
    }
    if resource.short_names:
        told["shortNames"] = list(resource.short_names)
    if resource.categories:
        told["categories"] = list(resource.categories)
    if resource.subresources:
        by_name = sorted(resource.subresources, key=lambda each: each.name)
        told["subresources"] = [_aggregated_subresource(resource, each) for each in by_name]
    return told


def _aggregated_subresource(resource: AnyResourceType, subresource: Subresource) -> Document:
    group, version, kind = subresource_kind(resource, subresource)
    return {
        "subresource": subresource.name,
        "responseKind": {"group": group, "version": version, "kind": kind},
        "verbs": list(subresource.verbs),
    }


def subresource_kind(resource: AnyResourceType, subresource: Subresource) -> tuple[str, str, str]:
    """Group, version and kind of a subresource's body."""
    if not subresource.kind:
        return resource.group, resource.version, resource.kind
    return subresource.group, subresource.version or resource.version, subresource.kind


def _api_versions(catalog: Catalog, host: str) -> Document:
    core = next((group for group in catalog.groups() if not group.group), None)
    return {
        "kind": "APIVersions",
        "versions": list(core.versions) if core else [],
        "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": host}],
    }


def _group(group: GroupVersions) -> Document:
    versions: list[Document] = [
        {"groupVersion": f"{group.group}/{version}", "version": version} for version in group.versions
    ]
    return {"name": group.group, "versions": versions, "preferredVersion": versions[0]}


def _resource_list(catalog: Catalog, group: str, version: str, resources: list[AnyResourceType]) -> Document:
    told: list[Document] = []
    for resource in resources:
        told.append(_resource(resource, catalog))
        told.extend(_subresource(resource, subresource) for subresource in resource.subresources)
    told.sort(key=lambda entry: str(entry["name"]))
    head: Document = {"kind": "APIResourceList"}
    if group:
        head["apiVersion"] = "v1"
    return {**head, "groupVersion": f"{group}/{version}" if group else version, "resources": told}


def _resource(resource: AnyResourceType, catalog: Catalog) -> Document:
    told: Document = {
        "name": resource.plural,
        "singularName": resource.singular,
        "namespaced": resource.namespaced,
        "kind": resource.kind,
        "verbs": list(resource.verbs),
    }
    if resource.short_names:
        told["shortNames"] = list(resource.short_names)
    if resource.categories:
        told["categories"] = list(resource.categories)
    if "get" in resource.verbs:
        told["storageVersionHash"] = storage_version_hash(resource, catalog)
    return told


def _subresource(resource: AnyResourceType, subresource: Subresource) -> Document:
    told: Document = {
        "name": f"{resource.plural}/{subresource.name}",
        "singularName": "",
        "namespaced": resource.namespaced,
    }
    group, version, kind = subresource_kind(resource, subresource)
    if (group, version) != (resource.group, resource.version):
        told["group"], told["version"] = group, version
    return {**told, "kind": kind, "verbs": list(subresource.verbs)}
