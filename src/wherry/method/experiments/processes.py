"""VI, live: write through one copy, read through another, kill one in between, and delete the files that it wrote."""

from __future__ import annotations

from wherry.method.evidence.observation import Observation
from wherry.method.experiments.experiment import Experiment, is_fine, open_question, refuted, remark, shown
from wherry.method.journey.play import CannotCall
from wherry.method.twins.comparing import first_difference, stable_answers
from wherry.method.twins.kept_in_files import look_for_kept, own_reads
from wherry.method.twins.twin import Twin

FIX = "keep it in the database, where every copy finds it"
TRIES = 5


async def run(twin: Twin) -> list[Observation]:
    """Does another copy know what the first one was told?"""
    if twin.journey is None:
        return [
            open_question(
                "There is no journey, so nothing is written that could be read back.", "add journeys/NAME.yaml"
            )
        ]
    try:
        one, other = (pod.metadata.name for pod in await twin.scale(2))
        found = await _through_another(twin, one, other)
        if is_fine(found):
            found += await _files(twin, other)
        if is_fine(found):
            found += await _killed_in_between(twin, one)
    except CannotCall as error:
        return [open_question(f"A copy could not be asked: {error}.")]
    finally:
        _ = await twin.scale(1)
    if is_fine(found):
        found.insert(
            0,
            shown(
                "What was written through one copy was read through another. After a copy was killed between write and"
                " read, nothing was missing."
            ),
        )
    return found


async def _through_another(twin: Twin, one: str, other: str) -> list[Observation]:
    played = await twin.play(twin.pod_calls(one))
    if played.trouble:
        return [open_question(f"The journey does not pass in a single copy: {played.trouble}.")]
    if not played.writes or not own_reads(played):
        return [open_question("The journey writes nothing, or reads nothing back.")]
    stable = await stable_answers(twin.pod_calls(one), played.reads)
    twin.note(f"The journey was played through {one}, and its {len(stable)} reads were asked for through {other}.")
    if why := await first_difference(twin.pod_calls(other), stable):
        return [refuted(f"What was written through one copy was not there for the other: {why}.", "processes", fix=FIX)]
    return []


async def _killed_in_between(twin: Twin, one: str) -> list[Observation]:
    """Write through a copy, kill it at once, and only then read, through the Service."""
    played = await twin.play(twin.pod_calls(one))
    if played.trouble:
        return [open_question(f"The journey does not pass in a single copy: {played.trouble}.")]
    stable = await stable_answers(twin.pod_calls(one), own_reads(played))
    await twin.remove(one)
    twin.note(f"{one} was killed after the write; then what it had written was read through the Service.")
    if why := await first_difference(twin.calls, stable, tries=TRIES):
        return [refuted(f"After a copy was killed, what it had written was gone: {why}.", "processes", fix=FIX)]
    return []


async def _files(twin: Twin, pod: str) -> list[Observation]:
    kept = await look_for_kept(twin, pod)
    if not kept.could_look:
        return [remark("Which files a copy writes cannot be seen here (no python3 in the image, or no exec).")]
    if not kept.files:
        return []
    if kept.why:
        says = f"The service keeps what it was told in {kept.files[0]}: with the file deleted, {kept.why}."
        return [refuted(says, "processes", fix=FIX)]
    return [remark(f"It writes files ({kept.files[0]}), but no answer changes when they are deleted.")]


PROCESSES = Experiment("processes", run, budget_s=90.0)
