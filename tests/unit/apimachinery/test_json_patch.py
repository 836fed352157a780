from __future__ import annotations

import pytest

from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import BadRequest, Invalid, RequestEntityTooLarge
from wherry.apimachinery.patch.json_patch import apply_json_patch

REJECTED = "the server rejected our request due to an error in our request"


def test_all_operations_work_and_the_argument_stays() -> None:
    document: Document = {"a": 1, "list": [1, 2], "b": {"c": "d"}}
    operations = [
        {"op": "test", "path": "/b/c", "value": "d"},
        {"op": "add", "path": "/list/-", "value": 3},
        {"op": "add", "path": "/list/0", "value": 0},
        {"op": "replace", "path": "/a", "value": 2},
        {"op": "copy", "from": "/b", "path": "/e"},
        {"op": "move", "from": "/b/c", "path": "/f"},
        {"op": "remove", "path": "/b"},
        {"op": "add", "path": "/m~1n", "value": "slash"},
    ]
    patched = apply_json_patch(document, operations)
    assert patched == {"a": 2, "list": [0, 1, 2, 3], "e": {"c": "d"}, "f": "d", "m/n": "slash"}
    assert document == {"a": 1, "list": [1, 2], "b": {"c": "d"}}


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "remove", "path": "/data/zz"},
        {"op": "test", "path": "/a", "value": "9"},
        {"op": "test", "path": "/flag", "value": 1},
        {"op": "test", "path": "/none", "value": None},
        {"op": "add", "path": "/none/below", "value": 1},
        {"op": "add", "path": "/list/9", "value": 1},
        {"op": "replace", "path": "/none", "value": 1},
        {"op": "add", "path": "", "value": [1]},
        {"op": "explode", "path": "/a"},
        {"op": "add", "path": "/a"},
        {"path": "/a", "value": 1},
        {"op": "add", "path": "no-slash", "value": 1},
        {"op": "copy", "from": "/none", "path": "/x"},
        {"op": "copy", "path": "/x"},
    ],
)
def test_what_cannot_be_done_is_rejected_as_upstream(operation: Document) -> None:
    with pytest.raises(Invalid) as caught:
        apply_json_patch({"a": "1", "flag": True, "list": []}, [operation])
    assert caught.value.message == REJECTED
    assert caught.value.code == 422


@pytest.mark.parametrize("operations", [{}, "x", [1], None])
def test_a_patch_is_a_list_of_objects(operations: object) -> None:
    with pytest.raises(BadRequest):
        apply_json_patch({}, operations)


def test_too_many_operations_are_refused() -> None:
    operation = {"op": "add", "path": "/a", "value": 1}
    with pytest.raises(RequestEntityTooLarge, match="10000, got 10001"):
        apply_json_patch({}, [operation] * 10_001)


def test_doubling_by_copies_ends_at_a_limit() -> None:
    operations = [{"op": "copy", "from": "/a", "path": "/a/-"}] * 40
    with pytest.raises(Invalid, match="rejected"):
        apply_json_patch({"a": ["x" * 1000]}, operations)
