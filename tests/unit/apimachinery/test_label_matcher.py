from __future__ import annotations

import time

import pytest

from wherry.apimachinery.label_matcher import LabelMatcher
from wherry.apimachinery.labels import NOTHING, parse_selector


@pytest.mark.parametrize(
    ("selector", "labels", "chosen"),
    [
        ("a=1", {"a": "1"}, True),
        ("a=1,a=2", {"a": "1"}, False),
        ("a in (1,2),a in (2,3)", {"a": "2"}, True),
        ("a!=1,a!=2", {"a": "3"}, True),
        ("a!=1,a!=2", {}, True),
        ("a,!b", {"a": ""}, True),
        ("a,!b", {"a": "", "b": ""}, False),
        ("a>1,a<3", {"a": "2"}, True),
        ("a>1", {"a": "x"}, False),
        ("a>1", {}, False),
    ],
)
def test_it_chooses(selector: str, labels: dict[str, str], *, chosen: bool) -> None:
    assert LabelMatcher(parse_selector(selector)).matches(labels) is chosen


def test_nothing_chooses_nothing() -> None:
    assert not LabelMatcher(NOTHING).matches({"a": "b"})


def test_a_value_that_must_be_there_is_looked_for_in_the_bytes_first() -> None:
    matcher = LabelMatcher(parse_selector("app=web,tier in (front),x!=y"))
    assert matcher.may_match(b'{"metadata":{"labels":{"app":"web","tier":"front"}}}')
    assert not matcher.may_match(b'{"metadata":{"labels":{"app":"web-1","tier":"front"}}}')
    assert LabelMatcher(parse_selector("app in (a,b)")).may_match(b"{}")


@pytest.mark.parametrize("term", ["a!=v{}", "k{}!=v", "!k{}", "k{} notin (a,b)"])
def test_ten_thousand_terms_cost_an_object_no_more_than_one(term: str) -> None:
    matcher = LabelMatcher(parse_selector(",".join(term.format(number) for number in range(10_000))))
    labels = {"a": "b", "c": "d"}
    started_s = time.process_time()
    assert all(matcher.matches(labels) for _ in range(10_000))
    # A hundred million questions would take a minute.
    assert time.process_time() - started_s < 2
