"""From a commit of the store to what stands in the document, at fifty changes a second."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from benchmarks.cluster import cpu_s
from benchmarks.dashboard.changes import Restarts, Seen, some_pods
from benchmarks.dashboard.figures import p95, show, show_times
from benchmarks.dashboard.stage import Stage, note_revisions, noted, reading, staged
from wherry.api.core.pod import PODS
from wherry.client.client import Client

PER_SECOND = 50
SECONDS = 10
COPIES = 40
SETTLED_S = 1.0
WARM_S = 2


@asynccontextmanager
async def watching(client: Client) -> AsyncIterator[Seen]:
    """When each change comes to a plain watch: what no page can be faster than."""
    seen = Seen()
    listed = await client.list(PODS, "default")

    async def watch() -> None:
        async for change in client.watch(PODS, "default", resource_version=listed.resource_version):
            if change.object is not None:
                seen.note(int(change.object.metadata.resource_version))

    running = asyncio.ensure_future(watch())
    yield seen
    running.cancel()


async def measure(minutes: float) -> None:
    """A cluster of three nodes with forty pods."""
    async with staged("--simulated-nodes", "3") as stage:
        stage.cluster.kubectl("create", "deployment", "web", "--image=web:1", f"--replicas={COPIES}")
        stage.cluster.kubectl("rollout", "status", "deployment/web")
        restarts = Restarts(stage.client, await some_pods(stage.client))
        floor_s = await measure_server(stage, restarts)
        if stage.context is not None:
            await measure_browser(stage, restarts, floor_s)


async def measure_server(stage: Stage, restarts: Restarts) -> list[float]:
    """Up to the stream; and what a change costs the server. Returns how long a plain watch took."""
    await restarts.make_steadily(PER_SECOND, WARM_S)
    async with watching(stage.client) as floor:
        before_s = cpu_s(stage.cluster.pid)
        changes = await restarts.make_steadily(PER_SECOND, SECONDS)
        unseen_s = cpu_s(stage.cluster.pid) - before_s
        await asyncio.sleep(SETTLED_S)
    floor_s = floor.delays_s(changes)
    show_times(f"floor: {PER_SECOND} changes a second, to a watch", floor_s)
    async with reading(stage.cluster, "") as reader:
        before_s = cpu_s(stage.cluster.pid)
        changes = await restarts.make_steadily(PER_SECOND, SECONDS)
        looked_at_s = cpu_s(stage.cluster.pid) - before_s
        await asyncio.sleep(SETTLED_S)
    show_times("to the stream of the picture", reader.seen.delays_s(changes), floor_s=floor_s)
    frames, size = len(reader.sizes_bytes) / SECONDS, sum(reader.sizes_bytes) / len(changes)
    show("its messages", f"{frames:.1f} a second, {size:,.0f} bytes a change")
    costs = " and ".join(f"{seconds / SECONDS * 100:.1f} %" for seconds in (unseen_s, looked_at_s))
    show("the server while nobody looks, and while somebody does", f"{costs} of a core")
    return floor_s


async def measure_browser(stage: Stage, restarts: Restarts, floor_s: list[float]) -> None:
    """Up to the document."""
    page = await stage.open("/ui/?ns=default")
    await note_revisions(page)
    changes = await restarts.make_steadily(PER_SECOND, SECONDS)
    await asyncio.sleep(SETTLED_S)
    delays_s = (await noted(page)).delays_s(changes)
    show_times("to the document of a browser", delays_s, "bar: p95 at most 100 ms", floor_s)
    assert len(delays_s) == len(changes), "a page that is live shows every change"
    is_good = p95(delays_s) <= 0.1
    show("within its bar", "yes" if is_good else "NO")
