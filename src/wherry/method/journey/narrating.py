"""A play told while it happens: each call as it is answered, then where it was done, hop by hop, down to the row."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass

from wherry.apimachinery.errors import StatusError
from wherry.client.client import Client
from wherry.kit.clock import Clock
from wherry.method.journey.keeping import KeptJourney
from wherry.method.journey.places import Place, places_behind
from wherry.method.journey.play import Play, StepResult, play_steps
from wherry.method.journey.proxy import service_calls
from wherry.method.journey.telling import headline, hops


@dataclass(frozen=True, slots=True)
class Hop:
    """One line of the tale. `pod` is where it happened, when it happened in one."""

    text: str
    is_wrong: bool = False
    is_end: bool = False
    pod: str = ""


async def narrate_play(client: Client, kept: KeptJourney, clock: Clock, token: str) -> AsyncGenerator[Hop, None]:
    """Play a journey with the rights of whoever asks, and tell it. What goes wrong is told, never raised."""
    namespace, service = kept.namespace, kept.service
    try:
        api = await places_behind(client, namespace, service)
        if not api:
            yield Hop(f"{service} does not run here: no pod of it is ready in the namespace {namespace}.", True, True)
            return
        calls = await service_calls(client, namespace, service)
    except StatusError as error:
        yield Hop(f"The cluster refuses: {error.message}.", is_wrong=True, is_end=True)
        return
    played = Play(kept.journey, known={"token": token})
    async with aclosing(play_steps(played, calls, clock)) as results:
        async for result in results:
            yield _step(result)
    try:
        database = await places_behind(client, namespace, f"{service}-db")
    except StatusError:
        database = []
    for line in hops(played, service, api, database):
        yield Hop(line, pod=_pod_in(line, [*api, *database]))
    yield Hop(headline(played, service, f"the namespace {namespace}"), not played.went_as_told, is_end=True)


def _step(result: StepResult) -> Hop:
    if result.why_not:
        return Hop(f"{result.step.say}: {result.call} did not go as told. {result.why_not}.", is_wrong=True)
    return Hop(f"{result.step.say}: {result.call} was answered with {result.status} after {result.took_ms:.0f} ms.")


def _pod_in(line: str, places: list[Place]) -> str:
    return next((place.pod for place in places if f"the pod {place.pod}," in line), "")
