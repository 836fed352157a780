"""What the two pictures hold: today's services as the cluster shows them, and those of the next state. Pure."""

from __future__ import annotations

from collections.abc import Collection

from wherry.dashboard.landscape.facts import BoxFacts, LineFacts, SideFacts, State
from wherry.method.model.landscape import Landscape, SeenService
from wherry.method.model.model import Model, Service, provider_of
from wherry.method.model.service_steps import origin_of


def now_side(model: Model, seen: Landscape) -> SideFacts:
    """What there is of the services that the model speaks of: seen in the cluster, or told by the model alone."""
    shown = [name for name in model.names if seen.service(name).runs or name in model.now]
    boxes = tuple(_now_box(name, model.now.get(name), seen) for name in shown)
    pairs = sorted({*seen.calls, *seen.contracts})
    told = {
        (one.name, provider_of(need)): LineFacts(consumer=one.name, provider=provider_of(need), contract=need)
        for one in model.now.values()
        for need in one.needs
    }
    found = {pair: _seen_line(pair, seen) for pair in pairs if {*pair} <= {*shown}}
    return SideFacts(boxes=boxes, lines=tuple((told | found)[pair] for pair in sorted({*told, *found})))


def next_side(model: Model, seen: Landscape, documents: Collection[str], published: Collection[str]) -> SideFacts:
    """What the model wants, and what of it is there already.

    Args:
        model: the model.
        seen: what the cluster shows.
        documents: the contracts that came with a document, by name.
        published: the services that have published a contract.
    """
    boxes = []
    for one in model.next.values():
        has_contract = one.name in published or any(promise.name in documents for promise in one.provides)
        boxes.append(_next_box(one, model, seen, has_contract=has_contract))
    lines = (_next_line(one.name, need, seen) for one in model.next.values() for need in one.needs)
    return SideFacts(boxes=tuple(boxes), lines=tuple(lines))


def _now_box(name: str, told: Service | None, seen: Landscape) -> BoxFacts:
    found = seen.service(name)
    databases = {one.name: one for one in seen.databases_of(name)}.values()
    said = tuple(one.words for one in databases)
    if not found.runs and told is not None and told.database is not None and not told.database.none:
        said = (_database_words(told),)
    return BoxFacts(
        name=name,
        state=_state(found, is_outside=told is not None and told.outside),
        team=found.team or (told.team if told is not None else ""),
        does=told.does if told is not None else "",
        parts=told.parts if told is not None else (),
        promises=found.promises,
        databases=said,
        shared=tuple(sorted({user for one in databases for user in one.services} - {name})),
        places=tuple(place.words for place in found.places),
    )


def _next_box(one: Service, model: Model, seen: Landscape, *, has_contract: bool) -> BoxFacts:
    found = seen.service(one.name)
    state = _state(found, is_outside=one.outside)
    return BoxFacts(
        name=one.name,
        state="stand-in" if state == "wanted" and found.stand_ins else state,
        team=one.team,
        does=one.does,
        parts=one.parts,
        promises=tuple(promise.name for promise in one.provides),
        databases=(_database_words(one),) if one.database is not None and not one.database.none else (),
        places=tuple(place.words for place in found.places),
        origin=origin_of(one, model) if one.name not in model.now else "",
        can_stand_in=has_contract and not found.runs and not one.outside,
        stand_ins=tuple(place.namespace for place in found.stand_ins),
    )


def _database_words(one: Service) -> str:
    assert one.database is not None
    return f"{one.database.name} ({one.database.words})" if one.database.name else one.database.words


def _state(found: SeenService, *, is_outside: bool) -> State:
    if found.runs:
        return "there" if found.is_ready else "starting"
    return "outside" if is_outside else "wanted"


def _seen_line(pair: tuple[str, str], seen: Landscape) -> LineFacts:
    standing = seen.contracts.get(pair)
    if standing is None:
        return LineFacts(consumer=pair[0], provider=pair[1])
    return LineFacts(consumer=pair[0], provider=pair[1], contract=standing.promise, word=standing.word)


def _next_line(consumer: str, need: str, seen: Landscape) -> LineFacts:
    provider = provider_of(need)
    standing = seen.contracts.get((consumer, provider))
    is_this = standing is not None and standing.promise in ("", need)
    return LineFacts(
        consumer=consumer, provider=provider, contract=need, word=standing.word if standing and is_this else ""
    )
