from __future__ import annotations

import pytest

from wherry.apimachinery.document import Document
from wherry.apimachinery.patch.merge_patch import apply_merge_patch, create_merge_patch, is_same_json

# The examples of RFC 7386, appendix A, as far as both sides are objects.
EXAMPLES: list[tuple[Document, Document, Document]] = [
    ({"a": "b"}, {"a": "c"}, {"a": "c"}),
    ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
    ({"a": "b"}, {"a": None}, {}),
    ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
    ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
    ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
    ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
    ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
    ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
    ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ({"a": "foo"}, {"a": {"b": 1}}, {"a": {"b": 1}}),
]


@pytest.mark.parametrize(("document", "patch", "expected"), EXAMPLES)
def test_the_examples_of_the_rfc_hold(document: Document, patch: Document, expected: Document) -> None:
    assert apply_merge_patch(document, patch) == expected


def test_a_created_patch_is_minimal() -> None:
    old: Document = {"same": {"x": [1]}, "gone": 1, "below": {"a": 1, "b": 2}}
    new: Document = {"same": {"x": [1]}, "below": {"a": 1, "b": 3}, "added": {}}
    assert create_merge_patch(old, new) == {"gone": None, "below": {"b": 3}, "added": {}}
    assert create_merge_patch(new, new) == {}


def test_true_is_not_one() -> None:
    assert create_merge_patch({"a": 1}, {"a": True}) == {"a": True}
    assert not is_same_json([{"a": 0}], [{"a": False}])
    assert is_same_json([{"a": False}], [{"a": False}])
    assert not is_same_json([1], [1, 2])
