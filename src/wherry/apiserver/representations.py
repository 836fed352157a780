"""The last step of an answer: from JSON, in which every handler answers, to what the client takes rather.

Handlers know nothing of this. Only long lists are written in protobuf from the start (protobuf_answers.py).
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import lru_cache

import orjson

from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import NotAcceptable
from wherry.apiserver.media_types import (
    JSON,
    PROTOBUF,
    PROTOBUF_WATCH,
    REMEMBERED_MAX,
    YAML,
    Accepted,
    accepted,
    plain_media_type,
    readable,
)
from wherry.apiserver.protobuf_answers import ProtobufAnswers
from wherry.apiserver.request import ApiRequest
from wherry.kit.http.live_body import LiveBody
from wherry.kit.http.types import Response

# A person reads this much at most; YAML is made slowly, and JSON is YAML too.
YAML_BYTES_MAX = 1024 * 1024
# Nor does anybody look at more than this; breaking its lines would keep all others waiting.
PRETTY_BYTES_MAX = 4 * 1024 * 1024

# Objects begin so; the API's description and the version do not, and come in JSON only.
_OBJECT_START = b'{"kind":'
# People look at answers with these.
_SHOWING_AGENTS = ("curl", "Wget", "Mozilla/5.0")


def representation(request: ApiRequest) -> Accepted:
    """What the client wants to get. Raises NotAcceptable."""
    accept = request.http.headers.get("accept", "")
    return accepted(
        accept,
        has_protobuf="protobuf" in accept and _has_protobuf(request),
        has_table="as=Table" not in accept or _has_table(request),
        is_watch=request.verb == "watch",
    )


def represent(answers: ProtobufAnswers, request: ApiRequest, response: Response) -> None:
    """Turn an answer in JSON into what the client wants."""
    http = request.http
    accept, agent = http.headers.get("accept", ""), http.headers.get("user-agent", "")
    if not _may_want_other(readable(accept), agent[:16]) and "pretty" not in http.query:
        return
    if response.content_type != JSON or response.upgrade is not None:
        return
    body = response.body
    media_type = _media_type(request, response, accept)
    if isinstance(body, AsyncIterator):
        if isinstance(body, LiveBody) and media_type == PROTOBUF:
            response.content_type, response.body = PROTOBUF_WATCH, answers.watch_stream(body)
    elif media_type != JSON:
        _convert(response, media_type)
    elif _is_pretty(request, agent, accept):
        _show(response)


@lru_cache(maxsize=REMEMBERED_MAX)
def _may_want_other(accept: str, agent: str) -> bool:
    return any(word in accept for word in ("protobuf", "yaml", "pretty=")) or agent.startswith(_SHOWING_AGENTS)


def _has_table(request: ApiRequest) -> bool:
    # What is only ever asked or ordered, and never looked at, has no columns.
    resource = request.resource
    return resource is None or ("get" in resource.verbs and request.subresource in ("", "status"))


def _has_protobuf(request: ApiRequest) -> bool:
    from wherry.apimachinery.protobuf.encode import is_encodable

    resource = request.resource
    if resource is None:
        return True
    name = request.subresource.split("/", 1)[0]
    for subresource in resource.subresources if name else ():
        if subresource.name == name and subresource.kind:
            group, version = subresource.group, subresource.version or resource.version
            return is_encodable(f"{group}/{version}" if group else version, subresource.kind)
    return is_encodable(resource.api_version, resource.kind)


def _media_type(request: ApiRequest, response: Response, accept: str) -> str:
    if response.status >= 400 or request.resource is None:
        return plain_media_type(accept)
    try:
        return representation(request).media_type
    except NotAcceptable:
        # What streams something else (a log) asks nobody what it takes.
        return JSON


def _convert(response: Response, media_type: str) -> None:
    body = _whole(response)
    if not body.startswith(_OBJECT_START):
        return
    if media_type == YAML:
        response.content_type = YAML
        response.body = _yaml(body)
        return
    from wherry.apimachinery.protobuf.encode import encode_object, is_encodable

    document: Document = orjson.loads(body)
    if is_encodable(str(document.get("apiVersion", "")), str(document["kind"])):
        response.content_type = PROTOBUF
        response.body = encode_object(document)


def _yaml(body: bytes) -> bytes:
    if len(body) > YAML_BYTES_MAX:
        return body
    import yaml

    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    text: str = yaml.dump(orjson.loads(body), Dumper=dumper, allow_unicode=True, sort_keys=True)
    return text.encode()


def _is_pretty(request: ApiRequest, agent: str, accept: str) -> bool:
    if "pretty" in request.http.query:
        return request.is_set("pretty")
    return agent.startswith(_SHOWING_AGENTS) or ("pretty=" in accept and accepted(accept, has_protobuf=True).is_pretty)


def _show(response: Response) -> None:
    body = _whole(response)
    if body.startswith(_OBJECT_START) and len(body) <= PRETTY_BYTES_MAX:
        response.body = orjson.dumps(orjson.loads(body), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _whole(response: Response) -> bytes:
    body = response.body
    assert not isinstance(body, AsyncIterator)
    return body if isinstance(body, bytes) else b"".join(body)
