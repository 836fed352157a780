"""A watch's answer, read as events: one JSON object per line, in chunks that may end anywhere."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

import msgspec

from wherry.apimachinery.errors import InternalError, StatusError, error_from_status
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.struct import Struct
from wherry.kit.http.types import Body

T = TypeVar("T", bound=msgspec.Struct)

EventType = Literal["ADDED", "MODIFIED", "DELETED", "BOOKMARK", "ERROR"]


@dataclass(frozen=True, slots=True)
class WatchEvent(Generic[T]):
    """One change.

    `object` is the state after it (for DELETED the last one); None for BOOKMARK, which only says that
    everything up to `resource_version` has been sent, and for ERROR, which carries `error`: with a
    `resource_version` it is about one object that could not be read, without one about the whole watch.
    """

    type: EventType
    object: T | None
    resource_version: str
    error: StatusError | None = None


class _Line(msgspec.Struct):
    type: EventType
    object: msgspec.Raw


class _Versioned(Struct):
    metadata: ObjectMeta


_decode_line = msgspec.json.Decoder(_Line).decode
_decode_version = msgspec.json.Decoder(_Versioned).decode


def parse_event(line: bytes, decode: Callable[[bytes], T]) -> WatchEvent[T]:
    """One line as an event. Raises Expired for an ERROR that says the revision is forgotten."""
    parsed = _decode_line(line)
    body = bytes(parsed.object)
    if parsed.type == "ERROR":
        error = error_from_status(body, 500)
        if error.code == 410:
            raise error
        return WatchEvent("ERROR", None, "", error)
    resource_version = _decode_version(body).metadata.resource_version
    if parsed.type == "BOOKMARK":
        return WatchEvent("BOOKMARK", None, resource_version)
    try:
        return WatchEvent(parsed.type, decode(body), resource_version)
    except msgspec.ValidationError as error:
        return WatchEvent("ERROR", None, resource_version, InternalError(f"an object cannot be read: {error}"))


async def read_events(body: Body, decode: Callable[[bytes], T]) -> AsyncGenerator[WatchEvent[T], None]:
    """The events of a response's body, as they come. Closing this closes the body."""
    chunks = _chunks(body)
    rest = b""
    try:
        async for chunk in chunks:
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                if line.strip():
                    yield parse_event(line, decode)
        if rest.strip():
            yield parse_event(rest, decode)
    finally:
        await chunks.aclose()


async def _chunks(body: Body) -> AsyncGenerator[bytes, None]:
    if isinstance(body, bytes):
        yield body
    elif isinstance(body, list):
        for part in body:
            yield part
    else:
        try:
            async for part in body:
                yield part
        finally:
            await close_body(body)


async def close_body(body: AsyncIterator[bytes]) -> None:
    """Tell a streaming body that nobody reads it any more."""
    if isinstance(body, AsyncGenerator):
        await body.aclose()
