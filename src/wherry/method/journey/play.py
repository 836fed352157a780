"""Playing a journey: one call after the other, each judged; the first that does not end as told ends the play."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, field

from wherry.kit.clock import Clock
from wherry.method.journey.script import Journey, Step, filled

SHOWN_CHARS_MAX = 200
SAFE_METHODS = frozenset(("GET", "HEAD"))


class CannotCall(Exception):
    """The service could not be asked at all; the message says who says so."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the service said."""

    status: int
    body: bytes

    def parsed(self) -> object:
        """The body as JSON; None when it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    @property
    def said(self) -> object:
        """The body as JSON, or as text when it is none."""
        found = self.parsed()
        return found if found is not None else self.body.decode("utf-8", "replace")


Call = Callable[[str, str, object], Awaitable[Answer]]
"""Asks the service: method, path, body (None: without). Raises CannotCall."""


@dataclass(frozen=True, slots=True)
class StepResult:
    """How a step went; `why_not` is "" when it went as told."""

    step: Step
    call: str
    status: int
    took_ms: float
    why_not: str = ""
    answer: object = None


@dataclass(slots=True)
class Play:
    """How a journey went, step by step, and what was captured on the way."""

    journey: Journey
    results: list[StepResult] = field(default_factory=list)
    known: dict[str, object] = field(default_factory=dict)

    @property
    def went_as_told(self) -> bool:
        """Whether every step did."""
        return len(self.results) == len(self.journey.steps) and not self.results[-1].why_not

    @property
    def trouble(self) -> str:
        """What went otherwise than told, as the end of a sentence; "" when nothing did."""
        return next((f"{one.call}: {one.why_not}" for one in self.results if one.why_not), "")

    @property
    def token(self) -> str:
        """What only this play has written."""
        return str(self.known["token"])

    @property
    def reads(self) -> tuple[str, ...]:
        """The paths that were read, as they were called."""
        return tuple(one.call.partition(" ")[2] for one in self.results if one.step.method in SAFE_METHODS)

    @property
    def writes(self) -> tuple[StepResult, ...]:
        """The steps that have changed something."""
        return tuple(result for result in self.results if result.step.method not in SAFE_METHODS)

    @property
    def last_read(self) -> StepResult | None:
        """The last step that has read back one captured thing, with what it must answer: it can be asked again."""
        reads = [one for one in self.results if one.step.method in SAFE_METHODS and "${" in one.step.path]
        return reads[-1] if reads and not reads[-1].why_not else None


async def play(journey: Journey, call: Call, clock: Clock, token: str) -> Play:
    """Play it; what goes wrong is in the result, never raised.

    `token` is different in every play, so that what it wrote can be told from everything else.
    """
    played = Play(journey, known={"token": token})
    async with aclosing(play_steps(played, call, clock)) as results:
        async for _ in results:
            pass
    return played


async def play_steps(played: Play, call: Call, clock: Clock) -> AsyncGenerator[StepResult, None]:
    """The same step by step, for whoever tells it while it happens; each is in `played` when it comes out."""
    for step in played.journey.steps:
        result = await _play_step(step, call, clock, played.known)
        played.results.append(result)
        yield result
        if result.why_not:
            break


async def _play_step(step: Step, call: Call, clock: Clock, known: dict[str, object]) -> StepResult:
    path = step.filled_path(known)
    body = None if step.body is None else filled(step.body, known)
    started_s = clock.monotonic_s()
    try:
        answer = await call(step.method, path, body)
    except CannotCall as error:
        return StepResult(step, f"{step.method} {path}", 0, (clock.monotonic_s() - started_s) * 1000, str(error))
    took_ms = (clock.monotonic_s() - started_s) * 1000
    said = answer.parsed()
    why_not = judge(step, answer, known) or _capture(step, said, known)
    return StepResult(step, f"{step.method} {path}", answer.status, took_ms, why_not, said)


def judge(step: Step, answer: Answer, known: dict[str, object]) -> str:
    """Why an answer is not as expected; "" when it is."""
    if answer.status != step.expect.status:
        return f"it answered {answer.status} instead of {step.expect.status}: {_shown(answer)}"
    said = answer.parsed()
    for name, wanted in step.expect.body.items():
        if not isinstance(said, dict) or name not in said:
            return f"its answer has no {name}: {_shown(answer)}"
        expected = filled(wanted, known)
        if not contains(said[name], expected):
            return f"its answer says {name} is {said[name]!r} instead of {expected!r}"
    return ""


def contains(found: object, wanted: object) -> bool:
    """Whether `found` has everything of `wanted`; more fields are fine."""
    if isinstance(wanted, dict):
        return isinstance(found, dict) and all(
            key in found and contains(found[key], value) for key, value in wanted.items()
        )
    if isinstance(wanted, list):
        return isinstance(found, list) and len(found) == len(wanted) and all(map(contains, found, wanted))
    return found == wanted


def _capture(step: Step, said: object, known: dict[str, object]) -> str:
    for name, path in step.capture.items():
        value = said
        for part in path.split("."):
            if not isinstance(value, dict) or part not in value:
                return f"its answer has no {path}, which is needed later"
            value = value[part]
        known[name] = value
    return ""


def _shown(answer: Answer) -> str:
    text = answer.body[: SHOWN_CHARS_MAX * 4].decode(errors="replace")[:SHOWN_CHARS_MAX]
    return "".join(character if character.isprintable() else " " for character in text) or "nothing"
