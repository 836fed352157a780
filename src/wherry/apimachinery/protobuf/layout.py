"""Which field of which kind has which number: the table of Kubernetes' protobuf messages.

The table is data (table.json, made by scripts/generate-protobuf-table from Kubernetes' own definitions).
It holds facts only, one entry per message: field number -> [name in JSON, type, flags, default], where the flags
are `r` for a list, `m` for a map from strings, `i` for a struct whose fields stand in its parent's JSON, `p` for a
pointer in Go and `o` for a field that JSON leaves out when it is empty. Zero says something in a pointer and in
what is never left out. The default is what the API's description says; most fields have none. A type is a scalar
or another message. Messages are called by apiVersion and kind: `apps/v1.Deployment`, `v1.PodSpec`.

    .venv/bin/python scripts/generate-protobuf-table    makes the table again
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

import msgspec

VARINT, FIXED_64, LENGTH, GROUP_START, GROUP_END, FIXED_32 = range(6)
"""The wire types of protobuf: how long what follows a tag is."""

OPTIONS = "meta/v1"
"""Where DeleteOptions and its like are, which belong to every group."""

_META_VERSIONS = frozenset(("", "v1", "meta.k8s.io/v1", "meta.k8s.io/v1beta1"))

RAW = "raw"
"""The type of bytes that hold JSON, and are not to be shown in base64."""

_HOLD_JSON = frozenset(("runtime.Unknown", "runtime.RawExtension", "meta/v1.FieldsV1", "apiextensions.k8s.io/v1.JSON"))
_VARINTS = frozenset(("bool", "int32", "int64"))
_TEXTS = frozenset(("string", "bytes"))
_SCALARS = _VARINTS | _TEXTS | {"double"}
# The zero that Go keeps for an entry of a map whose value was left out.
_ZEROS: dict[str, object] = {"string": "", "bytes": "", "bool": False, "int32": 0, "int64": 0, "double": 0.0}


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a message.

    `type` is a scalar or a message's name; of a map's field it is the name of the entries' message.
    `is_packed`: several numbers follow each other without tags of their own.
    """

    name: str
    type: str
    wire_type: int
    is_message: bool = False
    is_list: bool = False
    is_map: bool = False
    is_inline: bool = False
    is_packed: bool = False
    keeps_zero: bool = False
    zero: object = None


@dataclass(frozen=True, slots=True)
class Message:
    """The fields of a message by tag (number and wire type as they stand on the wire), and their numbers."""

    fields: dict[int, Field]
    numbers: frozenset[int]


class Entry(msgspec.Struct, array_like=True, frozen=True):
    """One field as it stands in the table."""

    name: str
    type: str
    flags: str = ""
    default: object = None

    @property
    def keeps_zero(self) -> bool:
        """Whether zero is something else than nothing."""
        return "p" in self.flags or "o" not in self.flags


class _Table(msgspec.Struct):
    # Most clusters ever meet a few dozen of the messages: the others stay text.
    messages: dict[str, msgspec.Raw]


@lru_cache(maxsize=1)
def _table() -> dict[str, msgspec.Raw]:
    return msgspec.json.decode(Path(__file__).with_name("table.json").read_bytes(), type=_Table).messages


def message_for(api_version: str, kind: str) -> str:
    """The name of a kind's message; "" if no built-in kind is called so."""
    own = f"{api_version}.{kind}"
    if own in _table():
        return own
    # Options belong to every group, the rest of meta/v1 only to no group or to its own.
    shared = f"{OPTIONS}.{kind}"
    is_shared = kind.endswith("Options") or api_version in _META_VERSIONS
    return shared if is_shared and shared in _table() else ""


def message_names() -> list[str]:
    """All messages of the table."""
    return list(_table())


@cache
def message(name: str) -> Message:
    """The layout of a message of the table, or of the entries of a map (`map<TYPE>`)."""
    if name.startswith("map<"):
        entries = {1: Entry("key", "string"), 2: Entry("value", name[4:-1])}
    else:
        entries = entries_of(name)
    fields: dict[int, Field] = {}
    for number, entry in entries.items():
        for field in _fields(entry):
            fields[number << 3 | field.wire_type] = field
    return Message(fields, frozenset(entries))


def entries_of(name: str) -> dict[int, Entry]:
    """The fields of a message by number, as the table has them.

    Raises:
        KeyError: there is no such message.
    """
    entries = msgspec.json.decode(_table()[name], type=dict[int, Entry], strict=False)
    if name in _HOLD_JSON:
        for number, entry in entries.items():
            entries[number] = Entry(entry.name, RAW, entry.flags) if entry.type == "bytes" else entry
    return entries


def _fields(entry: Entry) -> list[Field]:
    """The field in the forms in which it may come: a list of numbers may be packed or not."""
    name, type_name, flags = entry.name, entry.type, entry.flags
    is_message = type_name not in _SCALARS and type_name != RAW
    wire_type = VARINT if type_name in _VARINTS else FIXED_64 if type_name == "double" else LENGTH
    if "m" in flags:
        return [Field(name, f"map<{type_name}>", LENGTH, is_message=True, is_map=True, zero=_ZEROS.get(type_name))]
    field = Field(
        name,
        type_name,
        wire_type,
        is_message=is_message,
        is_list="r" in flags,
        is_inline="i" in flags,
        keeps_zero=entry.keeps_zero,
    )
    if not field.is_list or wire_type == LENGTH:
        return [field]
    return [field, Field(name, type_name, LENGTH, is_list=True, is_packed=True)]
