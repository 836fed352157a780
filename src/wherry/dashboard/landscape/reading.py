"""Reads the landscape for a page: the model that somebody published, and the cluster as this person may see it."""

from __future__ import annotations

import re

from wherry.api.method.api import APIS
from wherry.api.method.model import MODELS
from wherry.api.method.release import RELEASES
from wherry.api.method.verification import VERIFICATIONS
from wherry.dashboard.landscape.facts import LandscapeFacts, StepFacts, WayFacts
from wherry.dashboard.landscape.sides import next_side, now_side
from wherry.dashboard.listing import LiveLister
from wherry.dashboard.live import Live
from wherry.dashboard.puzzle.reading import CATALOGUE, authorities
from wherry.method.model.landscape import Landscape
from wherry.method.model.model import Model
from wherry.method.model.plan import plan_steps
from wherry.method.model.published import Published, documents_of, in_order, read_published, released_since
from wherry.method.model.reading import landscape_of
from wherry.method.model.starting import model_from
from wherry.method.model.step import Gap, Step

_NOT_IN_IDS = re.compile(r"[^a-z0-9]+")


async def read_models(live: Live) -> list[Published]:
    """The models that this person may see."""
    return in_order(map(read_published, await live.all(MODELS)))


async def find_model(live: Live, namespace: str, name: str) -> Published | None:
    """One model; None when it is not there, or not to be seen."""
    return next((one for one in await read_models(live) if (one.namespace, one.name) == (namespace, name)), None)


async def see(live: Live) -> Landscape:
    """What the cluster shows to this person."""
    for resource in (*CATALOGUE, VERIFICATIONS):
        await live.all(resource)
    return await landscape_of(LiveLister(live), live.client, await authorities(live))


async def gap_of(live: Live, model: Model) -> Gap:
    """The steps from now to next; the same as `wherry next` tells."""
    return plan_steps(model, await see(live))


async def read_way(live: Live, chosen: str = "") -> LandscapeFacts:
    """The way of a model (namespace/name); when none is named, of the one that speaks of the most services."""
    models = await read_models(live)
    names = tuple(one.id for one in models)
    fitting = [one for one in models if chosen in ("", one.id)]
    # A service's own model is a part of its system's, which people want to see first.
    one = max(fitting, key=lambda one: len(one.model.names) if one.model is not None else 0, default=None)
    if one is None:
        return LandscapeFacts(models=names, beginning="" if models else model_from(await see(live)))
    if one.model is None:
        return LandscapeFacts(models=names, problem=one.problem)
    return LandscapeFacts(models=names, way=await _way(live, one, one.model))


async def _way(live: Live, one: Published, model: Model) -> WayFacts:
    seen = await see(live)
    gap = plan_steps(model, seen)
    published = {api.spec.service for api in await live.all(APIS)}
    documents = await documents_of(live.client, one)
    return WayFacts(
        id=one.id,
        name=one.name,
        namespace=one.namespace,
        source=one.file,
        origin=one.origin,
        digest=one.spec.digest,
        sentence=gap.sentence,
        by=one.spec.by,
        at=one.spec.at,
        warnings=tuple(await _warnings(live, one)),
        now=now_side(model, seen),
        next=next_side(model, seen, documents, published),
        steps=tuple(map(_step, gap.steps)),
        notes=gap.notes,
    )


async def _warnings(live: Live, one: Published) -> list[str]:
    """Why what is here may not be what the file says now."""
    found = []
    if not one.is_as_published:
        found.append(
            f"Somebody has changed this model in the cluster since it was published: {one.file} says otherwise."
        )
    later = released_since(one, await live.all(RELEASES))
    if later is not None:
        found.append(f"{later.name} was released later, from another commit of the repository, without the model.")
    return found


def step_id(step: Step) -> str:
    """What a step is called as long as it is the same one: split-orders-out-of-shop."""
    return _NOT_IN_IDS.sub("-", step.title.lower()).strip("-")


def _step(step: Step) -> StepFacts:
    return StepFacts(
        id=step_id(step),
        kind=step.kind,
        about=step.about,
        title=step.title,
        why=step.why,
        done=step.done,
        seen=step.seen,
        criteria=step.criteria,
        how=step.how,
        after=step.after,
    )
