"""Objects as answers: plain JSON spliced from stored bytes, or a Table, or the metadata alone."""

from __future__ import annotations

import orjson

from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import NotAcceptable
from wherry.apimachinery.resource_type import AnyResourceType
from wherry.apimachinery.table import parse_include_object, partial_metadata, partial_metadata_list, table
from wherry.apiserver.environment import Environment
from wherry.apiserver.media_types import PARTIAL, PARTIAL_LIST, PLAIN, PROTOBUF, TABLE
from wherry.apiserver.representations import representation
from wherry.apiserver.request import ApiRequest
from wherry.apiserver.wire import document_from_item, item_bytes, list_head, mapping_in, object_bytes
from wherry.kit.http.types import Response
from wherry.store.interface import KeyValue

# So many items are joined into one piece of a list's body.
ITEMS_PER_PIECE = 500


def object_answer(environment: Environment, request: ApiRequest, item: KeyValue, status: int = 200) -> Response:
    """One object."""
    resource = request.target
    wanted = representation(request)
    if wanted.form == PLAIN and wanted.media_type == PROTOBUF:
        return environment.protobuf.object_response(resource, item, status)
    if wanted.form == PLAIN:
        return Response(status, body=object_bytes(resource, item))
    if wanted.form == PARTIAL_LIST:
        raise NotAcceptable("406: Not Acceptable")
    document = document_from_item(resource, item)
    if wanted.form == PARTIAL:
        return document_answer(partial_metadata(document), status)
    metadata: Document = {"resourceVersion": str(item.revision)} if item.revision else {}
    return document_answer(_table(environment, request, [document], metadata), status)


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
    metadata: Document = {"resourceVersion": str(revision)}
    if continue_token:
        metadata["continue"] = continue_token
        if remaining:
            metadata["remainingItemCount"] = remaining
    if wanted.form == PLAIN and wanted.media_type == PROTOBUF:
        return environment.protobuf.list_response(resource, items, metadata)
    if wanted.form == PLAIN:
        body = [list_head(resource.list_kind, resource.api_version, metadata)]
        for start in range(0, len(items), ITEMS_PER_PIECE):
            if start:
                body.append(b",")
            body.append(b",".join([item_bytes(resource, item) for item in items[start : start + ITEMS_PER_PIECE]]))
        body.append(b"]}\n")
        return Response(body=body)
    documents = [document_from_item(resource, item) for item in items]
    if wanted.form == TABLE:
        return document_answer(_table(environment, request, documents, metadata))
    return document_answer(partial_metadata_list(documents, list_meta=metadata))


def _table(environment: Environment, request: ApiRequest, documents: list[Document], metadata: Document) -> Document:
    return table(
        request.target,
        documents,
        now_s=environment.clock.now_s(),
        list_meta=metadata,
        include_object=parse_include_object(request.query.get("includeObject", "")),
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
