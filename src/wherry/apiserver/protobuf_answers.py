"""Objects, lists and watches in protobuf: what many clients get is written once.

An object costs some 40 us to write (JSON costs nothing, it is stored so), a list of 10,000 therefore almost half a
second: it is written in slices between which others get their turn, and the bytes of every object are kept, as
long as there is room, for whoever asks next. Watches of the same thing share their frames, as they do in JSON.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import AsyncIterator, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

import orjson

from wherry.apimachinery.document import Document
from wherry.apimachinery.protobuf.encode import encode_message, encode_object, list_pieces, seal, watch_frame
from wherry.apimachinery.protobuf.layout import message_for
from wherry.apimachinery.resource_type import AnyResourceType
from wherry.apiserver.media_types import PARTIAL_LIST, PLAIN, PROTOBUF, Accepted
from wherry.apiserver.wire import document_from_item, metadata_of
from wherry.kit.clock import Clock
from wherry.kit.http.live_body import LiveBody, MappedBody
from wherry.kit.http.types import Response
from wherry.store.interface import KeyValue

# 10,000 pods have some 15 MB.
OBJECTS_BYTES_MAX = 24 * 1024 * 1024
# The newest thousand events or so; what is older has been sent. Their lines in JSON are kept with them.
FRAMES_BYTES_MAX = 2 * 1024 * 1024
# A piece of this size is what a watch begins with: nobody else gets the same.
SHARED_BYTES_MAX = 256 * 1024
# So many objects take some 5 ms.
SLICE = 150
K = TypeVar("K", bound=Hashable)


_PARTIAL = "meta/v1.PartialObjectMetadata"


@dataclass(frozen=True, slots=True)
class _Shape:
    """What a list says it is, and of which message its items are."""

    api_version: str
    kind: str
    message: str


class BytesCache(Generic[K]):
    """Keeps bytes by key up to a total size; what has not been asked for longest goes first."""

    def __init__(self, size_bytes_max: int) -> None:
        """Empty."""
        self.size_bytes = 0
        self._size_bytes_max = size_bytes_max
        self._kept: OrderedDict[K, bytes] = OrderedDict()

    def get(self, key: K) -> bytes | None:
        """What is kept under the key."""
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
        return found

    def put(self, key: K, value: bytes) -> None:
        """Keep it, instead of older ones if need be."""
        self.size_bytes += len(value) - len(self._kept.pop(key, b""))
        self._kept[key] = value
        while self.size_bytes > self._size_bytes_max:
            _, dropped = self._kept.popitem(last=False)
            self.size_bytes -= len(dropped)


class ProtobufAnswers:
    """Writes lists and watches in protobuf, and remembers what it wrote."""

    def __init__(self, clock: Clock) -> None:
        """Remembers nothing yet."""
        self._clock = clock
        self._objects: BytesCache[tuple[str, str, int]] = BytesCache(OBJECTS_BYTES_MAX)
        self._frames: BytesCache[bytes] = BytesCache(FRAMES_BYTES_MAX)

    def object_response(self, resource: AnyResourceType, item: KeyValue, status: int) -> Response:
        """One whole object."""
        message = message_for(resource.api_version, resource.kind)
        body = seal(resource.api_version, resource.kind, [self._object(resource, item, message)])
        return Response(status, PROTOBUF, body)

    def list_response(
        self, resource: AnyResourceType, items: list[KeyValue], metadata: Document, wanted: Accepted
    ) -> Response:
        """A list of whole objects, or of their metadata."""
        if wanted.form == PLAIN:
            shape = _Shape(resource.api_version, resource.list_kind, message_for(resource.api_version, resource.kind))
        else:
            shape = _Shape(f"meta.k8s.io/{wanted.version}", PARTIAL_LIST, _PARTIAL)
        if len(items) > SLICE:
            return Response(content_type=PROTOBUF, body=self._long_list(shape, resource, items, metadata))
        objects = [self._object(resource, item, shape.message) for item in items]
        return Response(
            content_type=PROTOBUF, body=b"".join(list_pieces(shape.api_version, shape.kind, metadata, objects))
        )

    def watch_stream(self, lines: LiveBody) -> LiveBody:
        """The frames that say what the lines of a watch in JSON say."""
        return MappedBody(lines, self._frames_of)

    async def _long_list(
        self, shape: _Shape, resource: AnyResourceType, items: list[KeyValue], metadata: Document
    ) -> AsyncIterator[bytes]:
        objects: list[bytes] = []
        for start in range(0, len(items), SLICE):
            objects.extend([self._object(resource, item, shape.message) for item in items[start : start + SLICE]])
            await self._clock.sleep(0)
        pieces = list_pieces(shape.api_version, shape.kind, metadata, objects)
        for start in range(0, len(pieces), SLICE):
            yield b"".join(pieces[start : start + SLICE])

    def _object(self, resource: AnyResourceType, item: KeyValue, message: str) -> bytes:
        key = (message, item.key, item.revision)
        found = self._objects.get(key)
        if found is None:
            document = document_from_item(resource, item)
            if not item.revision:
                # A dry run has no revision, and nobody will ask for what it made again.
                document["metadata"] = {**metadata_of(document), "resourceVersion": ""}
                return encode_message(message, document)
            found = encode_message(message, document)
            self._objects.put(key, found)
        return found

    def _frames_of(self, piece: bytes) -> bytes:
        if len(piece) > SHARED_BYTES_MAX:
            return b"".join([_frame(line) for line in piece.splitlines()])
        # The bytes of a piece are the same object for all watches, so that looking it up costs next to nothing.
        found = self._frames.get(piece)
        if found is None:
            found = b"".join([_frame(line) for line in piece.splitlines()])
            self._frames.put(piece, found)
        return found


def _frame(line: bytes) -> bytes:
    event: dict[str, Document] = orjson.loads(line)
    return watch_frame(str(event["type"]), encode_object(event["object"]))
