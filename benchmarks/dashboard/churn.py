"""What pages and the masters need of memory while pods come and go without end: it must not grow.

Events live for an hour, some 1.3 KB each: at this pace that is data of a gigabyte, and would hide anything else. Here
they live for less than a minute, so that as many go as come.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean
from unittest import mock

from playwright.async_api import CDPSession

from benchmarks.cluster import resident_mb
from benchmarks.dashboard.figures import show
from benchmarks.dashboard.stage import Stage, staged
from wherry.api.apps.deployment import DEPLOYMENTS

NODES, COPIES, TURNS_S = 20, 100, 2.0
SAMPLES = 12
EVENTS_LIVE_S = "20"
GROWTH_MAX = 1.1
VIEWS = ("/ui/", "/ui/story")


@dataclass(frozen=True, slots=True)
class Sample:
    """Memory at one moment: of the masters, and of what scripts and documents of the pages hold."""

    masters_mb: float
    scripts_mb: float = 0.0
    elements: float = 0.0


async def measure(minutes: float) -> None:
    """Half of the pods go and come back, again and again."""
    with mock.patch.dict(os.environ, WHERRY_EVENT_TTL_S=EVENTS_LIVE_S):
        await _measure(minutes)


async def _measure(minutes: float) -> None:
    async with staged("--simulated-nodes", str(NODES)) as stage:
        for app in ("one", "two"):
            stage.cluster.kubectl("create", "deployment", app, "--image=app:1", f"--replicas={COPIES}")
            stage.cluster.kubectl("rollout", "status", f"deployment/{app}")
        sessions = await open_pages(stage) if stage.context is not None else []
        churning = asyncio.ensure_future(churn(stage))
        samples = []
        for _ in range(SAMPLES):
            await asyncio.sleep(minutes * 60 / SAMPLES)
            samples.append(await sample(stage, sessions))
        churning.cancel()
    show("pods that came and went", f"{churning_rate():.0f} a second for {minutes:g} min")
    tell("the masters", [one.masters_mb for one in samples], "MB")
    if sessions:
        tell("the scripts of two pages", [one.scripts_mb for one in samples], "MB")
        tell("the elements of two pages", [one.elements for one in samples], "")


def churning_rate() -> float:
    """So many leave in a turn, and as many come."""
    return 2 * COPIES / 2 / TURNS_S


async def churn(stage: Stage) -> None:
    """Scale one down and the other up, then the other way round."""
    turn = 0
    while True:
        turn += 1
        begun_s = time.perf_counter()
        for number, app in enumerate(("one", "two")):
            copies = COPIES if (turn + number) % 2 else COPIES // 2
            await stage.client.patch(DEPLOYMENTS, app, {"spec": {"replicas": copies}}, "default")
        await asyncio.sleep(max(0.0, TURNS_S - (time.perf_counter() - begun_s)))


async def open_pages(stage: Stage) -> list[CDPSession]:
    """Some pages, and what tells how much each holds."""
    sessions = []
    assert stage.context is not None
    for path in VIEWS:
        sessions.append(await stage.context.new_cdp_session(await stage.open(path)))
        await sessions[-1].send("Performance.enable")
    return sessions


async def sample(stage: Stage, sessions: Sequence[CDPSession]) -> Sample:
    """Now, after what nobody needs has been thrown away."""
    scripts_mb = elements = 0.0
    for session in sessions:
        await session.send("HeapProfiler.collectGarbage")
        told = await session.send("Performance.getMetrics")
        metrics = {one["name"]: float(one["value"]) for one in told["metrics"]}
        scripts_mb += metrics["JSHeapUsedSize"] / 1e6
        elements += metrics["Nodes"]
    return Sample(resident_mb(stage.cluster.pid), scripts_mb, elements)


def tell(name: str, values: Sequence[float], unit: str) -> None:
    """How it was in the second and in the last third: by then everything has been used once."""
    third = len(values) // 3
    before, after = mean(values[third : 2 * third]), mean(values[-third:])
    said = f"{before:,.1f}, then {after:,.1f} {unit}".strip()
    show(name, said, "bar: stable" if after <= before * GROWTH_MAX else "bar: stable; IT GROWS")
