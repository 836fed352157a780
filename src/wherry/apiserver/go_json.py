"""Why text is not JSON, in the words of Go's decoder, which clients of Kubernetes know.

Used only after a fast parser has failed, to say where and why.

Source: the Go standard library, encoding/json/scanner.go.
"""

from __future__ import annotations

import re

END_OF_INPUT = "unexpected end of JSON input"

_SPACE = re.compile(r"[ \t\r\n]*")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
_PARTIAL_NUMBER = re.compile(r"-?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*|(?:\.[0-9]+)?[eE][-+]?)?)?")
_LITERALS = {"t": "true", "f": "false", "n": "null"}


class _Fault(Exception):
    """Where Go's scanner stops."""


def go_json_error(body: bytes, *, depth_max: int) -> str:
    """What Go's decoder says about bytes that are not JSON; "" if it would accept them."""
    try:
        _Scanner(body.decode(errors="replace"), depth_max).scan()
    except _Fault as err:
        return str(err)
    return ""


class _Scanner:
    """Walks over the text; `_closers` are the brackets that are open."""

    def __init__(self, text: str, depth_max: int) -> None:
        self._text = text
        self._depth_max = depth_max
        self._position = 0
        self._closers: list[str] = []

    def scan(self) -> None:
        self._value()
        while self._closers:
            closer = self._closers[-1]
            where = "after array element" if closer == "]" else "after object key:value pair"
            character = self._next(where, allowed=f",{closer}")
            if character == closer:
                self._closers.pop()
                continue
            if closer == "}":
                self._key()
            self._value()
        self._skip_space()
        if self._position < len(self._text):
            raise self._fault("after top-level value")

    def _value(self) -> None:
        """Read a value; of containers the openings only, so that no nesting is too deep for Python."""
        while True:
            self._skip_space()
            character = self._peek()
            if character not in "{[":
                return self._scalar(character)
            self._closers.append("}" if character == "{" else "]")
            if len(self._closers) > self._depth_max:
                raise self._fault("exceeded max depth")
            self._position += 1
            self._skip_space()
            if self._peek() == self._closers[-1]:
                self._position += 1
                self._closers.pop()
                return None
            if character == "{":
                self._key()

    def _scalar(self, character: str) -> None:
        if character == '"':
            self._string()
        elif character in _LITERALS:
            self._literal(_LITERALS[character])
        elif character in "-0123456789":
            self._number()
        else:
            raise self._fault("looking for beginning of value")

    def _key(self) -> None:
        self._skip_space()
        if self._peek() != '"':
            raise self._fault("looking for beginning of object key string")
        self._string()
        self._next("after object key", allowed=":")

    def _next(self, where: str, *, allowed: str) -> str:
        self._skip_space()
        character = self._peek()
        if character not in allowed:
            raise self._fault(where)
        self._position += 1
        return character

    def _string(self) -> None:
        self._position += 1
        while (character := self._peek()) != '"':
            if character < " ":
                raise self._fault("in string literal")
            self._position += 1
            if character == "\\":
                self._escape()
        self._position += 1

    def _escape(self) -> None:
        character = self._peek()
        if character not in 'bfnrt\\/"u':
            raise self._fault("in string escape code")
        self._position += 1
        if character == "u":
            for _ in range(4):
                if self._peek() not in "0123456789abcdefABCDEF":
                    raise self._fault("in \\u hexadecimal character escape")
                self._position += 1

    def _literal(self, word: str) -> None:
        for expected in word[1:]:
            self._position += 1
            if self._peek() != expected:
                raise self._fault(f"in literal {word} (expecting '{expected}')")
        self._position += 1

    def _number(self) -> None:
        whole = _NUMBER.match(self._text, self._position)
        partial = _PARTIAL_NUMBER.match(self._text, self._position)
        assert partial is not None
        if whole is None or whole.end() < partial.end():
            self._position = partial.end()
            self._peek()
            raise self._fault("in numeric literal")
        self._position = whole.end()

    def _skip_space(self) -> None:
        match = _SPACE.match(self._text, self._position)
        assert match is not None
        self._position = match.end()

    def _peek(self) -> str:
        if self._position >= len(self._text):
            raise _Fault(END_OF_INPUT)
        return self._text[self._position]

    def _fault(self, where: str) -> _Fault:
        character = self._peek()
        shown = {"'": "'\\''", '"': "'\"'"}.get(character) or repr(character)
        return _Fault(f"invalid character {shown} {where}")
