"""A copy is killed under load: what was acknowledged must still be there, as it was."""

from __future__ import annotations

from wherry.method.evidence.observation import Observation
from wherry.method.experiments.experiment import open_question, refuted, remark
from wherry.method.journey.play import CannotCall, Play, judge
from wherry.method.journey.script import Step
from wherry.method.twins.load import steady_load
from wherry.method.twins.twin import Twin

REQUESTS_EACH_S = 20
WARM_S = 0.7
TRIES = 5


async def kill_under_load(twin: Twin) -> list[Observation]:
    """SIGKILL one of two copies, then read everything that was acknowledged."""
    victim, _ = await twin.scale(2)
    async with steady_load(twin, REQUESTS_EACH_S) as load:
        await twin.clock.sleep(WARM_S)
        await twin.remove(victim.metadata.name)
        twin.note(f"{victim.metadata.name} was killed while {REQUESTS_EACH_S} requests a second came in.")
        await twin.clock.sleep(WARM_S)
    # The copy that is left answers: nobody waits for the one that takes the other's place.
    checked = 0
    for play in load.plays:
        for step in acknowledged(play):
            why = await _why_not(twin, play, step)
            if why:
                return [_gone(step, why)]
            checked += 1
    if not checked:
        return [open_question("No step of the journey reads back what was written, so nothing could be looked for.")]
    twin.note(f"{checked} acknowledged writes were read again.")
    return [remark(f"A copy was killed under load; all {checked} writes that it or others had acknowledged are there.")]


def acknowledged(play: Play) -> list[Step]:
    """The journey's reads of what it wrote itself, when the write was acknowledged: also those that were not made."""
    done = [result.step for result in play.results if not result.why_not]
    if not all(step in done for step in play.journey.steps if step.method != "GET"):
        return []
    return [step for step in play.journey.steps if step.method == "GET" and "${" in step.path]


async def _why_not(twin: Twin, play: Play, step: Step) -> str:
    """Why a read is not as the journey tells; "" when it is."""
    path = step.filled_path(play.known)
    for left in reversed(range(TRIES)):
        try:
            return judge(step, await twin.calls("GET", path, None), play.known)
        except CannotCall as error:
            if not left:
                return str(error)
    return ""


def _gone(step: Step, why: str) -> Observation:
    return refuted(
        f"A copy was killed, and what had been acknowledged was not there any more: GET {step.path}: {why}.",
        "disposability",
        fix="answer only after the database has stored it",
    )
