"""X, live: twins of two environments play the same journey, and their answers are compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from wherry.method.evidence.observation import Observation
from wherry.method.experiments.experiment import open_question, refuted, remark
from wherry.method.twins.comparing import ANYTHING, agrees, forget_places, mask
from wherry.method.twins.twin import Twin


@dataclass(frozen=True, slots=True)
class Answers:
    """What each step of the journey was answered: its call as the journey has it, the status, the body."""

    steps: tuple[tuple[str, int, object], ...]
    trouble: str = ""


async def typical_answers(twin: Twin) -> Answers:
    """What this twin answers, twice: what differs by itself (A/A), or is a setting or a place, is left out."""
    one, other = await answers_of(twin), await answers_of(twin)
    if one.trouble or other.trouble:
        return Answers((), one.trouble or other.trouble)
    spec = twin.release.spec
    settings = frozenset(entry.value for entry in spec.config if entry.value) | {twin.release.name, spec.environment}
    places = [twin.namespace, *(pod.metadata.name for pod in await twin.pods())]
    steps = tuple(
        (call, status, forget_settings(forget_places(mask(body, again)), settings, places))
        for (call, status, body), (_, _, again) in zip(one.steps, other.steps, strict=True)
    )
    return Answers(steps)


async def answers_of(twin: Twin) -> Answers:
    """What it answers in one play."""
    played = await twin.play()
    steps = tuple((one.step.call, one.status, one.answer) for one in played.results)
    return Answers(steps, played.trouble)


def forget_settings(body: object, settings: frozenset[str], places: Sequence[str] = ()) -> object:
    """An answer without the values that are settings, and without names of pods: those may differ. Pure."""
    if isinstance(body, dict):
        return {key: forget_settings(value, settings, places) for key, value in body.items()}
    if isinstance(body, list):
        # How many rows a list has depends on what was written before, not on the environment.
        return ANYTHING
    if isinstance(body, str) and (body in settings or any(place in body for place in places)):
        return ANYTHING
    return body


def compare_answers(here: Answers, there: Answers, one: str, other: str) -> list[Observation]:
    """Whether two environments answer alike. Pure.

    Args:
        here: what is typical of the first.
        there: one play of the second.
        one: the first's name.
        other: the second's name.
    """
    if here.trouble:
        return [open_question(f"On a twin of {one} the journey does not pass: {here.trouble}.")]
    if there.trouble:
        return [_differs(f"on a twin of {other} the journey does not pass: {there.trouble}")]
    for (call, status, body), (_, also, said) in zip(here.steps, there.steps, strict=True):
        if status != also:
            return [_differs(f"{call} answers {status} with the settings of {one}, and {also} with those of {other}")]
        if not agrees(body, said):
            return [_differs(f"{call} answers something else with the settings of {other} than with those of {one}")]
    return [remark(f"Twins of {one} and of {other} answer all {len(here.steps)} steps of the journey alike.")]


def _differs(what: str) -> Observation:
    return refuted(
        f"The environments behave differently: {what}.",
        "parity",
        fix="let the overlays differ in addresses, sizes and secrets only",
    )
