"""CEL's functions for text: the standard ones, the extended ones, and Kubernetes' regular expressions.

Source: cel-go, ext/strings.go; Kubernetes, apiserver/pkg/cel/library/regex.go.
"""

from __future__ import annotations

import base64
import binascii
import math
import re
from collections.abc import Iterator
from typing import Protocol, cast

from wherry.apimachinery.cel.operators import double_text
from wherry.apimachinery.cel.overload import PER_CHARACTER, Overload, Sizes, matching, overload, reading, total
from wherry.apimachinery.cel.values import CelError, TypeValue, type_name
from wherry.apimachinery.patterns import PatternError, compile_pattern

# A text that an expression makes may not outgrow what a request may have.
TEXT_LENGTH_MAX = 4 * 1024 * 1024


class _Match(Protocol):
    def group(self) -> str: ...


class _Finding(Protocol):
    def search(self, text: str) -> object: ...
    def finditer(self, text: str) -> Iterator[_Match]: ...


def _pattern(text: str) -> _Finding:
    try:
        return cast("_Finding", compile_pattern(text))  # RE2's patterns have finditer too
    except PatternError as error:
        raise CelError(str(error)) from None


def _matches(text: str, pattern: str) -> bool:
    return _pattern(pattern).search(text) is not None


def _find(text: str, pattern: str) -> str:
    return next((match.group() for match in _pattern(pattern).finditer(text)), "")


def _find_all(text: str, pattern: str, limit: int = -1) -> list[str]:
    found: list[str] = []
    for match in _pattern(pattern).finditer(text):
        if 0 <= limit <= len(found):
            break
        found.append(match.group())
    return found


def _char_at(text: str, position: int) -> str:
    if not 0 <= position <= len(text):
        raise CelError(f"index out of range: {position}")
    return text[position : position + 1]


def _index_of(text: str, part: str, start: int = 0) -> int:
    if not 0 <= start <= len(text):
        raise CelError(f"index out of range: {start}")
    return text.find(part, start)


def _last_index_of(text: str, part: str, end: int | None = None) -> int:
    if end is None:
        return text.rfind(part)
    if not 0 <= end <= len(text):
        raise CelError(f"index out of range: {end}")
    return text.rfind(part, 0, end + len(part))


def _substring(text: str, start: int, end: int | None = None) -> str:
    stop = len(text) if end is None else end
    if not 0 <= start <= stop <= len(text):
        raise CelError(f"invalid substring range. start: {start}, end: {stop}")
    return text[start:stop]


def _replace(text: str, old: str, new: str, limit: int = -1) -> str:
    times = text.count(old) if limit < 0 else min(limit, text.count(old))
    if len(text) + times * (len(new) - len(old)) > TEXT_LENGTH_MAX:
        raise CelError("string too long")
    return text.replace(old, new, limit)


def _split(text: str, separator: str, limit: int = -1) -> list[str]:
    if limit == 0:
        return []
    if not separator:
        parts = list(text)
        return parts if limit < 0 or len(parts) <= limit else [*parts[: limit - 1], "".join(parts[limit - 1 :])]
    return text.split(separator, limit - 1 if limit > 0 else -1)


def _join(parts: list[object], separator: str = "") -> str:
    if not all(isinstance(part, str) for part in parts):
        raise CelError("no such overload: join on a list that holds more than strings")
    return separator.join(cast("list[str]", parts))


_UPPER = {letter: letter - 32 for letter in range(ord("a"), ord("z") + 1)}
_LOWER = {letter: letter + 32 for letter in range(ord("A"), ord("Z") + 1)}
_WHITE = " \t\n\v\f\r\x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
_ESCAPES = {
    "\a": "\\a", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v", "\\": "\\\\", '"': '\\"',
}  # fmt: skip


def _quote(text: str) -> str:
    return '"' + "".join(_ESCAPES.get(character, character) for character in text) + '"'


_CLAUSE = re.compile(r"%%|%(?:\.(\d{1,2}))?([a-zA-Z])")


def _format(text: str, args: list[object]) -> str:
    waiting = iter(args)

    def fill(match: re.Match[str]) -> str:
        if match.group() == "%%":
            return "%"
        try:
            value = next(waiting)
        except StopIteration:
            raise CelError(f"index {len(args)} out of range") from None
        return _clause(match.group(2), match.group(1), value)

    made = _CLAUSE.sub(fill, text)
    if len(made) > TEXT_LENGTH_MAX:
        raise CelError("string too long")
    return made


def _clause(verb: str, precision: str | None, value: object) -> str:
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    match verb:
        case "s":
            return shown(value)
        case "d" if is_whole:
            return str(int(cast("int", value)))
        case "f" | "e" if isinstance(value, int | float) and not isinstance(value, bool):
            return format(float(value), f".{precision or 6}{verb}")
        case "b" if isinstance(value, bool):
            return str(int(value))
        case "b" | "o" if is_whole:
            return format(int(cast("int", value)), verb)
        case "x" | "X" if is_whole:
            return format(int(cast("int", value)), verb)
        case "x" | "X" if isinstance(value, str | bytes):
            text = (value.encode() if isinstance(value, str) else value).hex()
            return text.upper() if verb == "X" else text
        case _:
            raise CelError(f"error during formatting: {type_name(value)} cannot be formatted by %{verb}")


def shown(value: object) -> str:
    """A value as %s shows it."""
    match value:
        case bool() | None:
            return {True: "true", False: "false", None: "null"}[value]
        case str() | bytes():
            return value if isinstance(value, str) else value.decode(errors="replace")
        case float() | int():
            return double_text(value) if isinstance(value, float) else str(int(value))
        case list():
            return "[" + ", ".join(map(shown, value)) + "]"
        case dict():
            return "{" + ", ".join(f"{shown(name)}: {shown(value[name])}" for name in sorted(value, key=str)) + "}"
        case TypeValue():
            return value.name
        case _:
            return str(value)


def _decode_base64(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise CelError("illegal base64 data") from None


def _replacing(sizes: Sizes) -> int:
    """The price of replacing every character."""
    return math.ceil(sizes[0] * (1 + sizes[2]) * PER_CHARACTER)


def _doubling(sizes: Sizes) -> int:
    return sizes[0] * 2 + 2


STRINGS: tuple[Overload, ...] = (
    overload("string.contains(string) -> bool", lambda text, part: part in text, reading(0)),
    overload("string.startsWith(string) -> bool", lambda text, part: text.startswith(part), reading(1)),
    overload("string.endsWith(string) -> bool", lambda text, part: text.endswith(part), reading(1)),
    overload("string.matches(string) -> bool", _matches, matching(0, 1)),
    overload("matches(string, string) -> bool", _matches, matching(0, 1)),
    overload("string.find(string) -> string", _find, matching(0, 1)),
    overload("string.findAll(string) -> list<string>", _find_all, matching(0, 1)),
    overload("string.findAll(string, int) -> list<string>", _find_all, matching(0, 1)),
    overload("string.charAt(int) -> string", _char_at, result_size=lambda sizes: 1),
    overload("string.indexOf(string) -> int", _index_of, reading(0)),
    overload("string.indexOf(string, int) -> int", _index_of, reading(0)),
    overload("string.lastIndexOf(string) -> int", _last_index_of, reading(0)),
    overload("string.lastIndexOf(string, int) -> int", _last_index_of, reading(0)),
    overload("string.lowerAscii() -> string", lambda text: text.translate(_LOWER), reading(0)),
    overload("string.upperAscii() -> string", lambda text: text.translate(_UPPER), reading(0)),
    overload("string.replace(string, string) -> string", _replace, _replacing, total),
    overload("string.replace(string, string, int) -> string", _replace, _replacing, total),
    overload("string.split(string) -> list<string>", _split, reading(0)),
    overload("string.split(string, int) -> list<string>", _split, reading(0)),
    overload("string.substring(int) -> string", _substring, reading(0)),
    overload("string.substring(int, int) -> string", _substring, reading(0)),
    overload("string.trim() -> string", lambda text: text.strip(_WHITE), reading(0)),
    overload("string.reverse() -> string", lambda text: text[::-1], reading(0)),
    overload("string.format(list<dyn>) -> string", _format, reading(0, 1), total),
    overload("strings.quote(string) -> string", _quote, reading(0), _doubling),
    overload("list<string>.join() -> string", _join, reading(0)),
    overload("list<string>.join(string) -> string", _join, reading(0)),
    overload("base64.encode(bytes) -> string", lambda value: base64.b64encode(value).decode(), reading(0), _doubling),
    overload("base64.decode(string) -> bytes", _decode_base64, reading(0)),
)  # fmt: skip
