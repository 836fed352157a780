"""The description of the API that clients check manifests against and `kubectl explain` reads.

    /openapi/v3            which group-versions there are, each with the hash of its description
    /openapi/v3/api/v1     the description of one group-version
    /openapi/v2            the kinds' schemas alone, for clients that know no other

A description is made when first asked for and kept compressed (the core one has 0.8 MB of text). Its
hash is that of what it is made from, so that the index needs none to be made.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import formatdate
from weakref import WeakKeyDictionary

import orjson

from wherry.apimachinery.catalog import Catalog
from wherry.apimachinery.definitions import KUBERNETES_VERSION, forget_definitions
from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import MethodNotAllowed, NotAcceptable
from wherry.apimachinery.resource_type import AnyResourceType
from wherry.apiserver.discovery import is_unmodified, page_not_found
from wherry.apiserver.media_types import parse_accept
from wherry.apiserver.openapi_paths import paths_of
from wherry.apiserver.openapi_schemas import V2_REFS, V3_REFS, components_of
from wherry.kit.http.types import Request, Response

YEAR_S = 365 * 24 * 3600

# Raise it when the same kinds come to be described differently: clients cache descriptions for a year.
GENERATION = 1


SWAGGER_PROTOBUF = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf"
# Go refuses to parse the @ that it asks with.
SWAGGER_PROTOBUF_ANSWER = SWAGGER_PROTOBUF.replace("@", ".")
# {swagger: "2.0", info: {title, version}, paths: {}} as fields 1, 2 and 8 of gnostic's Document. kubectl asks for
# this only about kinds that version 3 does not know, before it says so itself: it need only be well formed.
_EMPTY_SWAGGER = b"\x0a\x032.0\x12\x0e\x0a\x0aKubernetes\x12\x00\x42\x00"


@dataclass(slots=True)
class _Made:
    """The descriptions made for one state of a catalog, compressed; "" is that of version 2."""

    revision: int
    documents: dict[str, bytes] = field(default_factory=dict)
    hashes: dict[str, str] = field(default_factory=dict)


_made: WeakKeyDictionary[Catalog, _Made] = WeakKeyDictionary()


def openapi_response(request: Request, catalog: Catalog, now_s: float) -> Response | None:
    """Answer a request for the API's description; None if the path is none of these.

    Raises:
        MethodNotAllowed: anything but GET.
        NotAcceptable: the client takes no JSON.
    """
    path = request.path.rstrip("/")
    if path != "/openapi/v2" and path != "/openapi/v3" and not path.startswith("/openapi/v3/"):
        return None
    if request.method != "GET":
        raise MethodNotAllowed
    accept = request.headers.get("accept", "")
    takes_json = _takes_json(accept)
    if path == "/openapi/v2":
        if any(each.media_type == SWAGGER_PROTOBUF for each in parse_accept(accept)):
            return Response(content_type=SWAGGER_PROTOBUF_ANSWER, body=_EMPTY_SWAGGER)
        return _compressed(request, catalog, "", lambda: _swagger(catalog)) if takes_json else page_not_found()
    if not takes_json:
        raise NotAcceptable("406: Not Acceptable")
    groups = _group_versions(catalog)
    if path == "/openapi/v3":
        return _index(request, catalog, groups)
    name = path.removeprefix("/openapi/v3/")
    if name not in groups:
        return page_not_found()
    return _document_response(request, catalog, name, groups[name], now_s)


def _takes_json(accept: str) -> bool:
    if not accept:
        return True
    return any(each.media_type in {"application/json", "application/*", "*/*"} for each in parse_accept(accept))


def _group_versions(catalog: Catalog) -> dict[str, list[AnyResourceType]]:
    found: dict[str, list[AnyResourceType]] = {}
    for group in catalog.groups():
        for version in group.versions:
            name = f"apis/{group.group}/{version}" if group.group else f"api/{version}"
            found[name] = catalog.resources(group.group, version)
    return found


def _state(catalog: Catalog) -> _Made:
    made = _made.get(catalog)
    if made is None or made.revision != catalog.revision:
        made = _made[catalog] = _Made(catalog.revision)
    return made


def _hash(catalog: Catalog, name: str, resources: list[AnyResourceType]) -> str:
    hashes = _state(catalog).hashes
    if name not in hashes:
        facts = [
            (each.group, each.version, each.kind, each.plural, each.namespaced, each.verbs, repr(each.subresources))
            for each in resources
        ]
        source = orjson.dumps([KUBERNETES_VERSION, GENERATION, name, facts])
        hashes[name] = hashlib.sha512(source).hexdigest().upper()
    return hashes[name]


def _index(request: Request, catalog: Catalog, groups: dict[str, list[AnyResourceType]]) -> Response:
    paths = {name: {"serverRelativeURL": _url(name, _hash(catalog, name, groups[name]))} for name in groups}
    body = orjson.dumps({"paths": paths})
    etag = f'"{hashlib.sha512(body).hexdigest().upper()}"'
    if is_unmodified(request, etag):
        return Response(304, headers=[("ETag", etag)])
    return Response(body=body, headers=[("ETag", etag)])


def _url(name: str, digest: str) -> str:
    return f"/openapi/v3/{name}?hash={digest}"


def _document_response(
    request: Request, catalog: Catalog, name: str, resources: list[AnyResourceType], now_s: float
) -> Response:
    digest = _hash(catalog, name, resources)
    asked = dict(request.query_items()).get("hash", "")
    if asked and asked != digest:
        # What is asked for has become something else; its new address may be cached for ever again.
        return Response(301, headers=[("Location", _url(name, digest)), ("ETag", f'"{digest}"')])
    response = _compressed(request, catalog, name, lambda: _document(resources))
    if asked:
        response.headers.append(("Cache-Control", "public, immutable"))
        response.headers.append(("Expires", formatdate(now_s + YEAR_S, usegmt=True)))
    return response


def _compressed(request: Request, catalog: Catalog, name: str, make: Callable[[], Document]) -> Response:
    digest = _hash(catalog, name, list(catalog) if not name else _group_versions(catalog)[name])
    etag = f'"{digest}"'
    headers = [("ETag", etag), ("Vary", "Accept-Encoding"), ("Vary", "Accept")]
    if is_unmodified(request, etag):
        return Response(304, headers=headers)
    documents = _state(catalog).documents
    if name not in documents:
        # mtime 0: the same description is the same bytes.
        documents[name] = gzip.compress(orjson.dumps(make()), compresslevel=6, mtime=0)
        forget_definitions()
    body = documents[name]
    if "gzip" in request.headers.get("accept-encoding", ""):
        headers.append(("Content-Encoding", "gzip"))
    else:
        body = gzip.decompress(body)
    return Response(body=body, headers=headers)


def _document(resources: list[AnyResourceType]) -> Document:
    return {
        "openapi": "3.0.0",
        "info": _info(),
        "paths": paths_of(resources),
        "components": {"schemas": components_of(resources, V3_REFS)},
    }


def _swagger(catalog: Catalog) -> Document:
    return {"swagger": "2.0", "info": _info(), "paths": {}, "definitions": components_of(list(catalog), V2_REFS)}


def _info() -> Document:
    return {"title": "Kubernetes", "version": KUBERNETES_VERSION}
