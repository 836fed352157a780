"""A Timebox: the clock of a walking skeleton, and what has been seen of it. Made by `wherry new`."""

from __future__ import annotations

from msgspec import field

from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.resource_type import STATUS, resource_type
from wherry.apimachinery.struct import Struct


class TimeboxSpec(Struct):
    service: str
    started_at: str
    length_seconds: int
    team: str = ""


class RecordedPlay(Struct):
    """A journey that went as told. Asking `reads` again gives `answer`, as long as what it wrote is there."""

    journey: str
    environment: str
    at: str
    release: str = ""
    reads: str = ""
    answer: str = ""


class Seen(Struct):
    """Something that has happened once: it stays true, though its traces in the cluster fade."""

    item: str
    at: str
    evidence: str


class TimeboxStatus(Struct):
    done: int = 0
    total: int = 0
    open: tuple[str, ...] = ()
    plays: tuple[RecordedPlay, ...] = ()
    seen: tuple[Seen, ...] = ()


class Timebox(Struct):
    """One service's."""

    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    spec: TimeboxSpec
    status: TimeboxStatus = field(default_factory=TimeboxStatus)


TIMEBOXES = resource_type(
    Timebox,
    group="wherry.dev",
    kind="Timebox",
    plural="timeboxes",
    namespaced=False,
    subresources=(STATUS,),
    acted_on_by="clients",
)
