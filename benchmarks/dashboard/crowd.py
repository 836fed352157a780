"""A thousand nodes with ten thousand pods: the first paint, and how long one change among them takes to show."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from statistics import median

from benchmarks.cluster import cpu_s, resident_mb
from benchmarks.dashboard.changes import Made, Restarts, some_pods
from benchmarks.dashboard.figures import ms, show, show_times
from benchmarks.dashboard.stage import Stage, note_revisions, noted, painted_s, reading, staged

NODES, PODS, APPS = 1_000, 10_000, 10
LOADS = 5
CHANGES = 20
PAUSE_S = 0.5
PER_SECOND, STEADY_S, SETTLED_S = 50, 5, 2.0
FILLED_WITHIN_S = 300
VIEWS = (("nodes as tiles", "", ".tile", NODES), ("every pod", "?zoom=pods", ".pod", PODS))


async def measure(minutes: float) -> None:
    """All of it."""
    async with staged("--simulated-nodes", str(NODES)) as stage:
        fill(stage)
        restarts = Restarts(stage.client, await some_pods(stage.client))
        await measure_cost(stage, restarts, "floor: one change while nobody looks")
        for name, view, _, _ in VIEWS:
            await measure_server(stage, restarts, name, view)
        show("the server with all of it", f"{resident_mb(stage.cluster.pid):,.0f} MB")
        if stage.context is not None:
            await measure_browser(stage, restarts)


def fill(stage: Stage) -> None:
    """As users do: by Deployments."""
    begun_s = time.perf_counter()
    for number in range(APPS):
        stage.cluster.kubectl("create", "deployment", f"app-{number}", "--image=app:1", f"--replicas={PODS // APPS}")
    for number in range(APPS):
        stage.cluster.kubectl("rollout", "status", f"deployment/app-{number}", timeout_s=FILLED_WITHIN_S)
    show(f"{NODES:,} nodes run {PODS:,} pods", f"after {time.perf_counter() - begun_s:.1f} s")


async def measure_server(stage: Stage, restarts: Restarts, name: str, view: str) -> None:
    """What is there without a browser: the page's bytes, and the message that tells of a change."""
    async with reading(stage.cluster, view) as reader:
        times_s, size_bytes = await reader.load(f"/ui/{view}", LOADS)
        show_times(f"{name}: the page's {size_bytes / 1e6:.1f} MB", times_s)
        changes = await measure_cost(stage, restarts, f"{name}: one change")
        delays_s = reader.seen.delays_s(changes)
        if delays_s:
            show_times(f"{name}: one change, to the stream", delays_s)


async def measure_cost(stage: Stage, restarts: Restarts, name: str) -> list[Made]:
    """What a change takes of the server, with all else that a thousand nodes make it do meanwhile."""
    before_s = cpu_s(stage.cluster.pid)
    changes = await one_by_one(restarts.make, CHANGES)
    show(f"{name}, of the server's core", f"{ms((cpu_s(stage.cluster.pid) - before_s) / CHANGES)} each")
    return changes


async def measure_browser(stage: Stage, restarts: Restarts) -> None:
    """First paints, then changes."""
    floor_s = await first_paint_s(stage, "/ui/report", "h1", 1)
    show("floor: first paint of a page with little on it", ms(floor_s))
    for name, view, selector, count in VIEWS:
        took_s = await first_paint_s(stage, f"/ui/{view}", selector, count)
        said = f"{ms(took_s)}, {took_s / floor_s:.1f} times the floor"
        show(f"{name}: first paint", said, "bar: less than 1 s" if took_s < 1 else "bar: less than 1 s; NO")
    page = await stage.open("/ui/?zoom=pods")
    await note_revisions(page)
    changes = await one_by_one(restarts.make, CHANGES)
    seen = await noted(page)
    show_times("every pod: one change, to the document", seen.delays_s(changes))
    changes = await restarts.make_steadily(PER_SECOND, STEADY_S)
    await asyncio.sleep(SETTLED_S)
    seen = await noted(page)
    show_times(f"every pod: {PER_SECOND} changes a second, to the document", seen.delays_s(changes))
    await stage.close_pages()


async def first_paint_s(stage: Stage, path: str, selector: str, count: int) -> float:
    """The median of some loads of a page, each in a tab of its own."""
    times_s = []
    for _ in range(LOADS):
        page = await stage.open(path)
        times_s.append(await painted_s(page))
        assert await page.locator(selector).count() == count
        await stage.close_pages()
    return median(times_s)


async def one_by_one(make: Callable[[], Awaitable[Made]], number: int, pause_s: float = PAUSE_S) -> list[Made]:
    """Each when the one before has surely been shown."""
    made = []
    for _ in range(number):
        made.append(await make())
        await asyncio.sleep(pause_s)
    return made
