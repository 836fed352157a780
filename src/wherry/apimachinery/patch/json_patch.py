"""JSON patch (RFC 6902): a list of operations, of which all succeed or none.

Where the library that Kubernetes uses goes beyond the RFC, so does this: positions may be counted from the end
(-1 is the last), a test for null is also passed by what is absent, and a "~" that escapes nothing stands for
itself. The limits are Kubernetes' too: so many operations, and so many bytes copied by them, because a few dozen
"copy" operations could otherwise double an object beyond any memory.
"""

from __future__ import annotations

import copy
from collections.abc import Callable

import orjson

from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import BadRequest, Invalid, RequestEntityTooLarge
from wherry.apimachinery.patch.merge_patch import is_same_json

OPERATIONS_MAX = 10_000
COPIED_BYTES_MAX = 3 * 1024 * 1024

_Container = dict[str, object] | list[object]
_KINDS = {dict: "object", list: "array", str: "string", bool: "bool", type(None): "null"}


class _Impossible(Exception):
    """An operation cannot be done, or a test fails."""


def apply_json_patch(document: Document, operations: object) -> Document:
    """The document with the operations applied in order; the argument is unchanged.

    Raises:
        BadRequest: the operations are not a list of objects.
        RequestEntityTooLarge: more than OPERATIONS_MAX operations.
        Invalid: an operation cannot be done, or a test fails.
    """
    if not isinstance(operations, list):
        raise _not_a_patch(operations, "Patch")
    for operation in operations:
        if not isinstance(operation, dict):
            raise _not_a_patch(operation, "Operation")
    if len(operations) > OPERATIONS_MAX:
        raise RequestEntityTooLarge(
            "Request entity too large: The allowed maximum operations in a JSON patch is "
            f"{OPERATIONS_MAX}, got {len(operations)}"
        )
    patching = _Patching(copy.deepcopy(document))
    try:
        for operation in operations:
            patching.do(operation)
    except _Impossible:
        raise Invalid("the server rejected our request due to an error in our request") from None
    return patching.document


class _Patching:
    """A document while operations change it."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self._copied_bytes = 0
        self._operations: dict[object, Callable[[str, Document], object]] = {
            "add": lambda path, operation: self._add(path, _value(operation)),
            "remove": lambda path, _: self._remove(path),
            "replace": lambda path, operation: self._replace(path, _value(operation)),
            "move": self._move,
            "copy": self._copy,
            "test": self._test,
        }

    def do(self, operation: Document) -> None:
        """Do one operation. Raises _Impossible."""
        name = operation.get("op")
        do = self._operations.get(name) if isinstance(name, str) else None
        if do is None:
            raise _Impossible
        do(_path(operation, "path"), operation)

    def _add(self, path: str, value: object) -> None:
        container, step = self._place(path)
        if isinstance(container, dict):
            container[step] = value
            return
        position = len(container) if step == "-" else _index(step, len(container) + 1)
        if position > len(container):
            raise _Impossible
        container.insert(position, value)

    def _remove(self, path: str) -> object:
        container, step = self._place(path)
        removed = _get(container, step)
        if isinstance(container, dict):
            del container[step]
        else:
            del container[_index(step, len(container))]
        return removed

    def _replace(self, path: str, value: object) -> None:
        if not path:
            if not isinstance(value, dict):
                raise _Impossible
            self.document = value
            return
        container, step = self._place(path)
        _ = _get(container, step)
        if isinstance(container, dict):
            container[step] = value
        else:
            container[_index(step, len(container))] = value

    def _move(self, path: str, operation: Document) -> None:
        self._add(path, self._remove(_path(operation, "from")))

    def _copy(self, path: str, operation: Document) -> None:
        written = orjson.dumps(self._get(_path(operation, "from")))
        self._copied_bytes += len(written)
        if self._copied_bytes > COPIED_BYTES_MAX:
            raise _Impossible
        self._add(path, orjson.loads(written))

    def _test(self, path: str, operation: Document) -> None:
        wanted = operation.get("value")
        if not path:
            found: object = self.document
        else:
            container, step = self._place(path)
            is_absent = isinstance(container, dict) and step not in container
            found = None if is_absent else _get(container, step)
        # Python would say that true is 1.
        if not is_same_json(found, wanted):
            raise _Impossible

    def _get(self, path: str) -> object:
        return _get(*self._place(path))

    def _place(self, path: str) -> tuple[_Container, str]:
        """The container that the last step of a path is in, and that step."""
        first, *steps = path.split("/")
        if first or not steps:
            raise _Impossible
        names = [step.replace("~1", "/").replace("~0", "~") for step in steps]
        place: object = self.document
        for name in names[:-1]:
            place = _get(place, name)
        if not isinstance(place, dict | list):
            raise _Impossible
        return place, names[-1]


def _get(container: object, step: str) -> object:
    if isinstance(container, dict) and step in container:
        return container[step]
    if isinstance(container, list):
        position = _index(step, len(container))
        if position < len(container):
            return container[position]
    raise _Impossible


def _index(step: str, count: int) -> int:
    digits = step[1:] if step[:1] in ("-", "+") else step
    if not (digits.isascii() and digits.isdigit()) or len(digits) > len(str(OPERATIONS_MAX)) * 2:
        raise _Impossible
    position = int(step)
    if position < -count:
        raise _Impossible
    return position if position >= 0 else position + count


def _path(operation: Document, name: str) -> str:
    path = operation.get(name)
    if not isinstance(path, str):
        raise _Impossible
    return path


def _value(operation: Document) -> object:
    if "value" not in operation:
        raise _Impossible
    # The same patch may be applied again, to a newer state.
    return copy.deepcopy(operation["value"])


def _not_a_patch(value: object, go_type: str) -> BadRequest:
    kind = _KINDS.get(type(value), "number")
    return BadRequest(f"json: cannot unmarshal {kind} into Go value of type jsonpatch.{go_type}")
