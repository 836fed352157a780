"""The description of the API that clients check manifests against and `kubectl explain` reads.

    /openapi/v3            which parts there are (one per group and version), each with the hash of its description
    /openapi/v3/api/v1     the description of one part
    /openapi/v2            everything in one document, for clients that know no other

Each comes in JSON and in protobuf. A description is made when first asked for and kept compressed (that of the core
group has 1.5 MB of text). Its hash is that of what it is made from, so that the index needs none to be made, and a
part stays as it is while others come and go: custom resources cost nothing until somebody asks about their group.
"""

from __future__ import annotations

import gzip
import hashlib
from collections import OrderedDict
from dataclasses import dataclass, field
from email.utils import formatdate
from weakref import WeakKeyDictionary

import orjson

from wherry.apimachinery.catalog import Catalog
from wherry.apimachinery.definitions import KUBERNETES_VERSION
from wherry.apimachinery.errors import MethodNotAllowed, NotAcceptable
from wherry.apiserver.discovery import is_unmodified, page_not_found
from wherry.apiserver.media_types import JSON, MediaRange, parse_accept
from wherry.apiserver.openapi_documents import Part, parts_of, swagger_of
from wherry.kit.http.types import Request, Response
from wherry.kit.threads import run_in_thread

YEAR_S = 365 * 24 * 3600

# Raise it when the same kinds come to be described differently: clients cache descriptions for a year.
GENERATION = 2

V2_PROTOBUF = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf"
V3_PROTOBUF = "application/com.github.proto-openapi.spec.v3@v1.0+protobuf"
# Go refuses to parse the @ that it asks with.
V2_PROTOBUF_ANSWER, V3_PROTOBUF_ANSWER = V2_PROTOBUF.replace("@", "."), V3_PROTOBUF.replace("@", ".")

# Of all descriptions together, compressed: those of the built-in kinds have some 2 MB, in both forms 4.
KEPT_BYTES_MAX = 12 * 1024 * 1024


@dataclass(slots=True)
class _State:
    """What is known for one state of a catalog: the parts, and their hashes as far as they have been asked for."""

    revision: int
    parts: dict[str, Part]
    hashes: dict[str, str] = field(default_factory=dict)

    def digest(self, name: str) -> str:
        """The hash of what a part is made from; "" is the name of everything."""
        if name not in self.hashes:
            parts = [self.parts[name]] if name else list(self.parts.values())
            source = orjson.dumps([KUBERNETES_VERSION, GENERATION, name])
            digest = hashlib.sha512(source)
            for part in parts:
                for fact in part.facts():
                    digest.update(fact)
            self.hashes[name] = digest.hexdigest().upper()
        return self.hashes[name]


_states: WeakKeyDictionary[Catalog, _State] = WeakKeyDictionary()
_kept: OrderedDict[tuple[str, str], bytes] = OrderedDict()
"""Descriptions, compressed, by hash and media type: the same for whoever asks, whatever else has changed."""


def openapi_response(request: Request, catalog: Catalog, now_s: float) -> Response | None:
    """Answer a request for the API's description; None if the path is none of these.

    Raises:
        MethodNotAllowed: anything but GET.
        NotAcceptable: the client takes neither JSON nor protobuf.
    """
    path = request.path.rstrip("/")
    if path != "/openapi/v2" and path != "/openapi/v3" and not path.startswith("/openapi/v3/"):
        return None
    if request.method != "GET":
        raise MethodNotAllowed
    accept = request.headers.get("accept", "")
    state = _state(catalog)
    if path == "/openapi/v2":
        media_type = _media_type(accept, V2_PROTOBUF, V2_PROTOBUF_ANSWER)
        return _described(request, state, "", media_type)
    if path == "/openapi/v3":
        _media_type(accept, V3_PROTOBUF, V3_PROTOBUF_ANSWER)
        return _index(request, state)
    media_type = _media_type(accept, V3_PROTOBUF, V3_PROTOBUF_ANSWER)
    name = path.removeprefix("/openapi/v3/")
    if name not in state.parts:
        return page_not_found()
    return _part_response(request, state, name, media_type, now_s)


async def describe_ahead(request: Request, catalog: Catalog) -> None:
    """Make in a thread what a request is going to ask `openapi_response` for, if it has not been made yet.

    Everything in version 2 takes some 0.3 s, and others do not wait for that.
    """
    path = request.path.rstrip("/")
    if request.method != "GET" or not path.startswith(("/openapi/v2", "/openapi/v3/")):
        return
    state, accept = _state(catalog), request.headers.get("accept", "")
    is_v2 = path == "/openapi/v2"
    name = "" if is_v2 else path.removeprefix("/openapi/v3/")
    if not is_v2 and name not in state.parts:
        return
    try:
        if is_v2:
            media_type = _media_type(accept, V2_PROTOBUF, V2_PROTOBUF_ANSWER)
        else:
            media_type = _media_type(accept, V3_PROTOBUF, V3_PROTOBUF_ANSWER)
    except NotAcceptable:
        return
    digest = state.digest(name)
    if (digest, media_type) not in _kept and not is_unmodified(request, f'"{digest}"'):
        _keep(digest, media_type, await run_in_thread(_make, state, name, media_type))


def _media_type(accept: str, protobuf: str, protobuf_answer: str) -> str:
    """JSON, or what stands in the answer for protobuf."""
    for media_range in parse_accept(accept) if accept else (MediaRange(JSON, {}),):
        # What is asked for in another way has been read by a client that knows the @ for what it is.
        if media_range.media_type in (protobuf, protobuf_answer, f"{protobuf.partition('@')[0]}.v1.0+protobuf"):
            return protobuf_answer
        if media_range.covers(JSON):
            return JSON
    raise NotAcceptable("406: Not Acceptable")


def _state(catalog: Catalog) -> _State:
    state = _states.get(catalog)
    if state is None or state.revision != catalog.revision:
        state = _states[catalog] = _State(catalog.revision, parts_of(catalog))
    return state


def _index(request: Request, state: _State) -> Response:
    paths = {name: {"serverRelativeURL": _url(name, state.digest(name))} for name in state.parts}
    body = orjson.dumps({"paths": paths})
    etag = f'"{hashlib.sha512(body).hexdigest().upper()}"'
    if is_unmodified(request, etag):
        return Response(304, headers=[("ETag", etag), ("Vary", "Accept")])
    return Response(body=body, headers=[("ETag", etag), ("Vary", "Accept")])


def _url(name: str, digest: str) -> str:
    return f"/openapi/v3/{name}?hash={digest}"


def _part_response(request: Request, state: _State, name: str, media_type: str, now_s: float) -> Response:
    digest = state.digest(name)
    asked = dict(request.query_items()).get("hash", "")
    if asked and asked != digest:
        # What is asked for has become something else; its new address may be cached for ever again.
        return Response(301, headers=[("Location", _url(name, digest)), ("ETag", f'"{digest}"')])
    response = _described(request, state, name, media_type)
    if asked:
        response.headers.append(("Cache-Control", "public, immutable"))
        response.headers.append(("Expires", formatdate(now_s + YEAR_S, usegmt=True)))
    return response


def _described(request: Request, state: _State, name: str, media_type: str) -> Response:
    digest = state.digest(name)
    etag = f'"{digest}"'
    headers = [("ETag", etag), ("Vary", "Accept-Encoding"), ("Vary", "Accept")]
    if is_unmodified(request, etag):
        return Response(304, content_type=media_type, headers=headers)
    body = _kept.get((digest, media_type))
    if body is None:
        body = _make(state, name, media_type)
    _keep(digest, media_type, body)
    if "gzip" in request.headers.get("accept-encoding", ""):
        headers.append(("Content-Encoding", "gzip"))
    else:
        body = gzip.decompress(body)
    return Response(content_type=media_type, body=body, headers=headers)


def _make(state: _State, name: str, media_type: str) -> bytes:
    """A description, compressed. Runs in a thread: reads what does not change, and changes nothing."""
    document = state.parts[name].document() if name else swagger_of(state.parts.values())
    if media_type == JSON:
        text = orjson.dumps(document)
    else:
        from wherry.apimachinery.protobuf.openapi import encode_openapi

        text = encode_openapi(document, "v3" if name else "v2")
    # mtime 0: the same description is the same bytes.
    return gzip.compress(text, compresslevel=6, mtime=0)


def _keep(digest: str, media_type: str, body: bytes) -> None:
    _kept[digest, media_type] = body
    _kept.move_to_end((digest, media_type))
    while sum(map(len, _kept.values())) > KEPT_BYTES_MAX and len(_kept) > 1:
        _kept.popitem(last=False)
