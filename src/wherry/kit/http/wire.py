"""The bytes of a response's head, and the answers that the server gives by itself."""

from __future__ import annotations

from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus

from wherry.kit.clock import Clock
from wherry.kit.http.types import Response

_DEFAULT_CACHE_CONTROL = "Cache-Control: no-cache, private\r\n"


class DateHeader:
    """The Date header, made once per second."""

    __slots__ = ("_clock", "_line", "_second")

    def __init__(self, clock: Clock) -> None:
        """`clock` tells the time."""
        self._clock = clock
        self._second = -1
        self._line = b""

    def line(self) -> bytes:
        """The header line with its line end."""
        second = int(self._clock.now_s())
        if second != self._second:
            self._second = second
            self._line = b"Date: %b\r\n" % formatdate(second, usegmt=True).encode()
        return self._line


# A header as long as this (a redirect to an endless path) comes once.
REMEMBERED_CHARS_MAX = 1024


# Nearly all answers share a handful of heads; those with a header of their own (an ETag, a warning) drop out again.
@lru_cache(maxsize=256)
def _remembered_prefix(status: int, content_type: str, headers: tuple[tuple[str, str], ...]) -> bytes:
    return _prefix(status, content_type, headers)


def _prefix(status: int, content_type: str, headers: tuple[tuple[str, str], ...]) -> bytes:
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = "Unknown"
    head = f"HTTP/1.1 {status} {phrase}\r\n"
    if not any(name.lower() == "cache-control" for name, _ in headers):
        head += _DEFAULT_CACHE_CONTROL
    if content_type:
        head += f"Content-Type: {_one_line(content_type)}\r\n"
    lines = "".join(f"{_one_line(name)}: {_one_line(value)}\r\n" for name, value in headers)
    return head.encode("latin-1", "replace") + lines.encode("utf-8", "replace")


def response_head(response: Response, date: bytes) -> bytes:
    """Status line and headers, without those that frame the body and without the empty line."""
    headers = tuple(response.headers)
    for _, value in headers:
        if len(value) > REMEMBERED_CHARS_MAX:
            return _prefix(response.status, response.content_type, headers) + date
    return _remembered_prefix(response.status, response.content_type, headers) + date


def _one_line(text: str) -> str:
    # A line end in a value would let whoever chose the value write headers of his own.
    return text.replace("\r", " ").replace("\n", " ") if "\r" in text or "\n" in text else text


def refusal(status: int, message: str) -> Response:
    """An answer to a request that the app never gets to see."""
    return Response(status=status, content_type="text/plain; charset=utf-8", body=message.encode())


def too_large(limit_bytes: int) -> Response:
    """Kubernetes' answer to a body beyond the limit."""
    body = (
        '{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure",'
        f'"message":"Request entity too large: limit is {limit_bytes}",'
        '"reason":"RequestEntityTooLarge","code":413}\n'
    )
    return Response(status=413, body=body.encode())


def internal_error() -> Response:
    """The answer when the app failed; what went wrong is in the log, not here."""
    body = (
        '{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure",'
        '"message":"Internal error occurred","reason":"InternalError","code":500}\n'
    )
    return Response(status=500, body=body.encode())
