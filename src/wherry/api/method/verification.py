"""A Verification: what came of trying a need on a running service, bound to the release that ran."""

from __future__ import annotations

from msgspec import field

from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.resource_type import resource_type
from wherry.apimachinery.struct import Struct


class Trial(Struct):
    """One request of the need, and what came back. The result is Passed, Failed or NotTried."""

    name: str
    result: str
    message: str = ""


class VerificationSpec(Struct):
    consumer: str
    provider: str
    api_digest: str
    need_digest: str
    release: str
    result: str
    trials: tuple[Trial, ...] = ()
    by: str = ""


class Verification(Struct):
    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    spec: VerificationSpec


VERIFICATIONS = resource_type(
    Verification, group="wherry.dev", kind="Verification", plural="verifications", acted_on_by="clients"
)
