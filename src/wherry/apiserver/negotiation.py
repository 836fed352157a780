"""What a request's body says.

Bodies are JSON, YAML or, since kubectl and helm send it and do not fall back, Kubernetes' protobuf; the error
sentences are those of Kubernetes, in which the body is summed up.
"""

from __future__ import annotations

import json

import orjson

from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import BadRequest, UnsupportedMediaType
from wherry.apimachinery.resource_type import AnyResourceType
from wherry.apimachinery.schema_values import go_kind
from wherry.apiserver.go_json import END_OF_INPUT, go_json_error
from wherry.apiserver.media_types import PROTOBUF
from wherry.kit.http.types import Request

# What is deeper than this is nobody's manifest, and would need a deeper stack than Python's to be walked.
DEPTH_MAX = 200

NOT_AN_OBJECT = (
    "json: cannot unmarshal {kind} into Go value of type "
    'struct {{ APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }}'
)
UNKNOWN_FORMAT = (
    "the body of the request was in an unknown format - accepted media types include: "
    "application/json, application/yaml, application/vnd.kubernetes.protobuf"
)

_JSON_TYPES = frozenset(("", "application/json", "*/*"))
_YAML_TYPES = frozenset(("application/yaml", "text/yaml", "application/x-yaml"))


def decode_body(
    request: Request,
    resource: AnyResourceType,
    *,
    warnings: list[str] | None = None,
    api_version: str = "",
    kind: str = "",
) -> Document:
    """The object in a body, with kind and apiVersion filled in where the client left them out.

    Args:
        warnings: gets a line for each key that occurs twice, if it is not None.
        api_version: what the body is, where that is not the resource's own (a Scale, an Eviction).
        kind: likewise.

    Raises:
        UnsupportedMediaType: neither JSON, YAML nor protobuf.
        BadRequest: the body cannot be read, or is of another kind.
    """
    expected_version, expected_kind = api_version or resource.api_version, kind or resource.kind
    if _media_type(request) == PROTOBUF:
        return _decode_protobuf(request.body, expected_version, expected_kind)
    document, duplicates = _decode(request, expected_kind, find_duplicates=warnings is not None)
    _check_kind(document, expected_version, expected_kind)
    if warnings is not None:
        warnings.extend(duplicates)
    return document


def decode_options(request: Request, kind: str = "DeleteOptions") -> Document:
    """The options in the body of a DELETE, of whatever group and version they say they are.

    Raises:
        BadRequest, UnsupportedMediaType: as for decode_body.
    """
    if _media_type(request) == PROTOBUF:
        return _decode_protobuf(request.body, "", kind)
    document, _ = _decode(request, kind, find_duplicates=False)
    given = document.get("kind") or kind
    if given != kind:
        raise BadRequest(f"{given} in version {document.get('apiVersion', '')!r} cannot be handled as a {kind}")
    return document


def parse_json(body: bytes) -> object:
    """A JSON value that is not too deep.

    Raises:
        ValueError: with the sentence of Go's decoder.
    """
    try:
        value: object = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise ValueError(go_json_error(body, depth_max=DEPTH_MAX) or "invalid UTF-8 in string literal") from None
    # Counting brackets is cheap, and nearly always tells enough.
    if body.count(b"[") + body.count(b"{") > DEPTH_MAX and _depth(value) > DEPTH_MAX:
        raise ValueError(go_json_error(body, depth_max=DEPTH_MAX))
    return value


def _decode(request: Request, kind: str, *, find_duplicates: bool) -> tuple[Document, list[str]]:
    media_type = _media_type(request)
    if media_type in _JSON_TYPES:
        try:
            value = parse_json(request.body) if request.body.strip() else _raise_empty()
        except ValueError as err:
            raise _unrecognized(kind, f"couldn't get version/kind; json parse error: {err}", request.body) from None
        duplicates = duplicate_keys(request.body, value) if find_duplicates else []
    elif media_type in _YAML_TYPES:
        from wherry.apiserver.yaml_body import YamlError, parse_yaml

        try:
            value, doubled = parse_yaml(request.body, depth_max=DEPTH_MAX)
        except YamlError as err:
            raise _unrecognized(kind, str(err), request.body) from None
        duplicates = ["yaml: unmarshal errors:\n  " + "\n  ".join(doubled)] if doubled else []
    else:
        raise UnsupportedMediaType(UNKNOWN_FORMAT)
    if value is None:
        value = {}
    if not isinstance(value, dict):
        why = "couldn't get version/kind; json parse error: " + NOT_AN_OBJECT.format(kind=go_kind(value))
        raise _unrecognized(kind, why, request.body)
    return value, duplicates


def _media_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _decode_protobuf(body: bytes, api_version: str, kind: str) -> Document:
    """The object in a body in protobuf; an empty `api_version` stands for any (options belong to every group)."""
    from wherry.apimachinery.protobuf.decode import decode_message, open_envelope
    from wherry.apimachinery.protobuf.layout import message_for

    try:
        envelope = open_envelope(body)
    except ValueError as err:
        raise _unrecognized(kind, str(err), body) from None
    given: Document = {"kind": envelope.kind, "apiVersion": envelope.api_version}
    api_version = api_version or envelope.api_version
    _check_kind(given, api_version, kind)
    name = message_for(api_version, kind)
    if not name:
        raise UnsupportedMediaType(UNKNOWN_FORMAT.removesuffix(f", {PROTOBUF}"))
    try:
        return {**given, **decode_message(name, envelope.raw, depth_max=DEPTH_MAX)}
    except ValueError as err:
        version = api_version.rpartition("/")[2]
        raise BadRequest(f'{kind} in version "{version}" cannot be handled as a {kind}: {err}') from None


def _raise_empty() -> object:
    raise ValueError(END_OF_INPUT)


def _unrecognized(kind: str, why: str, body: bytes) -> BadRequest:
    return BadRequest(f"the object provided is unrecognized (must be of type {kind}): {why} ({_summary(body)})")


def _summary(body: bytes) -> str:
    if not body:
        return "<empty>"
    start = body[:30]
    shown = start.decode(errors="replace") if body.startswith(b"{") else start.hex()
    return f"{shown} ..." if len(body) > len(start) else shown


def _check_kind(document: Document, api_version: str, kind: str) -> None:
    given_kind, given_version = document.get("kind") or kind, document.get("apiVersion") or api_version
    if not isinstance(given_kind, str) or not isinstance(given_version, str):
        field = "kind" if not isinstance(given_kind, str) else "apiVersion"
        raise BadRequest(
            f"couldn't get version/kind; json parse error: json: cannot unmarshal {go_kind(document[field])} "
            f"into Go struct field .{field} of type string"
        )
    if given_kind != kind:
        version = given_version.rpartition("/")[2]
        expected_group = api_version.rpartition("/")[0].split(".")[0] or "core"
        raise BadRequest(
            f'{given_kind} in version "{version}" cannot be handled as a {kind}: '
            f"converting ({version}.{given_kind}) to ({expected_group}.{kind}): unknown conversion"
        )
    if given_version != api_version:
        raise BadRequest(
            f"the API version in the data ({given_version}) does not match the expected API version ({api_version})"
        )
    document["kind"], document["apiVersion"] = kind, api_version


def _depth(value: object) -> int:
    depth = 0
    level = [value]
    while level:
        level = [
            child
            for node in level
            for child in (node.values() if isinstance(node, dict) else node if isinstance(node, list) else ())
            if isinstance(child, dict | list)
        ]
        depth += 1
    return depth


class _Pairs(list[tuple[str, object]]):
    """An object as the pairs that were written."""


class _Doubled(Exception):
    """A key occurs twice."""


def _refuse_doubled(pairs: list[tuple[str, object]]) -> None:
    if len(dict(pairs)) < len(pairs):
        raise _Doubled


# One for all bodies: making a decoder costs as much as looking through a small object.
_SEARCH = json.JSONDecoder(object_pairs_hook=_refuse_doubled)


def has_duplicate_keys(body: bytes) -> bool:
    """Whether a key occurs twice in one object of a JSON text; False for what is no JSON."""
    try:
        _SEARCH.decode(body.decode())
    except _Doubled:
        return True
    except (ValueError, RecursionError):
        return False
    return False


def duplicate_keys(body: bytes, parsed: object = None) -> list[str]:
    """A complaint for each key that occurs twice in one object of a JSON text that has been parsed before."""
    # Most clients write compact JSON: what reads the same when it is written again has lost nothing.
    if parsed is not None and orjson.dumps(parsed) == body:
        return []
    text = body.decode()
    try:
        _SEARCH.decode(text)
    except _Doubled:
        found: list[str] = []
        _name_duplicates(json.loads(text, object_pairs_hook=_Pairs), "", found)
        return found
    return []


def _name_duplicates(value: object, path: str, found: list[str]) -> None:
    if isinstance(value, _Pairs):
        keys: set[str] = set()
        for key, item in value:
            below = f"{path}.{key}" if path else key
            if key in keys:
                found.append(f'duplicate field "{below}"')
            keys.add(key)
            _name_duplicates(item, below, found)
    elif isinstance(value, list):
        for position, item in enumerate(value):
            _name_duplicates(item, f"{path}[{position}]", found)
