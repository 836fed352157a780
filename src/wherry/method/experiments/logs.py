"""XI, live: play the journey, and look for its lines on the standard output, and for files that grew instead."""

from __future__ import annotations

import re

from wherry.method.evidence.observation import Observation
from wherry.method.experiments.experiment import Experiment, is_fine, open_question, refuted, remark, shown
from wherry.method.twins.twin import CannotTry, Twin
from wherry.method.twins.written_files import Files, added_text, list_files

WAIT_S = 1.0
STEP_S = 0.1
# Longer than any pause between two writes: what is not there then waits for the end.
HELD_S = 5.0
STOP_S = 20.0
COPY = "listened-to"
TIME = re.compile(r"\d{4}-\d\d-\d\d|\d\d:\d\d:\d\d|\b1[6-9]\d{8}(?:\.\d+)?\b")
LEVEL = re.compile(r"\b(DEBUG|INFO|WARN(ING)?|ERROR|CRITICAL|TRACE|FATAL)\b|\b(GET|POST|PUT|PATCH|DELETE) /")
NOT_LOGS = re.compile(r"\.(db|sqlite3?|wal|shm|journal|pyc|pid|lock)$|-(wal|shm|journal)$")


async def run(twin: Twin) -> list[Observation]:
    """Are the events on the standard output at once, and nowhere else?"""
    if twin.journey is None:
        return [
            open_question("There is no journey, so nothing happens that a log would tell.", "add journeys/NAME.yaml")
        ]
    (pod,) = await twin.scale(1)
    name = pod.metadata.name
    before = await list_files(twin, name)
    said = len((await twin.log(name)).splitlines())
    played = await twin.play()
    if played.trouble:
        return [open_question(f"The journey does not pass: {played.trouble}.")]
    lines = await _new_lines(twin, name, said, played.token, WAIT_S)
    found = await _grown(twin, name, before, await list_files(twin, name))
    if not is_fine(found):
        return found
    about = sum(played.token in line for line in lines)
    if about:
        text = f"Within a second the journey left {len(lines)} lines on the standard output, {about} of which name what"
        return [shown(f"{text} it wrote; no log file grew."), *found]
    return [*found, await _judge_silence(twin, len(lines))]


async def _new_lines(twin: Twin, pod: str, said: int, token: str, within_s: float) -> list[str]:
    """The lines that came after `said` lines in some seconds; sooner when one with the play's token is among them."""
    until_s = twin.clock.monotonic_s() + within_s
    while True:
        lines = (await twin.log(pod)).splitlines()[said:]
        if any(token in line for line in lines) or twin.clock.monotonic_s() >= until_s:
            return lines
        await twin.clock.sleep(STEP_S)


async def _grown(twin: Twin, pod: str, before: Files | None, after: Files | None) -> list[Observation]:
    """Files that grew by lines that look like a log. Uploads, caches and databases do not."""
    if before is None or after is None:
        return [open_question("The files in the container cannot be seen here (no python3 in the image, or no exec).")]
    found = []
    for path, known in after.items():
        size = before[path].size if path in before else 0
        if known.size <= size or NOT_LOGS.search(path):
            continue
        text = await added_text(twin, pod, path, size)
        if looks_like_a_log(text):
            found.append(
                refuted(
                    f"While the journey was played, lines were added to the file {path}: events go there, and are lost"
                    " with the copy.",
                    "logs",
                    fix="print one line for each event to the standard output",
                )
            )
        else:
            found.append(remark(f"The file {path} grew; what was added does not look like a log."))
    return found


def looks_like_a_log(text: str) -> bool:
    """Whether most lines of a text have a time, a level or a request in them. Pure."""
    lines = [line for line in text.splitlines() if line.strip()]
    marked = [line for line in lines if TIME.search(line) or LEVEL.search(line)]
    return bool(lines) and 2 * len(marked) >= len(lines)


async def _judge_silence(twin: Twin, lines: int) -> Observation:
    """No line names what was written: it is held back, or told in other words, or not at all.

    Args:
        twin: where.
        lines: how many others there were. They may come from a server in front of the service's own code.
    """
    try:
        is_held_back, why = await _is_held_back(twin), ""
    except CannotTry as error:
        is_held_back, why = False, f", and {error}"
    if is_held_back:
        return refuted(
            "What happened is said only when the service ends: its lines are held back till then.",
            "logs",
            fix='set PYTHONUNBUFFERED = "1" in image.toml, or print(..., flush=True)',
        )
    if lines:
        text = f"The journey left {lines} lines on the standard output, and none within a second names what it wrote"
        return remark(f"{text}{why}: whether all events are there at once cannot be seen.")
    quiet = "" if why else "; it may be quiet"
    return open_question(f"The journey left no line on the standard output within a second{why or quiet}.")


async def _is_held_back(twin: Twin) -> bool:
    """Whether a copy says what happened only when it ends. Raises CannotTry."""
    try:
        await twin.start_copy(COPY, twin.environment())
        _ = await twin.until_ready(COPY)
        played = await twin.play(twin.pod_calls(COPY))
        early = await _new_lines(twin, COPY, 0, played.token, HELD_S)
        if played.trouble or any(played.token in line for line in early):
            return False
        _ = await twin.look(COPY, "end")
        _ = await twin.until(lambda pods: any(map(twin.has_ended, pods.values())), name=COPY, timeout_s=STOP_S)
        return played.token in await twin.log(COPY)
    finally:
        await twin.remove(COPY)


LOGS = Experiment("logs", run, budget_s=90.0)
