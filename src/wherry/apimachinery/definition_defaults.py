"""What a field holds when nobody says, as the API's description tells it.

The published schemas have no defaults; they follow from the types in Go: a struct that is no pointer is empty, a
value that JSON never leaves out is zero, and some fields say a default of their own. All of that stands in the
table of protobuf messages.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from wherry.apimachinery.definitions import META, definition_name
from wherry.apimachinery.protobuf.layout import Entry, entries_of, message_names
from wherry.apimachinery.protobuf.special import CONVERSIONS

_ZEROS: dict[str, object] = {"string": "", "bool": False, "int32": 0, "int64": 0, "double": 0}
_SHARED = {
    "meta/v1": META,
    "runtime": "io.k8s.apimachinery.pkg.runtime",
    "resource": "io.k8s.apimachinery.pkg.api.resource",
    "intstr": "io.k8s.apimachinery.pkg.util.intstr",
}


@dataclass(frozen=True, slots=True)
class FieldDefault:
    """The default of a field and that of each item of its list or map; None where there is none."""

    own: object = None
    item: object = None


def definition_of(message: str) -> str:
    """Under which name the published schemas describe a protobuf message."""
    package, _, kind = message.rpartition(".")
    if package in _SHARED:
        return f"{_SHARED[package]}.{kind}"
    group, _, version = package.rpartition("/")
    return definition_name(group, version, kind)


@cache
def defaults_of(definition: str) -> dict[str, FieldDefault]:
    """The defaults of the fields of a description such as `io.k8s.api.core.v1.PodSpec`, by field."""
    message = _messages().get(definition, "")
    return _defaults(message) if message and message not in CONVERSIONS else {}


@cache
def _messages() -> dict[str, str]:
    return {definition_of(name): name for name in message_names()}


def _defaults(message: str) -> dict[str, FieldDefault]:
    found: dict[str, FieldDefault] = {}
    for entry in entries_of(message).values():
        if "i" in entry.flags:
            found.update(_defaults(entry.type))
            continue
        default = _default(entry)
        if default != FieldDefault():
            found[entry.name] = default
    return found


def _default(entry: Entry) -> FieldDefault:
    if "r" in entry.flags or "m" in entry.flags:
        return FieldDefault(item=_ZEROS[entry.type] if entry.type in _ZEROS else _empty(entry.type))
    if entry.default is not None:
        return FieldDefault(entry.default)
    if "p" in entry.flags:
        return FieldDefault()
    if entry.type in _ZEROS:
        return FieldDefault(None if "o" in entry.flags else _ZEROS[entry.type])
    return FieldDefault(_empty(entry.type))


def _empty(type_name: str) -> object:
    """An empty struct; nothing for what is no object in JSON."""
    return None if type_name in CONVERSIONS or type_name in ("bytes", "raw") else {}
