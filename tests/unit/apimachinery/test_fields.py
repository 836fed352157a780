from __future__ import annotations

import pytest

from wherry.apimachinery.fields import escape_value, parse_field_selector


def test_a_field_selector_compares_fields() -> None:
    selector = parse_field_selector("metadata.name=web,status.phase!=Running")
    assert selector.requirements == (("metadata.name", "=", "web"), ("status.phase", "!=", "Running"))
    assert selector.matches({"metadata.name": "web", "status.phase": "Pending"})
    assert selector.matches({"metadata.name": "web"})
    assert not selector.matches({"metadata.name": "web", "status.phase": "Running"})
    assert not selector.matches({"metadata.name": "db"})


def test_two_equals_signs_mean_the_same_as_one() -> None:
    assert parse_field_selector("a==b") == parse_field_selector("a=b")


def test_no_text_chooses_everything() -> None:
    assert parse_field_selector("").is_everything
    assert parse_field_selector(",,").matches({})


def test_escaped_characters_are_plain_in_values() -> None:
    selector = parse_field_selector(r"a=x\,y\=z\\,b=1")
    assert selector.requirements == (("a", "=", "x,y=z\\"), ("b", "=", "1"))
    assert parse_field_selector(str(selector)) == selector


def test_escaping_is_undone_by_parsing() -> None:
    awkward = "a,b=c\\d!="
    assert parse_field_selector(f"x={escape_value(awkward)}").matches({"x": awkward})


def test_the_value_that_a_field_must_have_can_be_asked_for() -> None:
    selector = parse_field_selector("a=1,b!=2")
    assert selector.required_value("a") == "1"
    assert selector.required_value("b") is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("metadata.name", "invalid selector: 'metadata.name'; can't understand 'metadata.name'"),
        ("a=b,c", "invalid selector: 'a=b,c'; can't understand 'c'"),
        (r"a=\b", r"invalid field selector: invalid escape sequence: \b"),
        ("a=b=c", "invalid field selector: unescaped character in value: 61"),
        ("a=b\\", "invalid field selector: invalid escape sequence: \\"),
    ],
)
def test_a_bad_field_selector_is_refused_in_the_words_of_kubernetes(text: str, message: str) -> None:
    with pytest.raises(ValueError, match="invalid") as caught:
        parse_field_selector(text)
    assert str(caught.value) == message
