"""Descriptions in protobuf, read back field by field."""

from __future__ import annotations

import pytest

from suites.protobuf_encoding import field
from wherry.apimachinery.document import Document
from wherry.apimachinery.protobuf.openapi import Version, encode_openapi


def named(name: str, value: bytes) -> bytes:
    return field(1, name) + field(2, value)


@pytest.mark.parametrize("version", ["v2", "v3"])
def test_a_version_says_which_it_is(version: Version) -> None:
    name = "swagger" if version == "v2" else "openapi"
    assert encode_openapi({name: "x", "info": {"title": "T"}}, version) == field(1, "x") + field(2, field(1, "T"))


@pytest.mark.parametrize(
    ("schema", "written"),
    [
        ({"$ref": "#/a"}, field(1, "#/a")),
        ({"type": "object"}, field(22, field(1, "object"))),
        ({"type": ["a", "b"]}, field(22, field(1, "a") + field(1, "b"))),
        ({"items": {"type": "string"}}, field(23, field(1, field(22, field(1, "string"))))),
        ({"items": {"$ref": "#/a"}}, field(23, field(1, field(1, "#/a")))),
        ({"additionalProperties": True}, field(21, field(2, 1))),
        ({"additionalProperties": {"$ref": "#/a"}}, field(21, field(1, field(1, "#/a")))),
        ({"properties": {"x": {"format": "y"}}}, field(25, field(1, named("x", field(2, "y"))))),
        ({"required": ["a", "b"]}, field(19, "a") + field(19, "b")),
        ({"default": {"a": 1}}, field(5, field(2, '{"a":1}\n'))),
        ({"enum": ["a"]}, field(20, field(2, '"a"\n'))),
        ({"maximum": 2, "maxLength": 300}, field(7, 2.0) + field(11, 300)),
        ({"uniqueItems": True, "exclusiveMaximum": False}, field(16, 1)),
        ({"x-a": ["b"]}, field(31, named("x-a", field(2, '["b"]\n')))),
        ({"unheard-of": 1}, b""),
    ],
)
def test_schemas_of_version_2(schema: Document, written: bytes) -> None:
    document: Document = {"definitions": {"S": schema}}
    assert encode_openapi(document, "v2") == field(9, field(1, named("S", written)))


@pytest.mark.parametrize(
    ("schema", "written"),
    [
        ({"$ref": "#/a"}, field(2, field(1, "#/a"))),
        ({"type": "object"}, field(1, field(25, "object"))),
        ({"items": {"$ref": "#/a"}}, field(1, field(30, field(1, field(2, field(1, "#/a")))))),
        ({"allOf": [{"$ref": "#/a"}]}, field(1, field(26, field(2, field(1, "#/a"))))),
        ({"default": "x"}, field(1, field(33, field(3, "x")))),
        ({"default": True}, field(1, field(33, field(2, 1)))),
        ({"default": 2}, field(1, field(33, field(1, 2.0)))),
        ({"default": {}}, field(1, field(33, b""))),
    ],
)
def test_schemas_of_version_3(schema: Document, written: bytes) -> None:
    document: Document = {"components": {"schemas": {"S": schema}}}
    assert encode_openapi(document, "v3") == field(5, field(1, field(1, named("S", written))))


def test_parameters_of_version_2_say_where_they_are() -> None:
    body: Document = {"in": "body", "name": "body", "schema": {"$ref": "#/a"}}
    query: Document = {"in": "query", "name": "q"}
    paths: Document = {"/a": {"get": {"parameters": [body, query], "responses": {"200": {"description": "OK"}}}}}
    first = field(8, field(1, field(1, field(3, "body") + field(2, "body") + field(5, field(1, "#/a")))))
    second = field(8, field(1, field(2, field(3, field(2, "query") + field(4, "q")))))
    answers = field(9, field(1, named("200", field(1, field(1, "OK")))))
    expected = field(8, field(2, named("/a", field(2, first + second + answers))))
    assert encode_openapi({"paths": paths}, "v2") == expected


def test_who_may_ask_is_said_too() -> None:
    token: Document = {"type": "apiKey", "in": "header"}
    document: Document = {"securityDefinitions": {"B": token}, "security": [{"B": []}]}
    definitions = field(13, field(1, named("B", field(2, field(1, "apiKey") + field(3, "header")))))
    assert encode_openapi(document, "v2") == definitions + field(12, field(1, named("B", b"")))
