"""Where there is no contract, or none of that name: what comes first, in the words of the services that there are."""

from __future__ import annotations

import difflib
from collections.abc import Awaitable, Collection
from dataclasses import dataclass
from typing import TypeVar

from wherry.cli.contract_words import understood
from wherry.cli.output import Trouble
from wherry.cli.troubles import known
from wherry.method.contracts.acting import Actor
from wherry.method.contracts.catalogue import NothingPublished, contract_name, read_catalogue
from wherry.method.contracts.sources import needed
from wherry.method.project import Project

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Side:
    """What the folder of a service says: whether it promises something, and whom it needs."""

    service: str
    has_promise: bool = False
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Names:
    """What is published: the services with a promise, and the contracts by name."""

    promised: Collection[str] = ()
    contracts: Collection[str] = ()


def side_of(project: Project) -> Side:
    """The same, read. Raises Trouble for a need that cannot be read."""
    needs = tuple(one.provider for one in understood(lambda: needed(project)))
    return Side(project.name, bool(project.file.service.contract), needs)


async def read_names(actor: Actor, service: str = "") -> Names:
    """What the catalogue has now, of contracts only those of a service ("": all). Without a catalogue it is nothing."""
    try:
        catalogue = await read_catalogue(actor.client)
    except NothingPublished:
        return Names()
    specs = [(one.metadata.name, one.spec) for one in catalogue.agreements]
    own = tuple(name for name, spec in specs if not service or service in (spec.consumer, spec.provider))
    return Names(tuple(one.spec.service for one in catalogue.apis), own)


def first_step(side: Side | None, names: Names) -> str:
    """What makes the next contract of a service, or (None: outside of one) the first of all."""
    if side is None:
        promised = min(names.promised, default="")
        if promised:
            return f"wherry contract propose     (in the folder of a service that needs {promised})"
        return "wherry contract expose     (in the folder of a service)"
    lacking = [one for one in side.needs if contract_name(side.service, one) not in names.contracts]
    if any(one in names.promised for one in lacking):
        return "wherry contract propose"
    if lacking:
        return f"wherry contract expose     (in the folder of {lacking[0]}: it has published nothing yet)"
    if side.has_promise and side.service not in names.promised:
        return "wherry contract expose"
    return f"wherry contract propose     (in the folder of a service that needs {side.service})"


def near_names(name: str, there_are: Collection[str]) -> list[str]:
    """The names that somebody may have meant, the likeliest first; the name of a party stands for its contracts."""
    parts = sorted(one for one in there_are if f"-{name}-" in f"-{one}-")
    return parts or difflib.get_close_matches(name, sorted(there_are), n=3)


def absent(name: str, verb: str, side: Side | None, names: Names) -> Trouble:
    """What to tell who wants to agree to, or try, a contract ("": all of the service's) that is not there."""
    who = f"{side.service} has" if side is not None else "there is"
    if name and names.contracts:
        near = near_names(name, names.contracts)
        do = f"wherry contract {verb} {near[0]}" if near else "wherry contract list"
        return known("W0308", what=f"{who} no contract", name=name, do=do)
    return known("W0309", what=f"{who} no contract yet", do=first_step(side, names))


async def found_or_absent(looked: Awaitable[list[T]], actor: Actor, name: str, verb: str, side: Side | None) -> list[T]:
    """What was looked for, by its name or ("") all of the service's. Raises Trouble where there is none."""
    try:
        found = await looked
    except NothingPublished:
        found = []
    if not found:
        raise absent(name, verb, side, await read_names(actor, side.service if side is not None else ""))
    return found


def absent_thing(name: str, verb: str, rest: str, side: Side | None, names: Names) -> Trouble:
    """The same where the name of a service would do, too, for its promise. `rest` is what is typed behind the name."""
    if side is not None and name == side.service and side.has_promise:
        return known("W0309", what=f"{name} has published no promise yet", do="wherry contract expose")
    there_are = {*names.contracts, *names.promised}
    if not there_are:
        return known("W0309", what="nobody has published a contract in this cluster yet", do=first_step(side, names))
    near = near_names(name, there_are)
    do = f"wherry contract {verb} {near[0]}{rest}" if near else "wherry contract list --all"
    return known("W0308", what="there is no contract and no promise", name=name, do=do)
