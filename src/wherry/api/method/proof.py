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


class ProofTimeline(Struct):
    """What happened while it was tried, in steps of equal length; bounded, so that a proof stays small.

    `requests` and `failures` are sums, `ready` the fewest copies that were ready in each step (none: nobody looked).
    `marks` says at which second of the trial each of the proof's steps was.
    """

    step_seconds: float = 0.0
    requests: tuple[int, ...] = ()
    failures: tuple[int, ...] = ()
    ready: tuple[int, ...] = ()
    marks: tuple[float, ...] = ()


class ProofRun(Struct):
    """An earlier trial of the same criterion on the same image."""

    at: str
    verdict: str


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
    timeline: ProofTimeline = ProofTimeline()
    earlier: tuple[ProofRun, ...] = ()


class Proof(Struct):
    """Evidence for or against a criterion."""

    spec: ProofSpec
    metadata: ObjectMeta = field(default_factory=ObjectMeta)


PROOFS = resource_type(Proof, group="wherry.dev", kind="Proof", plural="proofs", acted_on_by="clients")
