"""The way from now to next as plain data. `GET /ui/v1/landscape.json` is this."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from wherry.apimachinery.struct import Struct

State = Literal["there", "starting", "stand-in", "wanted", "outside"]
"""What the cluster shows of a service."""

SYMBOLS: Mapping[State, str] = {"there": "●", "starting": "◐", "stand-in": "▣", "wanted": "◌", "outside": "◇"}
SAID: Mapping[State, str] = {
    "there": "runs",
    "starting": "is not ready yet",
    "stand-in": "a stand-in answers",
    "wanted": "is not there yet",
    "outside": "runs outside of the cluster",
}


class BoxFacts(Struct):
    """One service in one of the two pictures. `databases` and `places` are said for people.

    `shared` are the services with which it shares a database; `asks` says that it shall have a database of its own.
    """

    name: str
    state: State
    team: str = ""
    does: str = ""
    parts: tuple[str, ...] = ()
    promises: tuple[str, ...] = ()
    databases: tuple[str, ...] = ()
    shared: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    origin: str = ""
    can_stand_in: bool = False
    stand_ins: tuple[str, ...] = ()


class LineFacts(Struct):
    """Who needs whom. `word` is how the contract stands, "" without one; `contract` is "" when nobody named it."""

    consumer: str
    provider: str
    contract: str = ""
    word: str = ""


class SideFacts(Struct):
    """One of the two pictures."""

    boxes: tuple[BoxFacts, ...] = ()
    lines: tuple[LineFacts, ...] = ()


class StepFacts(Struct):
    """One step. `id` names it as long as it is the same one."""

    id: str
    kind: str
    about: str
    title: str
    why: str
    done: bool
    seen: str
    criteria: tuple[str, ...] = ()
    how: str = ""
    after: tuple[str, ...] = ()


class WayFacts(Struct):
    """All of it for one model. `warnings` say why the model may not be what its file says now."""

    id: str
    name: str
    namespace: str
    source: str
    origin: str
    digest: str
    sentence: str
    by: str = ""
    at: str = ""
    warnings: tuple[str, ...] = ()
    now: SideFacts = SideFacts()
    next: SideFacts = SideFacts()
    steps: tuple[StepFacts, ...] = ()
    notes: tuple[str, ...] = ()


class LandscapeFacts(Struct):
    """Every model that this person may see, and the way of the chosen one. `problem`: it cannot be used, and why."""

    models: tuple[str, ...] = ()
    way: WayFacts | None = None
    problem: str = ""
    beginning: str = ""
