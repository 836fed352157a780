"""VIII, live: three copies instead of one, under load: all take part, nothing fails, nothing is done twice."""

from __future__ import annotations

import asyncio

from wherry.method.evidence.observation import Observation
from wherry.method.experiments.experiment import Experiment, open_question, refuted, remark, shown
from wherry.method.experiments.journey import Played, play
from wherry.method.experiments.twin import Twin

COPIES = 3
JOURNEYS = 60
AT_ONCE = 6


async def run(twin: Twin) -> list[Observation]:
    """Do three copies share the work?"""
    if twin.journey is None:
        return [open_question("There is no journey, so there is no work to share.", "add journeys/NAME.yaml")]
    try:
        pods = await twin.scale(COPIES)
        names = [pod.metadata.name for pod in pods]
        before = [len((await twin.log(name)).splitlines()) for name in names]
        played = await _play_many(twin)
        after = [len((await twin.log(name)).splitlines()) for name in names]
    finally:
        _ = await twin.scale(1)
    failures = [entry.trouble for entry in played if entry.trouble]
    if failures:
        return [
            refuted(
                f"With {COPIES} copies {len(failures)} of {JOURNEYS} journeys fail: {failures[0]}.",
                "concurrency",
                fix="keep what the copies share in the database, and take turns there",
            )
        ]
    lines = [max(0, late - early) for early, late in zip(before, after, strict=True)]
    if not sum(lines):
        return [open_question("The copies say nothing on their standard output, so their shares cannot be seen.")]
    shares = [count / sum(lines) for count in lines]
    text = ", ".join(f"{share:.0%}" for share in shares)
    if min(shares) < twin.share_min:
        return [open_question(f"The work was shared unevenly ({text}); a proxy may keep its connections.")]
    return [
        shown(f"{COPIES} copies shared {JOURNEYS} journeys ({text}); none failed."),
        remark("How much faster three copies are was not measured: it needs a limit of CPU for each."),
    ]


async def _play_many(twin: Twin) -> list[Played]:
    assert twin.journey is not None
    journey = twin.journey
    gate = asyncio.Semaphore(AT_ONCE)

    async def one() -> Played:
        async with gate:
            return await play(journey, twin.ask_service)

    return list(await asyncio.gather(*(one() for _ in range(JOURNEYS))))


CONCURRENCY = Experiment("concurrency", run, budget_s=120.0)
