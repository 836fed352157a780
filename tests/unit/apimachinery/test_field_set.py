from __future__ import annotations

import orjson
import pytest

from wherry.apimachinery.patch.field_set import (
    FieldSet,
    difference,
    from_paths,
    in_order,
    parse_fields,
    paths,
    text_of,
    union,
)

WEB = 'k:{"name":"web"}'


def test_a_place_with_fields_below_it_is_in_a_set_only_if_the_set_says_so() -> None:
    whole: FieldSet = {"f:data": {".": {}, "f:a": {}}}
    assert list(paths(whole)) == [("f:data",), ("f:data", "f:a")]
    assert list(paths({"f:data": {"f:a": {}}})) == [("f:data", "f:a")]
    assert union({"f:data": {}}, {"f:data": {"f:a": {}}}) == whole


def test_a_place_that_has_lost_what_is_below_it_is_written_short() -> None:
    assert difference({"f:data": {".": {}, "f:a": {}}}, {"f:data": {"f:a": {}}}) == {"f:data": {}}
    assert difference({"f:data": {"f:a": {}}}, {"f:data": {"f:a": {}}}) == {}


def test_a_set_that_loses_nothing_stays_the_same_object() -> None:
    fields: FieldSet = {"f:spec": {"f:replicas": {}, "f:paused": {}}}
    assert difference(fields, {"f:spec": {"f:template": {}}, "f:status": {}}) is fields


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (("f:data", "f:a"), ".data.a"),
        (("f:spec", "f:containers", WEB, "f:image"), '.spec.containers[name="web"].image'),
        (("f:ports", 'k:{"containerPort":80,"protocol":"TCP"}'), '.ports[containerPort=80,protocol="TCP"]'),
        (("f:metadata", "f:finalizers", 'v:"a.example/b"'), '.metadata.finalizers[="a.example/b"]'),
        (("f:args", "i:3"), ".args[3]"),
    ],
)
def test_paths_are_shown_as_kubernetes_shows_them(path: tuple[str, ...], text: str) -> None:
    assert text_of(path) == text


def test_steps_are_written_in_kubernetes_order() -> None:
    given = from_paths(
        [("i:0",), ('v:"b"',), ("v:3",), ("f:b",), ('k:{"port":443}',), ('k:{"port":80}',), ("f:a",), ("f:a", "f:x")]
    )
    assert list(in_order(given)) == ["f:a", "f:b", 'k:{"port":80}', 'k:{"port":443}', "v:3", 'v:"b"', "i:0"]
    assert orjson.dumps(in_order({"f:a": {"f:x": {}, ".": {}}})) == b'{"f:a":{".":{},"f:x":{}}}'


def test_sets_from_clients_are_brought_into_one_form() -> None:
    given: dict[str, object] = {"f:b": {}, "f:a": {'k:{"b":1, "a":"x"}': {".": {}}, "x:future": {}}}
    assert orjson.dumps(parse_fields(given)) == b'{"f:a":{"k:{\\"a\\":\\"x\\",\\"b\\":1}":{".":{}}},"f:b":{}}'


@pytest.mark.parametrize(
    "given", [[], "x", {"data": {}}, {"f:a": 1}, {"k:{": {}}, {"k:[]": {}}, {"i:x": {}}, {"v:x": {}}]
)
def test_what_is_no_set_is_refused(given: object) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        parse_fields(given)
