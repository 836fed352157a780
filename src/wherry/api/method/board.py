"""A Board: how far a service is by its team's Definition of Done, and how that has changed. Kept by `wherry done`."""

from __future__ import annotations

from msgspec import field

from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.resource_type import resource_type
from wherry.apimachinery.struct import Struct


class BoardVerdict(Struct):
    """What is known about one criterion."""

    criterion: str
    verdict: str
    says: str = ""
    fix: str = ""
    repeat: str = ""
    digest: str = ""


class BoardChange(Struct):
    """A verdict that became another one. Both are words; "" is a criterion that was not asked for."""

    at: str
    criterion: str
    before: str = ""
    after: str = ""
    release: str = ""


class BoardReview(Struct):
    """A marker that people set: the end of a sprint, a demonstration."""

    name: str
    at: str
    by: str = ""
    done: int = 0
    total: int = 0


class BoardMeaning(Struct):
    """What a criterion means to the team, and who has agreed to that and who has not."""

    criterion: str
    words: str = ""
    agreed: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


class BoardSpec(Struct):
    service: str
    at: str
    sentence: str = ""
    release: str = ""
    digest: str = ""
    environment: str = ""
    verdicts: tuple[BoardVerdict, ...] = ()
    changes: tuple[BoardChange, ...] = ()
    reviews: tuple[BoardReview, ...] = ()
    meanings: tuple[BoardMeaning, ...] = ()


class Board(Struct):
    """One service's, in the namespace of one of its environments."""

    spec: BoardSpec
    metadata: ObjectMeta = field(default_factory=ObjectMeta)


BOARDS = resource_type(Board, group="wherry.dev", kind="Board", plural="boards", acted_on_by="clients")
