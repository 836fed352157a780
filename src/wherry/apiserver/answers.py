"""Objects as answers: plain JSON spliced from stored bytes, or a Table, or the metadata alone."""

from __future__ import annotations

from collections.abc import Callable

import orjson

from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import NotAcceptable
from wherry.apimachinery.resource_type import AnyResourceType
from wherry.apimachinery.table import META_GROUP, parse_include_object, table
from wherry.apiserver.environment import Environment
from wherry.apiserver.media_types import PARTIAL, PARTIAL_LIST, PLAIN, PROTOBUF, TABLE
from wherry.apiserver.representations import representation
from wherry.apiserver.request import ApiRequest
from wherry.apiserver.wire import (
    document_from_item,
    item_bytes,
    list_head,
    mapping_in,
    object_bytes,
    partial_item_bytes,
)
from wherry.kit.http.types import Response
from wherry.store.interface import KeyValue

# So many items are joined into one piece of a list's body.
ITEMS_PER_PIECE = 500
# So many rows of a Table take some 5 ms; then others have their turn.
ROWS_PER_PIECE = 150

_WRITES = frozenset(("create", "update", "patch"))


def object_answer(environment: Environment, request: ApiRequest, item: KeyValue, status: int = 200) -> Response:
    """One object."""
    resource = request.target
    wanted = representation(request)
    if wanted.form == PLAIN and wanted.media_type == PROTOBUF:
        return environment.protobuf.object_response(resource, item, status)
    if wanted.form == PLAIN:
        return Response(status, body=object_bytes(resource, item))
    if wanted.form == PARTIAL_LIST:
        raise _no_list(resource)
    if wanted.form == PARTIAL:
        return Response(status, body=partial_item_bytes(item, wanted.version) + b"\n")
    metadata: Document = {"resourceVersion": str(item.revision)} if item.revision else {}
    rows = Rows(environment, request)
    return document_answer({**rows.head(metadata), "rows": rows.of([item])}, status)


def refuse_unanswerable(request: ApiRequest) -> None:
    """Raise NotAcceptable for a client that cannot take the answer, before anything is changed for it."""
    wanted, resource = representation(request), request.target
    answers_with_object = request.verb in _WRITES or (request.verb == "delete" and resource.delete_returns_object)
    if wanted.form == PARTIAL_LIST and answers_with_object and request.subresource in ("", "status"):
        raise _no_list(resource)


def _no_list(resource: AnyResourceType) -> NotAcceptable:
    return NotAcceptable(
        f"you requested PartialObjectMetadataList, but the requested object is not a list ({_go_type(resource)})"
    )


async def list_answer(
    environment: Environment,
    request: ApiRequest,
    items: list[KeyValue],
    revision: int,
    continue_token: str = "",
    remaining: int = 0,
) -> Response:
    """A list of objects, or a part of one."""
    resource = request.target
    wanted = representation(request)
    if wanted.form == PARTIAL:
        raise NotAcceptable(
            f"you requested PartialObjectMetadata, but the requested object is a list ({_go_type(resource)}List)"
        )
    metadata: Document = {"resourceVersion": str(revision)}
    if continue_token:
        metadata["continue"] = continue_token
        if remaining:
            metadata["remainingItemCount"] = remaining
    if wanted.media_type == PROTOBUF:
        return environment.protobuf.list_response(resource, items, metadata, wanted)
    if wanted.form == TABLE:
        return await _table(environment, request, items, metadata)
    if wanted.form == PLAIN:
        head = list_head(resource.list_kind, resource.api_version, metadata)
        return _joined(head, items, lambda item: item_bytes(resource, item))
    head = list_head(PARTIAL_LIST, f"{META_GROUP}/{wanted.version}", metadata)
    return _joined(head, items, lambda item: partial_item_bytes(item, wanted.version))


def _joined(head: bytes, items: list[KeyValue], write: Callable[[KeyValue], bytes]) -> Response:
    body = [head]
    for start in range(0, len(items), ITEMS_PER_PIECE):
        if start:
            body.append(b",")
        body.append(b",".join([write(item) for item in items[start : start + ITEMS_PER_PIECE]]))
    body.append(b"]}\n")
    return Response(body=body)


async def _table(environment: Environment, request: ApiRequest, items: list[KeyValue], metadata: Document) -> Response:
    rows = Rows(environment, request)
    # The rows come last; without them the document ends with "]}".
    body = [orjson.dumps({**rows.head(metadata), "rows": []})[: -len(b"]}")]]
    for start in range(0, len(items), ROWS_PER_PIECE):
        if start:
            body.append(b",")
            await environment.clock.sleep(0)
        body.append(orjson.dumps(rows.of(items[start : start + ROWS_PER_PIECE]))[1:-1])
    body.append(b"]}\n")
    return Response(body=body)


class Rows:
    """The rows of a Table, and what stands above them."""

    def __init__(self, environment: Environment, request: ApiRequest) -> None:
        """What the request says of the rows. Raises BadRequest."""
        self._resource = request.target
        self._version = representation(request).version
        self._include_object = parse_include_object(request.query.get("includeObject", ""))
        self._now_s = environment.clock.now_s()

    def head(self, metadata: Document) -> Document:
        """A Table without rows."""
        made = self._table([], metadata)
        del made["rows"]
        return made

    def of(self, items: list[KeyValue]) -> object:
        """The rows of these objects."""
        return self._table([document_from_item(self._resource, item) for item in items], {}, with_columns=False)["rows"]

    def _table(self, documents: list[Document], metadata: Document, *, with_columns: bool = True) -> Document:
        return table(
            self._resource,
            documents,
            now_s=self._now_s,
            list_meta=metadata,
            include_object=self._include_object,
            with_columns=with_columns,
            version=self._version,
        )


def _go_type(resource: AnyResourceType) -> str:
    """How upstream names a kind in this one sentence: *v1.Pod."""
    return f"*{resource.version}.{resource.kind}"


def document_answer(document: Document, status: int = 200) -> Response:
    """Any document as JSON."""
    return Response(status, body=orjson.dumps(document) + b"\n")


def success_status(resource: AnyResourceType, document: Document) -> Document:
    """The Status that says that an object is gone."""
    metadata = mapping_in(document, "metadata")
    details: Document = {"name": metadata["name"]}
    if resource.group:
        details["group"] = resource.group
    details["kind"] = resource.plural
    details["uid"] = metadata["uid"]
    return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details}
