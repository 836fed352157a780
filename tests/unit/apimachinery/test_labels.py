from __future__ import annotations

import pytest

from wherry.apimachinery.labels import (
    LabelSelector,
    LabelSelectorRequirement,
    format_selector,
    parse_selector,
    selector_from,
)

WEB = {"app": "web", "tier": "front", "size": "5"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "app=web",
        "app==web",
        "app!=db",
        "absent!=anything",
        "app in (web,db)",
        "app in (web)",
        "app notin (db, cache)",
        "absent notin (a)",
        "app",
        "!absent",
        "app=web,tier=front",
        " app = web , tier in ( front , back ) ",
        "size>4",
        "size<6",
        "in in (x),app",
    ],
)
def test_a_selector_chooses_what_meets_all_its_requirements(text: str) -> None:
    labels = WEB | {"in": "x"} if "in in" in text else WEB
    assert parse_selector(text).matches(labels)


@pytest.mark.parametrize(
    "text",
    ["app=db", "app!=web", "absent=x", "app in (db)", "app notin (web)", "absent", "!app", "app=web,tier=back",
     "size>5", "size<5", "app>1", "absent>1", "app=", "tier in (,)"],
)  # fmt: skip
def test_a_selector_leaves_out_what_misses_one_requirement(text: str) -> None:
    assert not parse_selector(text).matches(WEB)


def test_an_empty_value_is_a_value() -> None:
    assert parse_selector("app=").matches({"app": ""})
    assert parse_selector("app in (,web)").matches({"app": ""})
    assert parse_selector("app in (web,)").matches({"app": ""})
    assert not parse_selector("app=").matches({})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a===b", "unable to parse requirement: found '=', expected: identifier"),
        ("=b", "found '=', expected: !, identifier, or 'end of string'"),
        ("a=b,", "found '', expected: identifier after ','"),
        ("a=b c", "found 'c', expected: ',' or 'end of string'"),
        ("a like b", "unable to parse requirement: found 'like', expected: in, notin, =, ==, !=, gt, lt"),
        ("a in b", "unable to parse requirement: found 'b', expected: '('"),
        ("a in (b", "unable to parse requirement: found '', expected: ',' or ')'"),
        ("a in (", "unable to parse requirement: found '', expected: ',', ')' or identifier"),
        ("!", "unable to parse requirement: found '', expected: identifier"),
        ("a in (=)", "unable to parse requirement: found '=', expected: ',', ')' or identifier"),
        ("a>b", "unable to parse requirement: values[0]: Invalid value: \"b\": "
                "for 'Gt', 'Lt' operators, the value must be an integer"),
        ("a in ()", "unable to parse requirement: values: Invalid value: []: "
                    "for 'in', 'notin' operators, values set can't be empty"),
    ],
)  # fmt: skip
def test_a_bad_selector_is_refused_in_the_words_of_kubernetes(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=r"found|Invalid") as caught:
        parse_selector(text)
    assert str(caught.value) == message


def test_keys_and_values_are_checked() -> None:
    with pytest.raises(ValueError, match=r'requirement: <nil>: Invalid value: "-a": name part must consist of'):
        parse_selector("-a=b")
    with pytest.raises(ValueError, match=r'values\[0\]\[a\]: Invalid value: "-b": a valid label must be'):
        parse_selector("a=-b")


def test_no_selector_chooses_nothing_and_an_empty_one_everything() -> None:
    assert not selector_from(None).matches({})
    assert not selector_from(None).is_everything
    assert selector_from(LabelSelector()).is_everything
    assert selector_from(LabelSelector()).matches({"any": "thing"})


def test_a_label_selector_of_an_object_works_like_its_text() -> None:
    selector = LabelSelector(
        match_labels={"b": "2"},
        match_expressions=(
            LabelSelectorRequirement(key="a", operator="In", values=("y", "x")),
            LabelSelectorRequirement(key="c", operator="NotIn", values=("z",)),
            LabelSelectorRequirement(key="d", operator="Exists"),
            LabelSelectorRequirement(key="e", operator="DoesNotExist"),
        ),
    )
    assert format_selector(selector) == "a in (x,y),b=2,c notin (z),d,!e"
    assert selector_from(selector).matches({"a": "x", "b": "2", "d": ""})
    assert parse_selector(format_selector(selector)) == selector_from(selector)


def test_formatting_tells_empty_and_broken_selectors_apart() -> None:
    assert format_selector(LabelSelector()) == "<none>"
    assert format_selector(None) == "<none>"
    wrong = LabelSelector(match_expressions=(LabelSelectorRequirement(key="a", operator="Like"),))
    assert format_selector(wrong) == "<error>"
    with pytest.raises(ValueError, match='"Like" is not a valid label selector operator'):
        selector_from(wrong)


def test_exists_takes_no_values() -> None:
    wrong = LabelSelector(match_expressions=(LabelSelectorRequirement(key="a", operator="Exists", values=("b",)),))
    with pytest.raises(ValueError, match="values set must be empty for exists and does not exist"):
        selector_from(wrong)
