"""JSON patch (RFC 6902): a list of operations, of which all succeed or none.

The limits are those of Kubernetes: so many operations, and so many bytes copied by them, because a
few dozen "copy" operations could otherwise double an object beyond any memory.
"""

from __future__ import annotations

import copy

import orjson

from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import BadRequest, Invalid, RequestEntityTooLarge
from wherry.apimachinery.patch.merge_patch import is_same_json

OPERATIONS_MAX = 10_000
COPIED_BYTES_MAX = 3 * 1024 * 1024


def apply_json_patch(document: Document, operations: object) -> Document:
    """The document with the operations applied in order; the argument is unchanged.

    Raises:
        BadRequest: the operations are not a list of objects.
        RequestEntityTooLarge: more than OPERATIONS_MAX operations.
        Invalid: an operation cannot be done, or a test fails.
    """
    if not isinstance(operations, list) or not all(isinstance(operation, dict) for operation in operations):
        raise BadRequest("json: cannot unmarshal patch into Go value of type jsonpatch.Patch")
    if len(operations) > OPERATIONS_MAX:
        raise RequestEntityTooLarge(
            "Request entity too large: The allowed maximum operations in a JSON patch is "
            f"{OPERATIONS_MAX}, got {len(operations)}"
        )
    patched: object = copy.deepcopy(document)
    copied_bytes = 0
    for operation in operations:
        if operation.get("op") == "copy":
            copied_bytes += len(orjson.dumps(_resolve(patched, operation.get("from"))))
            if copied_bytes > COPIED_BYTES_MAX:
                raise _rejected()
        patched = _apply_one(patched, operation)
    if not isinstance(patched, dict):
        raise _rejected()
    return patched


def _apply_one(patched: object, operation: Document) -> object:
    from jsonpatch import JsonPatch, JsonPatchException
    from jsonpointer import JsonPointerException

    if operation.get("op") == "test":
        # The library compares as Python does, for which true is 1.
        if not is_same_json(_resolve(patched, operation.get("path")), operation.get("value")):
            raise _rejected()
        return patched
    try:
        result: object = JsonPatch([operation]).apply(patched, in_place=True)
    except (JsonPatchException, JsonPointerException, TypeError, KeyError, IndexError, ValueError) as err:
        raise _rejected() from err
    return result


def _resolve(patched: object, path: object) -> object:
    from jsonpointer import JsonPointerException, resolve_pointer

    if not isinstance(path, str):
        raise _rejected()
    try:
        found: object = resolve_pointer(patched, path)
    except (JsonPointerException, TypeError) as err:
        raise _rejected() from err
    return found


def _rejected() -> Invalid:
    return Invalid("the server rejected our request due to an error in our request")
