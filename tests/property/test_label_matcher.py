"""The quick way to match labels agrees with the plain one."""

from __future__ import annotations

import orjson
from hypothesis import given
from hypothesis import strategies as st

from wherry.apimachinery.label_matcher import LabelMatcher
from wherry.apimachinery.labels import Requirement, Selector

KEYS = st.sampled_from(["a", "b", "c", "example.com/d"])
VALUES = st.sampled_from(["", "x", "y", "1", "2", "10", "-3"])
REQUIREMENTS = st.one_of(
    st.builds(lambda key, op, value: Requirement(key, op, (value,)), KEYS, st.sampled_from(["=", "==", "!="]), VALUES),
    st.builds(
        lambda key, op, values: Requirement(key, op, tuple(sorted(values))),
        KEYS, st.sampled_from(["in", "notin"]), st.sets(VALUES, min_size=1),
    ),
    st.builds(lambda key, op: Requirement(key, op), KEYS, st.sampled_from(["exists", "!"])),
    st.builds(
        lambda key, op, value: Requirement(key, op, (value,)),
        KEYS, st.sampled_from(["gt", "lt"]), st.sampled_from(["0", "5", "-2"]),
    ),
)  # fmt: skip
SELECTORS = st.builds(Selector, st.lists(REQUIREMENTS, max_size=6).map(tuple), st.booleans())
LABELS = st.dictionaries(KEYS, VALUES)


@given(SELECTORS, LABELS)
def test_it_chooses_what_the_selector_chooses(selector: Selector, labels: dict[str, str]) -> None:
    matcher = LabelMatcher(selector)
    assert matcher.matches(labels) == selector.matches(labels)
    stored = orjson.dumps({"metadata": {"labels": labels}, "data": {"x": "y"}})
    assert matcher.may_match(stored) or not selector.matches(labels)
