"""The steps that make one service be as it shall be: there, with a database of its own, in the right hands. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from wherry.method.facts.database_kinds import is_version
from wherry.method.model.landscape import Landscape, SeenDatabase
from wherry.method.model.model import Database, Model, Service
from wherry.method.model.step import Step

CACHES = frozenset(("redis", "valkey"))
"""What may be shared: nobody's truth is in it."""

EMBEDDED = "sqlite"
"""The kind of a database that is a file beside the program."""


def origin_of(service: Service, model: Model) -> str:
    """What a service is split out of: what the model says, or who has a part of its name and is to go; "" if nobody."""
    if service.origin:
        return service.origin
    return next((one.name for one in model.now.values() if one.name != service.name and service.name in one.parts), "")


def plan_service(service: Service, model: Model, seen: Landscape) -> Iterator[Step]:
    """The steps for one service of the next state, without its contracts."""
    was = model.now.get(service.name)
    if service.outside:
        return
    presence = _presence(service, was, model, seen)
    if presence is not None:
        yield presence
    yield from _database(service, was, seen)
    yield from _team(service, was, seen)


def _presence(service: Service, was: Service | None, model: Model, seen: Landscape) -> Step | None:
    name, found = service.name, seen.service(service.name)
    if was is not None and not was.outside and found.is_ready:
        return None
    origin = origin_of(service, model) if was is None else ""
    kind, title, why = "add", f"Add {name}", f"{model.source} wants {name}{_purpose(service)}."
    if origin:
        kind, title = "split", f"Split {name} out of {origin}"
        why = f"As a piece of its own, {name} can be changed, released and scaled without the rest of {origin}."
    elif was is not None and was.outside:
        kind, title, why = "move", f"Bring {name} into the cluster", f"Today {name} runs outside of any cluster."
    elif was is not None:
        title, why = f"Start {name}", f"{model.source} counts {name} among what is there today."
    if found.stand_ins and not found.runs:
        shown = f"Only a stand-in answers for {name} now."
    elif found.runs:
        shown = f"{name} runs in {found.where}."
    else:
        shown = f"Nothing in the cluster is {name}."
    criteria = [f"all wanted pods of {name} are ready: `wherry next {name}`"]
    criteria += [f"no stand-in of {name} is left"] if found.stand_ins else []
    done = found.is_ready and not found.stand_ins
    if found.is_ready and found.stand_ins:
        shown += " Its stand-in is still there."
    return Step(kind, name, title, why, done, shown, tuple(criteria), _how_to_add(service))


def _purpose(service: Service) -> str:
    return f": {service.does.rstrip('.')}" if service.does else ""


def _how_to_add(service: Service) -> str:
    team = f" --team {service.team}" if service.team else ""
    partner = f" --with-contract-to {service.needs[0].rpartition('.v')[0]}" if service.needs else ""
    return f"wherry new {service.name}{team}{partner}"


def _database(service: Service, was: Service | None, seen: Landscape) -> Iterator[Step]:
    wanted = service.database
    if wanted is None:
        return
    found = seen.databases_of(service.name)
    step = (
        _without(service, found)
        if wanted.none
        else _own(service, wanted, was.database if was is not None else None, found)
    )
    is_new = was is None or was.database is None or was.database != wanted
    if not step.done or (is_new and not wanted.none):
        yield step


def _without(service: Service, found: tuple[SeenDatabase, ...]) -> Step:
    name = service.name
    shown = f"{name} uses {_listed(found)}." if found else f"{name} uses no database."
    return Step(
        "database",
        name,
        f"Take the database away from {name}",
        f"{name} shall keep nothing: what it knows it asks of others.",
        not found,
        shown,
        (f"the configuration of {name} names no database",),
    )


def _own(service: Service, wanted: Database, was: Database | None, found: tuple[SeenDatabase, ...]) -> Step:
    name = service.name
    own = [one for one in found if one.services == (name,)]
    fitting = [one for one in own if _fits(wanted, one)]
    title = f"Give {name} its own database ({wanted.words})"
    why = f"A database of its own: {name} can change its tables without asking anybody."
    how = ""
    if was is not None and was.kind == EMBEDDED:
        title = f"Move the database of {name} out of its container ({wanted.words})"
        why = "What lies in a container is gone with it, and no other copy sees it."
        how = "wherry new --update --db postgres"
    shared = [one for one in found if one not in own and one.kind not in CACHES]
    if fitting and not shared:
        shown = f"{name} alone uses {_listed(tuple(fitting[:1]))}."
    elif own and not shared:
        shown = f"{name} uses {_listed(tuple(own))}, and wants {wanted.words}."
    elif shared:
        others = sorted({user for one in shared for user in one.services} - {name})
        shown = f"{name} shares {_listed(tuple(shared))} with {', '.join(others)}."
        why = f"Who shares a database must change it together: {name} and {', '.join(others)} cannot go their own ways."
    else:
        shown = f"Nothing shows a database of {name}."
    criteria = (
        f"a {wanted.words} runs that {name} was given in its configuration",
        f"no other service's configuration names the database of {name}",
        *((f"what {name} needs of {_listed(tuple(shared))} has been moved",) if shared else ()),
    )
    return Step("database", name, title, why, bool(fitting) and not shared, shown, criteria, how)


def _fits(wanted: Database, found: SeenDatabase) -> bool:
    is_kind = found.kind == wanted.kind
    is_wanted_version = not wanted.version or not found.version or is_version(wanted.version, found.version)
    return is_kind and is_wanted_version and wanted.name in ("", found.name)


def _listed(databases: tuple[SeenDatabase, ...]) -> str:
    # The same database in dev, staging and prod is one thing to people.
    return " and ".join(dict.fromkeys(one.words for one in databases))


def _team(service: Service, was: Service | None, seen: Landscape) -> Iterator[Step]:
    team = seen.service(service.name).team
    if not service.team or not team:
        return
    changes = was is not None and was.team not in ("", service.team)
    if team != service.team or changes:
        yield Step(
            "team",
            service.name,
            f"Hand {service.name} over to {service.team}",
            "A service has one team that answers for it, from its code to its running pods.",
            team == service.team,
            f"The cluster says that {service.name} is {team}'s.",
            (f"the label wherry.dev/team of {service.name} is {service.team}",),
            f'team = "{service.team}" in wherry.toml, and the label in deploy/base; then wherry release',
        )
