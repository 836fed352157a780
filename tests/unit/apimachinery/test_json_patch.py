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
        {"op": "test", "path": "/none/below", "value": None},
        {"op": "test", "path": "/list/0", "value": None},
        {"op": "remove", "path": "/list/0"},
        {"op": "remove", "path": "/list/-"},
        {"op": "add", "path": "/list/x", "value": 1},
        {"op": "add", "path": "/list/-2", "value": 1},
        {"op": "add", "path": "/list/99999999999999999999", "value": 1},
        {"op": "add", "path": "/a/b", "value": 1},
        {"op": "move", "from": "/flag", "path": "/flag/below"},
        {"op": "move", "path": "/x"},
        {"op": "replace", "path": "", "value": "x"},
        {"op": "remove", "path": ""},
        {"op": ["add"], "path": "/x", "value": 1},
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


@pytest.mark.parametrize(
    ("operations", "what"), [({}, "object"), ("x", "string"), ([1], "number"), (None, "null"), ([[]], "array")]
)
def test_a_patch_is_a_list_of_objects(operations: object, what: str) -> None:
    with pytest.raises(BadRequest, match=f"json: cannot unmarshal {what} into Go value of type jsonpatch"):
        apply_json_patch({}, operations)


@pytest.mark.parametrize(
    ("operation", "patched"),
    [
        ({"op": "add", "path": "/list/-1", "value": 3}, {"list": [1, 2, 3]}),
        ({"op": "replace", "path": "/list/-1", "value": 3}, {"list": [1, 3]}),
        ({"op": "remove", "path": "/list/-2"}, {"list": [2]}),
        ({"op": "add", "path": "/~2", "value": 1}, {"list": [1, 2], "~2": 1}),
        ({"op": "add", "path": "/~01", "value": 1}, {"list": [1, 2], "~1": 1}),
        ({"op": "add", "path": "/", "value": 1}, {"list": [1, 2], "": 1}),
        ({"op": "test", "path": "/none", "value": None}, {"list": [1, 2]}),
        ({"op": "test", "path": "", "value": {"list": [1, 2]}}, {"list": [1, 2]}),
        ({"op": "copy", "from": "/list", "path": "/list/0"}, {"list": [[1, 2], 1, 2]}),
        ({"op": "move", "from": "/list/0", "path": "/list/1"}, {"list": [2, 1]}),
        ({"op": "replace", "path": "", "value": {"b": 1}}, {"b": 1}),
    ],
)
def test_operations_go_as_far_beyond_the_standard_as_kubernetes_does(operation: Document, patched: Document) -> None:
    assert apply_json_patch({"list": [1, 2]}, [operation]) == patched


def test_a_patch_can_be_applied_again_to_another_state() -> None:
    operations: list[Document] = [
        {"op": "add", "path": "/a", "value": {"b": 1}},
        {"op": "add", "path": "/a/c", "value": 2},
    ]
    assert apply_json_patch({}, operations) == apply_json_patch({}, operations) == {"a": {"b": 1, "c": 2}}
    assert operations[0]["value"] == {"b": 1}


def test_too_many_operations_are_refused() -> None:
    operation = {"op": "add", "path": "/a", "value": 1}
    with pytest.raises(RequestEntityTooLarge, match="10000, got 10001"):
        apply_json_patch({}, [operation] * 10_001)


def test_doubling_by_copies_ends_at_a_limit() -> None:
    operations = [{"op": "copy", "from": "/a", "path": "/a/-"}] * 40
    with pytest.raises(Invalid, match="rejected"):
        apply_json_patch({"a": ["x" * 1000]}, operations)
