"""Objects as rows of cells: what `kubectl get` prints, computed by the server.

The kind declares its columns and how to fill a row; kinds that do not get a name and an age.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, cast, get_args

from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import BadRequest
from wherry.apimachinery.resource_type import AGE_COLUMN, NAME_COLUMN, AnyResourceType, Column
from wherry.apimachinery.timestamps import age_since

META_GROUP = "meta.k8s.io"

IncludeObject = Literal["None", "Metadata", "Object"]
"""How much of its object a row carries along."""


def parse_include_object(text: str) -> IncludeObject:
    """Read the query parameter `includeObject`; absent means the metadata.

    Raises:
        BadRequest: another word.
    """
    if not text:
        return "Metadata"
    if text not in get_args(IncludeObject):
        raise BadRequest(f'unrecognized includeObject value: "{text}"')
    return cast("IncludeObject", text)  # the line above has checked it


def table(
    resource: AnyResourceType,
    objects: Iterable[Document],
    *,
    now_s: float,
    list_meta: Document,
    include_object: IncludeObject = "Metadata",
    with_columns: bool = True,
    version: str = "v1",
) -> Document:
    """A metav1.Table of the objects.

    Args:
        objects: whole documents; kind and apiVersion may be absent.
        list_meta: the metadata of the list (resourceVersion, continue ...); for a table of one object
            its resourceVersion alone.
        with_columns: False for all events of a watch but the first.
    """
    api_version = f"{META_GROUP}/{version}"
    made: Document = {"kind": "Table", "apiVersion": api_version, "metadata": list_meta}
    made["columnDefinitions"] = column_definitions(resource) if with_columns else None
    made["rows"] = [_row(resource, document, now_s, include_object, api_version) for document in objects]
    return made


def column_definitions(resource: AnyResourceType) -> list[Document]:
    """The columns' headings and meanings."""
    columns = resource.columns if resource.row else (NAME_COLUMN, AGE_COLUMN)
    return [_column(column) for column in columns]


def partial_metadata(document: Document, *, version: str = "v1") -> Document:
    """Only the metadata of an object, as PartialObjectMetadata."""
    return _partial(document, f"{META_GROUP}/{version}")


def partial_metadata_list(objects: Iterable[Document], *, list_meta: Document, version: str = "v1") -> Document:
    """Only the metadata of many objects, as PartialObjectMetadataList."""
    api_version = f"{META_GROUP}/{version}"
    return {
        "kind": "PartialObjectMetadataList",
        "apiVersion": api_version,
        "metadata": list_meta,
        "items": [_partial(document, api_version) for document in objects],
    }


def _column(column: Column) -> Document:
    return {
        "name": column.name,
        "type": column.type,
        "format": column.format,
        "description": column.description,
        "priority": column.priority,
    }


def _row(
    resource: AnyResourceType, document: Document, now_s: float, include_object: IncludeObject, api_version: str
) -> Document:
    cells: Sequence[object] = resource.row(document, now_s) if resource.row else _name_and_age(document, now_s)
    row: Document = {"cells": list(cells)}
    if include_object == "Metadata":
        row["object"] = _partial(document, api_version)
    elif include_object == "Object":
        row["object"] = {"kind": resource.kind, "apiVersion": resource.api_version} | document
    else:
        row["object"] = None
    return row


def _partial(document: Document, api_version: str) -> Document:
    return {"kind": "PartialObjectMetadata", "apiVersion": api_version, "metadata": document.get("metadata") or {}}


def _name_and_age(document: Document, now_s: float) -> Sequence[object]:
    metadata = document.get("metadata")
    assert isinstance(metadata, dict)
    return metadata.get("name", ""), age_since(str(metadata.get("creationTimestamp") or ""), now_s)
