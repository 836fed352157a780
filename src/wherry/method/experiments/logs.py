"""XI, live: play the journey, and look for its lines on the standard output, and for files that grew instead."""

from __future__ import annotations

import re

from wherry.method.evidence.observation import Observation
from wherry.method.experiments.experiment import Experiment, is_fine, open_question, refuted, remark, shown
from wherry.method.journey.play import Play
from wherry.method.twins.twin import CannotTry, Twin
from wherry.method.twins.written_files import Files, added_text, list_files

WAIT_S = 1.0
STEP_S = 0.1
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
    lines = await _new_lines(twin, name, said, played)
    found = await _grown(twin, name, before, await list_files(twin, name))
    if lines:
        about = sum(played.token in line for line in lines)
        named = f", {about} of which name what it wrote" if about else ""
        text = f"Within a second the journey left {len(lines)} lines on the standard output{named}; no log file grew."
        return [shown(text), *found] if is_fine(found) else found
    return found + await _said_at_the_end(twin)


async def _new_lines(twin: Twin, pod: str, said: int, played: Play) -> list[str]:
    """The lines that came after `said` lines, within a second; the play's own, as soon as they are there."""
    until_s = twin.clock.monotonic_s() + WAIT_S
    while True:
        lines = (await twin.log(pod)).splitlines()[said:]
        if any(played.token in line for line in lines) or twin.clock.monotonic_s() >= until_s:
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


async def _said_at_the_end(twin: Twin) -> list[Observation]:
    """A quiet service may hold its lines back: end a copy, and see whether they come then."""
    try:
        await twin.start_copy(COPY, twin.environment())
        _ = await twin.until_ready(COPY)
        played = await twin.play(twin.pod_calls(COPY))
        await twin.clock.sleep(WAIT_S)
        early = (await twin.log(COPY)).count("\n")
        _ = await twin.look(COPY, "end")
        _ = await twin.until(lambda pods: any(map(twin.has_ended, pods.values())), name=COPY, timeout_s=STOP_S)
        late = await twin.log(COPY)
    except CannotTry as error:
        return [open_question(f"The journey left no line within a second, and {error}.")]
    finally:
        await twin.remove(COPY)
    if late.count("\n") > early and not played.trouble and played.token in late:
        return [
            refuted(
                "What happened is said only when the service ends: its lines are held back till then.",
                "logs",
                fix='set PYTHONUNBUFFERED = "1" in image.toml, or print(..., flush=True)',
            )
        ]
    return [open_question("The journey left no line on the standard output within a second; it may be quiet.")]


LOGS = Experiment("logs", run, budget_s=90.0)
