"""An object of a kind that a user has declared: of it, Wherry itself reads only the metadata."""

from __future__ import annotations

import msgspec
from msgspec import field

from wherry.api.apiextensions.customresourcedefinition import CustomResourceDefinition
from wherry.apimachinery.document import Document
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.resource_type import AnyResourceType, ResourceType
from wherry.apimachinery.struct import Struct


class CustomObject(Struct):
    """What is known of any object."""

    metadata: ObjectMeta = field(default_factory=ObjectMeta)


decode = msgspec.json.Decoder(CustomObject).decode


def from_document(document: Document) -> CustomObject:
    """The typed view of a document."""
    return msgspec.convert(document, CustomObject)


def kind_declared_by(definition: CustomResourceDefinition) -> AnyResourceType:
    """The declared kind, for whoever only finds, lists and deletes its objects; in a version that is served, if any."""
    spec = definition.spec
    names = definition.status.accepted_names or spec.names
    ranked = sorted(spec.versions, key=lambda version: (not version.served, not version.storage))
    return ResourceType(
        group=spec.group,
        version=ranked[0].name if ranked else "",
        kind=names.kind,
        list_kind=names.list_kind,
        plural=names.plural,
        singular=names.singular,
        namespaced=spec.scope == "Namespaced",
        decode=decode,
        from_document=from_document,
        struct=CustomObject,
        acted_on_by="clients",
        is_custom=True,
    )
