r"""Makes a function for each message that writes it: straight Python, without a loop over the table.

A list of 10,000 pods has some three million fields, so what a field costs decides. Of each message that is
met, a function like this is made, once (this one is `v1.ContainerPort`, shortened):

    def write(document):
        get = document.get
        parts = []
        add = parts.append
        value = get("name")
        if value:
            content = value.encode()
            size = len(content)
            add((head_10[size] if size < 128 else long_10(size)) + content)
        else:
            add(b"\x0a\x00")            # no pointer in Go: written even if it is empty
        value = get("containerPort")
        add(...)
        return b"".join(parts)

Everything in such a text comes from the table; nothing comes from a client. A message is compiled when its
first object is met: most of the table never is.
"""

from __future__ import annotations

import struct
from binascii import a2b_base64
from collections.abc import Callable
from functools import cache
from typing import cast

import orjson

from wherry.apimachinery.protobuf.layout import (
    FIXED_64,
    LENGTH,
    RAW,
    VARINT,
    Entry,
    entries_of,
)
from wherry.apimachinery.protobuf.special_bytes import CHOICES, EMPTY, WRITERS, varint

Encoder = Callable[[object], bytes]
"""The bytes of a message that JSON shows as this value."""

_INTEGERS = frozenset(("int32", "int64"))
_TEXTS = frozenset(("string", "bytes", RAW))
# Lengths and numbers below this have one byte.
_SMALL = 128

_names: dict[str, str] = {}
_namespace: dict[str, object] = {
    "a2b": a2b_base64,
    "dumps": orjson.dumps,
    "pack": struct.Struct("<d").pack,
    "varint": varint,
}
"""What the made functions see: each other, the heads of fields and a few functions."""


@cache
def encoder(name: str) -> Encoder:
    """The function that writes a message of the table, or a value that JSON shows in another form.

    Raises:
        KeyError: there is no such message.
    """
    if name in WRITERS:
        return WRITERS[name]
    write = _compiled(name)
    choose = CHOICES.get(name)
    if choose is None:
        return write
    chosen = choose
    return lambda value: write(chosen(value))


@cache
def empty(name: str) -> bytes:
    """What Go writes for a message of which nobody has given anything."""
    if name in WRITERS:
        return EMPTY.get(name, b"")
    written = [_empty_field(number, entry) for number, entry in sorted(entries_of(name).items())]
    return b"".join(written)


def _empty_field(number: int, entry: Entry) -> bytes:
    if not _is_always_written(entry):
        return b""
    content = empty(entry.type) if _is_message(entry) else b""
    tag = _tag(number, entry)
    match entry.type:
        case "bool" | "int32" | "int64":
            return tag + b"\x00"
        case "double":
            return tag + bytes(8)
        case _:
            return tag + varint(len(content)) + content


def _is_message(entry: Entry) -> bool:
    return entry.type not in _INTEGERS and entry.type not in _TEXTS and entry.type not in ("bool", "double")


def _is_always_written(entry: Entry) -> bool:
    """Whether Go writes it even if it is empty: it does unless it can tell that there is nothing."""
    has_nothing = set(entry.flags) & set("rmp") or entry.type in ("bytes", RAW) or _is_list_type(entry.type)
    return not has_nothing


def _is_list_type(name: str) -> bool:
    return name == "meta/v1.Verbs" or name.endswith(".ExtraValue")


def _tag(number: int, entry: Entry) -> bytes:
    if "m" in entry.flags or ("r" in entry.flags and _is_message(entry)):
        return varint(number << 3 | LENGTH)
    if entry.type == "double":
        return varint(number << 3 | FIXED_64)
    return varint(number << 3 | (VARINT if entry.type == "bool" or entry.type in _INTEGERS else LENGTH))


def _compiled(name: str) -> Encoder:
    lines = ["def write(document):", " get = document.get", " parts = []", " add = parts.append"]
    for number, entry in sorted(entries_of(name).items()):
        lines += [f" {line}" for line in _field_lines(number, entry)]
    lines.append(" return b''.join(parts)")
    made: dict[str, object] = {}
    exec("\n".join(lines), _namespace, made)  # noqa: S102 - the text is made from our own table
    return cast("Encoder", made["write"])


def _field_lines(number: int, entry: Entry) -> list[str]:
    tag = _tag(number, entry)
    if "i" in entry.flags:
        return _message_lines(tag, entry.type, "document")
    lines = [f"value = get({entry.name!r})"]
    if "m" in entry.flags:
        return lines + _map_lines(tag, entry)
    if "r" in entry.flags:
        one = [f"  {line}" for line in _value_lines(tag, entry.type, "each")]
        return [*lines, "if value:", " for each in value:", *one]
    written = [f" {line}" for line in _value_lines(tag, entry.type, "value")]
    if not _is_always_written(entry):
        return [*lines, "if value is not None:", *written]
    # Go tells no text and no number from empty text and 0; a message is there or not.
    is_there = "value is not None" if _is_message(entry) else "value"
    return [*lines, f"if {is_there}:", *written, "else:", f" add({_empty_field(number, entry)!r})"]


def _map_lines(tag: bytes, entry: Entry) -> list[str]:
    value = _value_lines(b"\x12", entry.type, "item")
    return [
        "if value:",
        " outer = add",
        " for each in sorted(value):",
        "  item = value[each]",
        "  inner = []",
        "  add = inner.append",
        *[f"  {line}" for line in _value_lines(b"\x0a", "string", "each")],
        *[f"  {line}" for line in value],
        "  content = b''.join(inner)",
        "  size = len(content)",
        f"  outer({_head(tag)} + content)",
        " add = outer",
    ]


def _value_lines(tag: bytes, type_name: str, value: str) -> list[str]:
    """The lines that write one value, which is there."""
    match type_name:
        case "bool":
            return [f"add({_with(tag, 1)} if {value} else {_with(tag, 0)})"]
        case "int32" | "int64":
            small = _shared(f"head_{tag.hex()}", _heads(tag))
            return [f"add({small}[{value}] if 0 <= {value} < {_SMALL} else {tag!r} + varint({value}))"]
        case "double":
            return [f"add({tag!r} + pack({value}))"]
        case "string":
            return [f"content = {value}.encode()", "size = len(content)", f"add({_head(tag)} + content)"]
        case "bytes":
            return [f"content = a2b({value})", "size = len(content)", f"add({_head(tag)} + content)"]
        case _:
            return _message_lines(tag, type_name, value)


def _message_lines(tag: bytes, type_name: str, value: str) -> list[str]:
    return [f"content = {_reference(type_name)}({value})", "size = len(content)", f"add({_head(tag)} + content)"]


def _with(tag: bytes, number: int) -> str:
    return repr(tag + varint(number))


def _head(tag: bytes) -> str:
    """An expression for a tag and the length `size`."""
    heads = _shared(f"head_{tag.hex()}", _heads(tag))
    return f"({heads}[size] if size < {_SMALL} else {tag!r} + varint(size))"


@cache
def _heads(tag: bytes) -> tuple[bytes, ...]:
    return tuple(tag + varint(size) for size in range(_SMALL))


def _shared(name: str, value: object) -> str:
    _namespace[name] = value
    return name


def _reference(type_name: str) -> str:
    """The name under which the made functions call the encoder of a message; it is compiled when first called."""
    name = _names.setdefault(type_name, f"message_{len(_names)}")
    if name not in _namespace:

        def first(value: object) -> bytes:
            _namespace[name] = encoder(type_name)
            return encoder(type_name)(value)

        _namespace[name] = first
    return name
