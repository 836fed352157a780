"""An Agreement: the contract of two services. What `status` shows is computed, and never believed by anybody."""

from __future__ import annotations

from msgspec import field

from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.resource_type import STATUS, resource_type
from wherry.apimachinery.struct import Struct


class AgreementSpec(Struct):
    consumer: str
    provider: str
    provider_namespace: str


class AgreementStatus(Struct):
    state: str = ""
    agreed: str = ""
    verified: str = ""
    message: str = ""


class Agreement(Struct):
    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    spec: AgreementSpec
    status: AgreementStatus = field(default_factory=AgreementStatus)


AGREEMENTS = resource_type(
    Agreement, group="wherry.dev", kind="Agreement", plural="agreements", subresources=(STATUS,), acted_on_by="clients"
)
