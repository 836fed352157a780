"""A Proof: what was tried of one criterion on one release, and what came of it. A record; nobody acts on it."""

from __future__ import annotations

from msgspec import field

from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.resource_type import resource_type
from wherry.apimachinery.struct import Struct


class ProofObservation(Struct):
    """One thing that was seen."""

    weight: str
    method: str
    says: str
    where: str = ""
    fix: str = ""
    repeat: str = ""


class ProofSpec(Struct):
    service: str
    criterion: str
    release: str
    digest: str
    verdict: str
    config_hash: str = ""
    environment: str = ""
    says: str = ""
    repeat: str = ""
    started_at: str = ""
    duration_seconds: float = 0.0
    wherry_version: str = ""
    steps: tuple[str, ...] = ()
    observations: tuple[ProofObservation, ...] = ()


class Proof(Struct):
    """Evidence for or against a criterion."""

    spec: ProofSpec
    metadata: ObjectMeta = field(default_factory=ObjectMeta)


PROOFS = resource_type(Proof, group="wherry.dev", kind="Proof", plural="proofs", acted_on_by="clients")
