"""A Need: what one service needs of another, as a document. It lives in the consumer's namespace."""

from __future__ import annotations

from msgspec import field

from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.resource_type import resource_type
from wherry.apimachinery.struct import Struct


class NeedSpec(Struct):
    consumer: str
    provider: str
    digest: str
    team: str = ""
    people: tuple[str, ...] = ()
    document: str = ""
    document_from: str = ""


class Need(Struct):
    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    spec: NeedSpec


NEEDS = resource_type(Need, group="wherry.dev", kind="Need", plural="needs", acted_on_by="clients")
