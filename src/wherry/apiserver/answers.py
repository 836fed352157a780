"""Objects as answers: plain JSON spliced from stored bytes, or a Table, or the metadata alone."""

from __future__ import annotations

from collections.abc import Callable

import orjson

from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import NotAcceptable
from wherry.apimachinery.resource_type import AnyResourceType
from wherry.apiserver.environment import Environment
from wherry.apiserver.negotiation import PARTIAL, PARTIAL_LIST, PLAIN, TABLE, Accepted, accepted
from wherry.apiserver.request import ApiRequest
from wherry.apiserver.tables import META_VERSION, partial_metadata, table, table_row
from wherry.apiserver.wire import document_from_item, item_bytes, list_head, mapping_in, object_bytes
from wherry.kit.http.types import Response
from wherry.store.interface import KeyValue

# So many items are joined into one piece of a list's body.
ITEMS_PER_PIECE = 500

Show = Callable[[KeyValue], Document]


def representation(request: ApiRequest) -> Accepted:
    """What the client wants to get. Raises NotAcceptable."""
    return accepted(request.http.headers.get("accept", ""))


def object_answer(environment: Environment, request: ApiRequest, item: KeyValue, status: int = 200) -> Response:
    """One object."""
    resource = request.target
    wanted = representation(request)
    if wanted.form == PLAIN:
        return Response(status, body=object_bytes(resource, item))
    if wanted.form == PARTIAL_LIST:
        raise NotAcceptable("406: Not Acceptable")
    document = document_from_item(resource, item)
    if wanted.form == PARTIAL:
        return document_answer(partial_metadata(document), status)
    row = table_row(resource, document, environment.clock.now_s(), include_object(request))
    metadata: Document = {"resourceVersion": str(item.revision)} if item.revision else {}
    return document_answer(table(resource, [row], metadata, with_columns=True), status)


def list_answer(
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
        raise NotAcceptable("406: Not Acceptable")
    if wanted.form == PLAIN:
        body = [list_head(resource.list_kind, resource.api_version, revision, continue_token, remaining)]
        for start in range(0, len(items), ITEMS_PER_PIECE):
            if start:
                body.append(b",")
            body.append(b",".join([item_bytes(item) for item in items[start : start + ITEMS_PER_PIECE]]))
        body.append(b"]}\n")
        return Response(body=body)
    metadata: Document = {"resourceVersion": str(revision)}
    if continue_token:
        metadata["continue"] = continue_token
        if remaining:
            metadata["remainingItemCount"] = remaining
    documents = [document_from_item(resource, item) for item in items]
    if wanted.form == TABLE:
        now_s, include = environment.clock.now_s(), include_object(request)
        rows = [table_row(resource, document, now_s, include) for document in documents]
        return document_answer(table(resource, rows, metadata, with_columns=True))
    return document_answer(
        {
            "kind": "PartialObjectMetadataList",
            "apiVersion": META_VERSION,
            "metadata": metadata,
            "items": [partial_metadata(document) for document in documents],
        }
    )


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


def include_object(request: ApiRequest) -> str:
    """How much of each object a table carries: None, Metadata or Object."""
    return request.query.get("includeObject", "") or "Metadata"
