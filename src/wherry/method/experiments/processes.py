"""VI, live: write through one copy, read through another; and again after the first one was killed."""

from __future__ import annotations

from wherry.method.evidence.observation import Observation
from wherry.method.experiments.experiment import Experiment, open_question, refuted, shown
from wherry.method.experiments.journey import Answer, Ask, Journey, agrees, fill, mask, play
from wherry.method.experiments.twin import Twin

FIX = "keep it in the database, where every copy finds it"


async def run(twin: Twin) -> list[Observation]:
    """Does another copy know what the first one was told?"""
    if twin.journey is None:
        return [
            open_question(
                "There is no journey, so nothing is written that could be read back.", "add journeys/NAME.yaml"
            )
        ]
    try:
        one, other = await twin.scale(2)
        return await _try(twin, twin.journey, one.metadata.name, other.metadata.name)
    finally:
        _ = await twin.scale(1)


async def _try(twin: Twin, journey: Journey, one: str, other: str) -> list[Observation]:
    first, second = _way(twin, one), _way(twin, other)
    played = await play(journey, first)
    if played.trouble:
        return [open_question(f"The journey does not pass in a single copy: {played.trouble}.")]
    reads = [
        str(fill(step.call, played.captured)).partition(" ")[2]
        for step in journey.steps
        if step.call.startswith("GET ")
    ]
    if not reads or all(step.call.startswith("GET ") for step in journey.steps):
        return [open_question("The journey writes nothing, or reads nothing back.")]
    stable = [await _stable(first, path) for path in reads]
    for path, (status, masked) in zip(reads, stable, strict=True):
        answer = await second("GET", path, None)
        if answer.status != status or not agrees(masked, answer.body):
            return [_differs(path, status, answer, "what was written through one copy")]
    await twin.remove(one)
    for path, (status, masked) in zip(reads, stable, strict=True):
        answer = await _after_kill(twin, path)
        if answer.status != status or not agrees(masked, answer.body):
            return [_differs(path, status, answer, "after that copy was killed, what it had written")]
    count = len(reads)
    return [
        shown(
            f"What was written through one copy was read through another ({count} of {count} answers equal), and still"
            " after the first was killed."
        )
    ]


async def _after_kill(twin: Twin, path: str) -> Answer:
    """Ask the Service; a first request may still be led to the copy that is gone."""
    answer = Answer(0, "")
    for _ in range(5):
        answer = await twin.ask_service("GET", path, None)
        if answer.status:
            return answer
    return answer


def _way(twin: Twin, pod: str) -> Ask:
    async def ask(method: str, path: str, body: object) -> Answer:
        base = f"/api/v1/namespaces/{twin.namespace}/pods/{pod}:{twin.port}/proxy"
        return await twin.ask(base, method, path, body)

    return ask


async def _stable(ask: Ask, path: str) -> tuple[int, object]:
    """The answer of one and the same copy, without what differs by itself (A/A)."""
    one, other = await ask("GET", path, None), await ask("GET", path, None)
    without_place = mask(one.body, other.body)
    # Which copy answers may be said in the answer; it is no difference in what the copies know.
    return one.status, _forget(without_place, str(one.body))


def _forget(masked: object, text: str) -> object:
    if isinstance(masked, dict):
        return {
            key: "*"
            if key in ("answered_by", "served_by", "where", "pod", "node", "hostname")
            else _forget(value, text)
            for key, value in masked.items()
        }
    return [_forget(entry, text) for entry in masked] if isinstance(masked, list) else masked


def _differs(path: str, status: int, answer: Answer, what: str) -> Observation:
    how = f"it answered {answer.status}" if answer.status != status else "it answered something else"
    return refuted(f"{what[0].upper()}{what[1:]} was not there for the other: GET {path}: {how}.", "processes", fix=FIX)


PROCESSES = Experiment("processes", run)
