"""A journey: steps of calls with expectations, played against whatever answers; the traffic of all experiments.

journey: do-x
steps:
- say: Somebody does x
call: POST /x
body: {item: "tea ${token}"}
expect: {status: 201, body: {item: "tea ${token}"}}
capture: {row: id}
- call: GET /x/${row}
expect: {status: 200}
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import orjson

from wherry.method.project import Project

WHOLE = re.compile(r"^\$\{(\w+)\}$")
PART = re.compile(r"\$\{(\w+)\}")


class Expect(msgspec.Struct, frozen=True):
    """What an answer must be: its status, and fields that its body must have."""

    status: int = 0
    body: object = None


class Step(msgspec.Struct, frozen=True):
    """One call. `capture` keeps fields of the answer for later steps."""

    call: str
    say: str = ""
    body: object = None
    expect: Expect = Expect()
    capture: dict[str, str] = {}


class Journey(msgspec.Struct, frozen=True):
    """A scenario from one end to the other."""

    steps: tuple[Step, ...]
    journey: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; `body` is parsed JSON, or the text."""

    status: int
    body: object


Ask = Callable[[str, str, object], Awaitable[Answer]]
"""Method, path and body in; the answer out. What cannot be reached is an Answer with status 0."""


@dataclass
class Played:
    """How a journey went: the answers so far, and the sentence that says what was wrong ("" when nothing)."""

    token: str
    answers: list[Answer] = field(default_factory=list)
    captured: dict[str, object] = field(default_factory=dict)
    trouble: str = ""


def read_journey(project: Project) -> Journey | None:
    """The journey that wherry.toml names, or the first one; None when there is none that can be read."""
    folder = project.root / "journeys"
    named = [folder / f"{project.file.journey}.yaml"] if project.file.journey else []
    for path in (*named, *sorted(folder.glob("*.yaml"))):
        if path.is_file() and (found := parse_journey(path)) is not None:
            return found
    return None


def parse_journey(path: Path) -> Journey | None:
    """One file; None when it is no journey."""
    import yaml

    try:
        return msgspec.convert(yaml.safe_load(path.read_text(encoding="utf-8")), Journey)
    except (yaml.YAMLError, msgspec.ValidationError, UnicodeDecodeError):
        return None


async def play(journey: Journey, ask: Ask, *, asks: Mapping[int, Ask] | None = None) -> Played:
    """Play all steps; stops at the first answer that is not as expected.

    Args:
        journey: what to play.
        ask: how to call.
        asks: other ways to call for single steps, by their position.
    """
    played = Played(uuid.uuid4().hex[:12])
    played.captured["token"] = played.token
    for position, step in enumerate(journey.steps):
        method, _, path = str(fill(step.call, played.captured)).partition(" ")
        answer = await (asks or {}).get(position, ask)(method, path, fill(step.body, played.captured))
        played.answers.append(answer)
        wrong = mismatch(step.expect, answer, played.captured)
        if wrong:
            played.trouble = f"{method} {path} {wrong}"
            return played
        if isinstance(answer.body, dict):
            played.captured |= {name: answer.body.get(key) for name, key in step.capture.items()}
    return played


def fill(value: object, known: Mapping[str, object]) -> object:
    """Put captured values in the places of ${name}; a whole "${name}" keeps the value's type."""
    if isinstance(value, str):
        whole = WHOLE.match(value)
        if whole and whole[1] in known:
            return known[whole[1]]
        return PART.sub(lambda match: str(known.get(match[1], match[0])), value)
    if isinstance(value, dict):
        return {key: fill(entry, known) for key, entry in value.items()}
    return [fill(entry, known) for entry in value] if isinstance(value, list) else value


def mismatch(expect: Expect, answer: Answer, known: Mapping[str, object]) -> str:
    """What is wrong with an answer, as the end of a sentence; "" when nothing is."""
    if answer.status == 0:
        return f"got no answer ({answer.body})"
    if expect.status and answer.status != expect.status:
        return f"answered {answer.status} instead of {expect.status}"
    wanted = fill(expect.body, known)
    if wanted is not None and not contains(answer.body, wanted):
        return f"answered something else than {orjson.dumps(wanted).decode()}"
    return ""


def contains(found: object, wanted: object) -> bool:
    """Whether `found` has everything of `wanted`; more is fine."""
    if isinstance(wanted, dict):
        return isinstance(found, dict) and all(
            key in found and contains(found[key], value) for key, value in wanted.items()
        )
    if isinstance(wanted, list):
        return isinstance(found, list) and len(found) >= len(wanted) and all(map(contains, found, wanted))
    return found == wanted


def mask(one: object, other: object) -> object:
    """The part of `one` that is the same in `other`: what differs by itself (A/A) is taken out of both."""
    if isinstance(one, dict) and isinstance(other, dict):
        return {key: mask(value, other[key]) for key, value in one.items() if key in other}
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return [mask(first, second) for first, second in zip(one, other, strict=True)]
    return one if one == other else "*"


def agrees(masked: object, found: object) -> bool:
    """Whether an answer is as the masked one, where that is not masked."""
    if masked == "*":
        return True
    if isinstance(masked, dict):
        return isinstance(found, dict) and all(
            key in found and agrees(value, found[key]) for key, value in masked.items()
        )
    if isinstance(masked, list):
        return isinstance(found, list) and len(found) == len(masked) and all(map(agrees, masked, found))
    return masked == found
