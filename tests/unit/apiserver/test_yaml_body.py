from __future__ import annotations

import pytest

from wherry.apiserver.yaml_body import YamlError, parse_yaml


def parse(text: str) -> object:
    return parse_yaml(text.encode(), depth_max=200)[0]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: 1", {"a": 1}), ("a: 1.5", {"a": 1.5}), ("a: 1e3", {"a": 1000.0}), ("a: .5", {"a": 0.5}),
        ("a: 0x10", {"a": 16}), ("a: 010", {"a": 8}), ("a: 0", {"a": 0}), ("a: -3", {"a": -3}),
        ("a: yes\nb: Off", {"a": True, "b": False}), ("a: ~\nb:", {"a": None, "b": None}),
        ("a: 2026-11-23", {"a": "2026-11-23"}), ("a: 2026-11-23T07:00:00Z", {"a": "2026-11-23T07:00:00Z"}),
        ("a: 12:30:45", {"a": "12:30:45"}), ("a: 80:80", {"a": "80:80"}), ("a: 1.2.3", {"a": "1.2.3"}),
        ("1: x\ntrue: y", {"1": "x", "true": "y"}), ("a: &x {b: 1}\nc: *x", {"a": {"b": 1}, "c": {"b": 1}}),
        ("a: &x {b: 1}\nc: {<<: *x, d: 2}", {"a": {"b": 1}, "c": {"b": 1, "d": 2}}),
        ("a: |\n  x\n  y\n", {"a": "x\ny\n"}), ("", None), ("a: 1\n---\nb: 2", {"a": 1}),
        ("a: !!binary aGk=", {"a": "hi"}),
        ('{"json": [true, null]}', {"json": [True, None]}),
    ],
)  # fmt: skip
def test_yaml_becomes_what_json_can_hold(text: str, value: object) -> None:
    assert parse(text) == value


def test_a_bomb_of_aliases_is_refused() -> None:
    bomb = 'a: &a ["x","x","x","x","x","x","x","x","x"]\n'
    for previous, name in zip("abcdefgh", "bcdefghi", strict=True):
        bomb += f"{name}: &{name} [{','.join([f'*{previous}'] * 9)}]\n"
    with pytest.raises(YamlError) as caught:
        parse(bomb)
    assert str(caught.value) == "yaml: document contains excessive aliasing"


def test_some_aliases_are_fine() -> None:
    parsed = parse("base: &b {x: 1, y: [1, 2]}\nall: [*b, *b, *b, *b]")
    assert parsed == {"base": {"x": 1, "y": [1, 2]}, "all": [{"x": 1, "y": [1, 2]}] * 4}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: b: c", "yaml: line 1: mapping values are not allowed in this context"),
        ("a: .nan", "json: unsupported value: NaN"),
        ("a: -.inf", "json: unsupported value: -Inf"),
        ("a: &x [*x]", "yaml: anchor value contains itself"),
        ("? [1, 2]\n: x", "yaml: line 1: found unhashable key"),
        ("a: !!python/object:os.system x", "yaml: line 1: could not determine a constructor for the tag "
         "'tag:yaml.org,2002:python/object:os.system'"),
        ("a: *nothing", "yaml: line 1: found undefined alias"),
        ("a: !!set {x}", "yaml: a set cannot be converted to JSON"),
    ],
)  # fmt: skip
def test_bad_yaml_is_refused_with_its_line(text: str, message: str) -> None:
    with pytest.raises(YamlError) as caught:
        parse(text)
    assert str(caught.value) == message


@pytest.mark.parametrize("text", ["[" * 300 + "]" * 300, "[" * 100_000, "a: " + "{a: " * 900 + "}" * 900])
def test_what_is_too_deep_is_refused(text: str) -> None:
    with pytest.raises(YamlError):
        parse(text)


def test_keys_that_occur_twice_are_told() -> None:
    value, duplicates = parse_yaml(b"a: 1\nb: {c: 1, c: 2}\na: 3\n", depth_max=200)
    assert value == {"a": 3, "b": {"c": 2}}
    assert duplicates == ['line 2: key "c" already set in map', 'line 3: key "a" already set in map']
