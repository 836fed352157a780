"""A definition becomes the kinds that it declares, one for each version that is served.

Source: kubernetes apiextensions-apiserver, pkg/apiserver/customresource_handler.go.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial

import msgspec
import orjson

from wherry.api.apiextensions.customresourcedefinition import CustomResourceDefinition, is_true
from wherry.api.custom_object import CustomObject, decode, from_document
from wherry.api.documents import find, find_section, sections, text
from wherry.api.object_meta import validate_annotations, validate_labels
from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import InternalError, MethodNotAllowed
from wherry.apimachinery.field_errors import FieldError, child
from wherry.apimachinery.json_path import parse_json_path
from wherry.apimachinery.merge_type import MergeType, custom_merge_type
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.resource_type import (
    SCALE,
    STATUS,
    AnyResourceType,
    ResourceType,
    Retirement,
    ScalePaths,
    Storage,
)
from wherry.apimachinery.structural.schema import ANYTHING, COMPILED_MAX, CustomSchema
from wherry.apiserver.custom_resources.columns import columns_of
from wherry.apiserver.own_words import NOT_CONVERTED

TERMINATING = "create not allowed while custom resource definition is terminating"


def resource_types_of(definition: CustomResourceDefinition, document: Document) -> list[AnyResourceType]:
    """The kinds that an established definition declares; `document` is the whole of the definition."""
    versions = sections(document, "spec", "versions")
    is_simple = len(versions) == 1 and definition.metadata.generation == 1
    return [
        _resource_type(definition, document, version, needs_conversion=not is_simple)
        for version in versions
        if version.get("served") is True
    ]


def _resource_type(
    definition: CustomResourceDefinition, document: Document, version: Document, *, needs_conversion: bool
) -> AnyResourceType:
    spec = definition.spec
    names = definition.status.accepted_names or spec.names
    name = text(version, "name")
    schema = CustomSchema(
        spec.group,
        name,
        names.kind,
        find_section(version, "schema", "openAPIV3Schema") or ANYTHING,
        check_metadata=_check_metadata,
    )
    columns, row = columns_of(sections(version, "additionalPrinterColumns"))
    scale = find_section(version, "subresources", "scale")
    has_status = find(version, "subresources", "status") is not None
    return ResourceType(
        group=spec.group,
        version=name,
        kind=names.kind,
        list_kind=names.list_kind,
        plural=names.plural,
        singular=names.singular,
        short_names=names.short_names,
        categories=names.categories,
        namespaced=spec.scope == "Namespaced",
        decode=decode,
        from_document=from_document,
        struct=CustomObject,
        subresources=(*((STATUS,) if has_status else ()), *((SCALE,) if scale is not None else ())),
        default=schema.fill_defaults,
        prepare=_refuse_new if definition.metadata.is_being_deleted or is_true(definition, "Terminating") else _keep,
        validate=schema.validate,
        columns=columns,
        row=row,
        selectable_fields=_selectable_fields(version),
        scale=_scale_paths(scale) if scale is not None else None,
        tracks_generation=True,
        storage=_storage(definition, document, version, schema) if needs_conversion else None,
        acted_on_by="clients",
        schema=schema,
        described=schema.to_json,
        is_custom=True,
        retirement=Retirement(),
        deprecation_warning=_deprecation_warning(spec.group, name, names.kind, version),
        merge_type=partial(_merge_type, schema),
    )  # fmt: skip


@lru_cache(maxsize=COMPILED_MAX)
def _merge_type(schema: CustomSchema) -> MergeType:
    """Compiled when somebody writes the first object: most definitions of a large bundle have none."""
    return custom_merge_type(orjson.loads(schema.to_json()))


def _storage(
    definition: CustomResourceDefinition, document: Document, version: Document, schema: CustomSchema
) -> Storage:
    """How the stored objects are shown in a version.

    A definition that has never changed and has one version needs none of it (see `resource_types_of`): what was
    stored has been pruned and filled in by the very same schema.
    """
    spec = definition.spec
    if find(document, "spec", "conversion", "strategy") != "Webhook" or version.get("storage") is True:
        return Storage(spec.group, spec.names.plural, from_stored=schema.from_stored)
    refuse = _refuse_conversion(f"{spec.group}/{text(version, 'name')}, Kind={spec.names.kind}")
    return Storage(spec.group, spec.names.plural, from_stored=refuse, to_stored=refuse)


def _refuse_conversion(target: str) -> Callable[[Document], Document]:
    def refuse(document: Document) -> Document:
        raise InternalError(f"conversion webhook for {target} failed: {NOT_CONVERTED}")

    return refuse


def _keep(new: Document, old: Document | None) -> None:
    """Changes nothing."""


def _refuse_new(new: Document, old: Document | None) -> None:
    """Lets nobody create an object of a kind that is on its way out."""
    if old is None:
        raise MethodNotAllowed(TERMINATING)


def _check_metadata(metadata: Document, path: str) -> list[FieldError]:
    """The rules for metadata of embedded objects: nobody has named them yet."""
    meta = msgspec.convert(metadata, ObjectMeta)
    return validate_labels(meta.labels, child(path, "labels")) + validate_annotations(
        meta.annotations, child(path, "annotations")
    )


def _selectable_fields(version: Document) -> dict[str, Callable[[Document], str]]:
    paths = [text(field, "jsonPath") for field in sections(version, "selectableFields")]
    return {path[1:]: _text_at(path) for path in paths}


def _text_at(path: str) -> Callable[[Document], str]:
    find_all = parse_json_path(path).find

    def get(document: Document) -> str:
        found = find_all(document)
        value = found[0] if found else None
        if isinstance(value, bool):
            return "true" if value else "false"
        return "" if value is None else str(value)

    return get


def _scale_paths(scale: Document) -> ScalePaths:
    return ScalePaths(
        spec_replicas=text(scale, "specReplicasPath")[1:],
        status_replicas=text(scale, "statusReplicasPath")[1:],
        selector=text(scale, "labelSelectorPath")[1:],
    )


def _deprecation_warning(group: str, version: str, kind: str, declared: Document) -> str:
    if declared.get("deprecated") is not True:
        return ""
    return text(declared, "deprecationWarning") or f"{group}/{version} {kind} is deprecated"
