"""VIII, live: three copies instead of one, under load: all take part, nothing fails, nothing is done twice."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from wherry.method.evidence.observation import Observation
from wherry.method.experiments.experiment import Experiment, Place, is_fine, open_question, refuted, remark, shown
from wherry.method.experiments.throughput import compare_throughput, start_small_copies, stop_small_copies
from wherry.method.journey.play import Play
from wherry.method.twins.load import Load, play_times, play_until
from wherry.method.twins.twin import Twin

COPIES = 3
JOURNEYS = 60
AT_ONCE = 6
MORE = 12


async def run(twin: Twin) -> list[Observation]:
    """Do three copies share the work?"""
    if twin.journey is None:
        return [open_question("There is no journey, so there is no work to share.", "add journeys/NAME.yaml")]
    try:
        await start_small_copies(twin, COPIES)
        listed = await find_list(twin)
        before = await _grow(twin)
        pods = await twin.scale(COPIES)
        names = [pod.metadata.name for pod in pods]
        said = await _counts(twin, names)
        after = await play_times(twin, times=JOURNEYS, at_once=AT_ONCE)
        shares = {name: late - said[name] for name, late in (await _counts(twin, names)).items()}
        found = judge_work([*before.plays, *after.plays], shares, twin.share_min)
        found += await _done_once(twin, after.plays, listed)
        if is_fine(found):
            found += await compare_throughput(twin, COPIES, pods[0], pods[1])
    finally:
        await asyncio.shield(stop_small_copies(twin, COPIES))
        _ = await twin.scale(1)
    return found


async def _grow(twin: Twin) -> Load:
    """One copy becomes three while the load goes on."""
    load, _ = await play_until(twin, [twin.calls], twin.scale(COPIES), more=MORE, at_once=AT_ONCE)
    twin.note(f"One copy became {COPIES} under load: {load.sent} requests, {len(load.failed)} failed.")
    return load


async def _counts(twin: Twin, names: Iterable[str]) -> Mapping[str, int]:
    """How much each copy has done so far: lines of its log, or packets where it is quiet."""
    lines = {name: len((await twin.log(name)).splitlines()) for name in names}
    if any(lines.values()):
        return lines
    packets = {name: await twin.look(name, "traffic") for name in lines}
    return {name: count if isinstance(count, int) else 0 for name, count in packets.items()}


def judge_work(plays: list[Play], counts: Mapping[str, int], share_min: float) -> list[Observation]:
    """Whether all journeys passed and all copies took part. Pure.

    Args:
        plays: every journey.
        counts: by copy, how much it has done.
        share_min: the smallest share that is still taking part.
    """
    failures = [play.trouble for play in plays if play.trouble]
    if failures:
        return [
            refuted(
                f"With {len(counts)} copies {len(failures)} of {len(plays)} journeys fail: {failures[0]}.",
                "concurrency",
                fix="keep what the copies share in the database, and take turns there",
            )
        ]
    total = sum(counts.values())
    if total <= 0:
        return [open_question("The copies say nothing on their standard output, so their shares cannot be seen.")]
    shares = [count / total for count in counts.values()]
    text = ", ".join(f"{share:.0%}" for share in shares)
    if min(shares) < share_min:
        return [open_question(f"The work was shared unevenly ({text}); a proxy may keep its connections.")]
    return [shown(f"{len(counts)} copies shared the work of {len(plays)} journeys ({text}); none failed.")]


@dataclass(frozen=True, slots=True)
class Listed:
    """Where what was written is listed, and how often a single journey's token stands there; `path` "": nowhere."""

    path: str = ""
    once: int = 0


async def find_list(twin: Twin) -> Listed:
    """Play once, on a single copy (A/A), and look where the list of what was written shows it."""
    alone = await twin.play()
    for one in alone.results:
        if one.step.method == "GET" and "${" not in one.step.path:
            once = (await twin.calls("GET", one.step.path, None)).body.count(alone.token.encode())
            if once:
                return Listed(one.step.path, once)
    return Listed()


async def _done_once(twin: Twin, plays: list[Play], listed: Listed) -> list[Observation]:
    """Whether what each journey wrote is there exactly once."""
    if not listed.path:
        return [remark("No step of the journey lists what was written, so double effects could not be looked for.")]
    body = (await twin.calls("GET", listed.path, None)).body
    counts = {play.token: body.count(play.token.encode()) for play in plays}
    return judge_counts(listed.path, counts, listed.once)


def judge_counts(path: str, counts: Mapping[str, int], once: int) -> list[Observation]:
    """Whether any token is there more often than it should be. A list that ends early lacks some. Pure."""
    twice = [token for token, count in counts.items() if count > once]
    listed = sum(count == once for count in counts.values())
    if twice:
        return [
            refuted(
                f"{len(twice)} of {len(counts)} journeys have written twice what they wrote once: GET {path} shows"
                f" {twice[0]} more than once.",
                "concurrency",
                fix="let the database make sure of it: a unique key, or a lock while it is done",
            )
        ]
    return [remark(f"GET {path} shows {listed} of {len(counts)} journeys' rows, each exactly once.")]


CONCURRENCY = Experiment("concurrency", run, budget_s=150.0, place=Place.ALONE)
