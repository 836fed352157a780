"""XI, live: play the journey, and look for its lines on the standard output, and for files that grew instead."""

from __future__ import annotations

import asyncio

import orjson

from wherry.kit.clock import SystemClock
from wherry.method.evidence.observation import Observation
from wherry.method.experiments.experiment import Experiment, open_question, refuted, shown
from wherry.method.experiments.journey import play
from wherry.method.experiments.twin import Twin

WAIT_S = 1.0
STEP_S = 0.1
# Text files that the container can write, with their sizes; a log is lines of text that only ever grow.
LIST_FILES = """
import json, os
found = {}
for top in {tops}:
    for folder, folders, names in os.walk(top):
        folders[:] = [n for n in folders if os.path.join(folder, n) not in ('/proc', '/sys', '/dev')]
        for name in names:
            path = os.path.join(folder, name)
            try:
                if os.path.islink(path) or not os.access(path, os.W_OK):
                    continue
                with open(path, 'rb') as file:
                    start = file.read(2048)
                found[path] = [os.stat(path).st_size, b'\\x00' not in start and b'\\n' in start]
            except OSError:
                pass
print(json.dumps(found))
"""


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
    played = await play(twin.journey, twin.ask_service)
    if played.trouble:
        return [open_question(f"The journey does not pass: {played.trouble}.")]
    lines = await _new_lines(twin, name, said)
    after = await list_files(twin, name)
    grown = [path for path, (size, is_text) in after.items() if is_text and size > before.get(path, (0, True))[0]]
    found = [
        refuted(
            f"While the journey was played, the file {path} grew by lines of text: events go there, and are lost with"
            " the copy.",
            "logs",
            fix="print one line for each event to the standard output",
        )
        for path in grown
        if not path.startswith("/proc/")
    ]
    if lines:
        found.append(shown(f"The journey left {lines} lines on the standard output within a second, and no file grew."))
    elif not found:
        found.append(open_question("The journey left no line on the standard output within a second; it may be quiet."))
    if not after and not before:
        found.append(
            open_question("The files in the container cannot be seen here (no python3 in the image, or no exec).")
        )
    return found


async def _new_lines(twin: Twin, pod: str, said: int) -> int:
    clock = SystemClock()
    until_s = clock.monotonic_s() + WAIT_S
    while True:
        lines = len((await twin.log(pod)).splitlines()) - said
        if lines > 0 or clock.monotonic_s() > until_s:
            return max(0, lines)
        await clock.sleep(STEP_S)


async def list_files(twin: Twin, pod: str, tops: tuple[str, ...] = ("/",)) -> dict[str, tuple[int, bool]]:
    """The files that the service can write, with size and whether they are text; {} where that cannot be seen."""
    done = await twin.execute(pod, LIST_FILES.replace("{tops}", repr(tops)))
    if done is None or done.exit_code:
        return {"": (0, False)} if done is not None else {}
    parsed = await asyncio.to_thread(orjson.loads, done.stdout)
    # The shape is ours: the program above prints it. An entry that is always there says "it could be seen".
    return {"": (0, False), **{str(path): (int(size), bool(text)) for path, (size, text) in parsed.items()}}


LOGS = Experiment("logs", run)
