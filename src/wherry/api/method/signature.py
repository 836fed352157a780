"""A Signature: one person's agreement, for a team, to one pair of documents. It proves itself (contracts/seal.py)."""

from __future__ import annotations

from msgspec import field

from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.resource_type import resource_type
from wherry.apimachinery.struct import Struct


class SignatureSpec(Struct):
    consumer: str
    provider: str
    team: str
    api_digest: str
    need_digest: str
    user: str
    certificate: str
    signature: str


class Signature(Struct):
    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    spec: SignatureSpec


SIGNATURES = resource_type(Signature, group="wherry.dev", kind="Signature", plural="signatures", acted_on_by="clients")
