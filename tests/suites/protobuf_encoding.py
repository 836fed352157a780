"""Writes protobuf by hand: the bytes that tests feed to the decoder."""

from __future__ import annotations

import struct

MAGIC = b"k8s\x00"
PROTOBUF = "application/vnd.kubernetes.protobuf"


def varint(number: int) -> bytes:
    """A number, seven bits a byte, negative ones as if they had 64 bits."""
    number %= 1 << 64
    written = bytearray()
    while number > 127:
        written.append(number & 127 | 128)
        number >>= 7
    return bytes([*written, number])


def field(number: int, value: int | float | str | bytes) -> bytes:
    """One field: a varint for whole numbers and bools, 8 bytes for a float, length-delimited for the rest."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    if isinstance(value, float):
        return varint(number << 3 | 1) + struct.pack("<d", value)
    content = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(content)) + content


def envelope(api_version: str, kind: str, raw: bytes) -> bytes:
    """A whole body, as Go writes it."""
    return MAGIC + field(1, field(1, api_version) + field(2, kind)) + field(2, raw) + field(3, "") + field(4, "")
