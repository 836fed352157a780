"""IX, live: how fast copies are there, what gets lost when one is told to stop, and when one is killed."""

from __future__ import annotations

from wherry.method.evidence.observation import Observation
from wherry.method.experiments.experiment import Experiment, Place, is_fine, open_question, shown
from wherry.method.experiments.killing import kill_under_load
from wherry.method.experiments.start_times import StartTimes, judge_starts, measure_starts
from wherry.method.experiments.stopping import Stop, judge_end, judge_losses, loses, stop_under_load
from wherry.method.twins.twin import Twin


async def run(twin: Twin) -> list[Observation]:
    """Is a copy there in seconds, and does it end without losing anything?"""
    _ = await twin.scale(1)
    times = await measure_starts(twin)
    found = judge_starts(times, twin.start_s_max, is_alone=twin.is_alone)
    if not twin.is_alone and not is_fine(found):
        # It will be tried again alone: a busy machine is not kept busy meanwhile.
        return found
    if twin.journey is None:
        return [
            *found,
            open_question("There is no journey, so there is no load to stop under.", "add journeys/NAME.yaml"),
        ]
    try:
        first = await stop_under_load(twin)
        ends = judge_end(first)
        found += ends
        if is_fine(ends):
            second = await stop_under_load(twin) if loses(first) else None
            found += judge_losses(first, second, is_ours=await twin.leaves_before_it_stops())
        if is_fine(found):
            found += await kill_under_load(twin)
    finally:
        _ = await twin.scale(1)
    if is_fine(found):
        found.insert(0, shown(_summary(times, first)))
    return found


def _summary(times: StartTimes, stop: Stop) -> str:
    return (
        f"A copy takes requests after {times.words}. Told to stop under load it ended by itself after"
        f" {stop.took_s:.1f} s; 0 of {stop.sent} requests failed. Killed under load, nothing acknowledged was lost."
    )


DISPOSABILITY = Experiment("disposability", run, budget_s=180.0, place=Place.OWN)
