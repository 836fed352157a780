"""What `kubectl get` prints: rows of cells, made by the server so that it knows every kind."""

from __future__ import annotations

from collections.abc import Sequence

from wherry.apimachinery.document import Document
from wherry.apimachinery.resource_type import AnyResourceType
from wherry.apimachinery.timestamps import age_since
from wherry.apiserver.wire import mapping_in, text_in

META_VERSION = "meta.k8s.io/v1"


def column_definitions(resource: AnyResourceType) -> list[Document]:
    """The table's head."""
    return [
        {
            "name": column.name,
            "type": column.type,
            "format": column.format,
            "description": column.description,
            "priority": column.priority,
        }
        for column in resource.columns
    ]


def table_row(resource: AnyResourceType, document: Document, now_s: float, include_object: str) -> Document:
    """One object's cells; `include_object` is None, Metadata or Object (as in the query)."""
    row: Document = {"cells": list(_cells(resource, document, now_s))}
    if include_object == "Object":
        row["object"] = document
    elif include_object != "None":
        row["object"] = partial_metadata(document)
    return row


def table(resource: AnyResourceType, rows: Sequence[Document], metadata: Document, *, with_columns: bool) -> Document:
    """A whole table; later events of a watch leave the columns out."""
    return {
        "kind": "Table",
        "apiVersion": META_VERSION,
        "metadata": metadata,
        "columnDefinitions": column_definitions(resource) if with_columns else [],
        "rows": list(rows),
    }


def partial_metadata(document: Document) -> Document:
    """The object's metadata alone."""
    return {"kind": "PartialObjectMetadata", "apiVersion": META_VERSION, "metadata": document["metadata"]}


def _cells(resource: AnyResourceType, document: Document, now_s: float) -> Sequence[object]:
    if resource.row is not None:
        return resource.row(document, now_s)
    metadata = mapping_in(document, "metadata")
    created = text_in(metadata, "creationTimestamp")
    return [text_in(metadata, "name"), age_since(created, now_s)]
