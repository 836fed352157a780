from __future__ import annotations

import json

import pytest

from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import BadRequest, UnsupportedMediaType
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.resource_type import AnyResourceType, resource_type
from wherry.apimachinery.struct import Struct
from wherry.apiserver.negotiation import (
    DEPTH_MAX,
    decode_body,
    decode_options,
    parse_json,
)
from wherry.kit.http.types import Request


class Thing(Struct):
    metadata: ObjectMeta = ObjectMeta()


CONFIG_MAPS: AnyResourceType = resource_type(Thing, kind="ConfigMap", plural="configmaps")
DEPLOYMENTS: AnyResourceType = resource_type(Thing, group="apps", kind="Deployment", plural="deployments")
UNRECOGNIZED = "the object provided is unrecognized (must be of type ConfigMap): "
JSON_ERROR = f"{UNRECOGNIZED}couldn't get version/kind; json parse error: "


def post(body: bytes | str, content_type: str | None = "application/json") -> Request:
    headers = {} if content_type is None else {"content-type": content_type}
    return Request("POST", "/", headers=headers, body=body.encode() if isinstance(body, str) else body)


def refusal(request: Request) -> str:
    with pytest.raises(BadRequest) as caught:
        decode_body(request, CONFIG_MAPS)
    return caught.value.message


@pytest.mark.parametrize("content_type", ["application/json", "application/json; charset=utf-8", "", None])
def test_kind_and_version_may_be_left_out(content_type: str | None) -> None:
    assert decode_body(post('{"metadata":{"name":"x"}}', content_type), CONFIG_MAPS) == {
        "kind": "ConfigMap",
        "apiVersion": "v1",
        "metadata": {"name": "x"},
    }


def test_yaml_is_understood() -> None:
    document = decode_body(post("metadata: {name: ym}\ndata: {a: yes, 1: 2}", "application/yaml"), CONFIG_MAPS)
    assert document == {
        "kind": "ConfigMap",
        "apiVersion": "v1",
        "metadata": {"name": "ym"},
        "data": {"a": True, "1": 2},
    }


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-protobuf"])
def test_other_formats_are_refused(content_type: str) -> None:
    with pytest.raises(UnsupportedMediaType) as caught:
        decode_body(post("x", content_type), CONFIG_MAPS)
    assert caught.value.message == (
        "the body of the request was in an unknown format - accepted media types include: "
        "application/json, application/yaml, application/vnd.kubernetes.protobuf"
    )


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("", "unexpected end of JSON input (<empty>)"),
        ("{bad", "invalid character 'b' looking for beginning of object key string ({bad)"),
        ('{"a":1', 'unexpected end of JSON input ({"a":1)'),
        ('{"a" 1}', "invalid character '1' after object key ({\"a\" 1})"),
        ('{"a":1 "b"}', 'invalid character \'"\' after object key:value pair ({"a":1 "b"})'),
        ('{"a":[1 2]}', "invalid character '2' after array element ({\"a\":[1 2]})"),
        ('{"a":[1,]}', "invalid character ']' looking for beginning of value ({\"a\":[1,]})"),
        ('{"a":1,}', "invalid character '}' looking for beginning of object key string ({\"a\":1,})"),
        ("{} x", "invalid character 'x' after top-level value ({} x)"),
        ('{"a":tru}', "invalid character '}' in literal true (expecting 'e') ({\"a\":tru})"),
        ('{"a":NaN}', "invalid character 'N' looking for beginning of value ({\"a\":NaN})"),
        ('{"a":-x}', "invalid character 'x' in numeric literal ({\"a\":-x})"),
        ('{"a":01}', "invalid character '1' after object key:value pair ({\"a\":01})"),
        ('{"a":1.}', "invalid character '}' in numeric literal ({\"a\":1.})"),
        ('{"a":"\n"}', 'invalid character \'\\n\' in string literal ({"a":"\n"})'),
        ('{"a":"\\x"}', 'invalid character \'x\' in string escape code ({"a":"\\x"})'),
        ('{"a":"\\u00g0"}', 'invalid character \'g\' in \\u hexadecimal character escape ({"a":"\\u00g0"})'),
        ("{'a':1}", "invalid character '\\'' looking for beginning of object key string ({'a':1})"),
    ],
)
def test_bad_json_is_refused_in_the_words_of_go(body: str, why: str) -> None:
    assert refusal(post(body)) == JSON_ERROR + why


def test_a_long_body_is_summed_up() -> None:
    assert (
        refusal(post('{"a":"' + "x" * 100)) == JSON_ERROR + 'unexpected end of JSON input ({"a":"' + "x" * 24 + " ...)"
    )
    assert refusal(post("x" * 40)).endswith(f"({'78' * 30} ...)")


def test_bytes_that_are_no_text_are_refused() -> None:
    assert "invalid UTF-8 in string literal" in refusal(post(b'{"a":"\xff"}'))


def test_a_list_is_no_object() -> None:
    assert refusal(post("[1]")) == (
        JSON_ERROR + "json: cannot unmarshal array into Go value of type struct { APIVersion string "
        '"json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" } (5b315d)'
    )


@pytest.mark.parametrize("depth", [DEPTH_MAX + 1, 1023, 5000, 100_000])
def test_what_is_too_deep_is_refused(depth: int) -> None:
    nested = "[" * depth + "]" * depth
    assert refusal(post(nested)) == f"{JSON_ERROR}invalid character '[' exceeded max depth ({'5b' * 30} ...)"
    assert "max depth" in refusal(post('{"a":' + nested + "}"))


def test_many_brackets_side_by_side_are_not_deep() -> None:
    assert parse_json(b"[" + b",".join([b"[]"] * 1000) + b"]") == [[]] * 1000
    parse_json(b"[" * DEPTH_MAX + b"]" * DEPTH_MAX)


def test_the_body_must_be_of_the_kind_of_its_path() -> None:
    assert refusal(post('{"apiVersion":"v1","kind":"Pod"}')) == (
        'Pod in version "v1" cannot be handled as a ConfigMap: converting (v1.Pod) to (core.ConfigMap): '
        "unknown conversion"
    )
    assert refusal(post('{"apiVersion":"v2","kind":"ConfigMap"}')) == (
        "the API version in the data (v2) does not match the expected API version (v1)"
    )
    assert "cannot unmarshal number into Go struct field .kind of type string" in refusal(post('{"kind":5}'))


def test_a_subresource_may_have_a_kind_of_its_own() -> None:
    document = decode_body(post("{}"), DEPLOYMENTS, api_version="autoscaling/v1", kind="Scale")
    assert document == {"kind": "Scale", "apiVersion": "autoscaling/v1"}


DOUBLED = (
    json.dumps({"data": {"a": "1", "list": [{"b": 1}]}}).replace('"b": 1', '"b": 1, "b": 2')[:-1] + ', "data": {}}'
)


def test_doubled_keys_are_warned_about_or_ignored() -> None:
    warnings: list[str] = []
    expected: Document = {"kind": "ConfigMap", "apiVersion": "v1", "data": {}}
    assert decode_body(post(DOUBLED), CONFIG_MAPS, warnings=warnings) == expected
    assert warnings == ['duplicate field "data.list[0].b"', 'duplicate field "data"']
    assert decode_body(post(DOUBLED), CONFIG_MAPS) == expected


def test_doubled_keys_in_yaml_are_warned_about() -> None:
    request = post("data:\n  a: '1'\n  a: '2'\n", "application/yaml")
    warnings: list[str] = []
    assert decode_body(request, CONFIG_MAPS, warnings=warnings)["data"] == {"a": "2"}
    assert warnings == ['yaml: unmarshal errors:\n  line 3: key "a" already set in map']


def test_options_of_any_version_are_read() -> None:
    body = '{"kind":"DeleteOptions","apiVersion":"apps/v1","propagationPolicy":"Background"}'
    assert decode_options(post(body))["propagationPolicy"] == "Background"
    assert decode_options(post("{}")) == {}
    with pytest.raises(BadRequest, match="cannot be handled as a DeleteOptions"):
        decode_options(post('{"kind":"Pod"}'))
    with pytest.raises(BadRequest, match="must be of type DeleteOptions"):
        decode_options(post("{"))
