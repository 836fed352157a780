"""Six tabs of one browser: each stays live, and one more page answers."""

from __future__ import annotations

import asyncio
from statistics import median

from benchmarks.dashboard.changes import Restarts, some_pods
from benchmarks.dashboard.figures import ms, show, show_times
from benchmarks.dashboard.stage import Stage, note_revisions, noted, staged

TABS = ("/ui/", "/ui/?ns=default", "/ui/?zoom=pods", "/ui/?app=web", "/ui/?state=Running", "/ui/?zoom=pods&ns=default")
LOADS = 5
PER_SECOND, SECONDS, SETTLED_S = 10, 5, 1.0
LOADED = "() => performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd / 1000"


async def measure(minutes: float) -> None:
    """With one tab, then with six."""
    async with staged("--simulated-nodes", "3") as stage:
        stage.cluster.kubectl("create", "deployment", "web", "--image=web:1", "--replicas=40")
        stage.cluster.kubectl("rollout", "status", "deployment/web")
        if stage.context is None:
            show("without a browser there are no tabs", "left out")
            return
        alone_s = await load_s(stage)
        show("floor: a page in the only tab", ms(alone_s))
        tabs = [await stage.open(path) for path in TABS]
        leaders = [await tab.evaluate("document.documentElement.dataset.leader === 'yes'") for tab in tabs]
        assert sum(leaders) == 1, "one tab holds the connection of all"
        show("a page beside six tabs", f"{ms(await load_s(stage))}")
        for tab in tabs:
            await note_revisions(tab)
        restarts = Restarts(stage.client, await some_pods(stage.client))
        changes = await restarts.make_steadily(PER_SECOND, SECONDS)
        await asyncio.sleep(SETTLED_S)
        delays_s = [(await noted(tab)).delays_s(changes) for tab in tabs]
        assert all(len(each) == len(changes) for each in delays_s), "each tab shows every change"
        show_times(f"{PER_SECOND} changes a second, to the document in front", delays_s[-1])
        behind_s = [max(each) for each in zip(*delays_s[:-1], strict=True)]
        show_times("the same, to the last of the five behind it, which have no frames", behind_s)


async def load_s(stage: Stage) -> float:
    """The median of some loads."""
    times_s = []
    for _ in range(LOADS):
        page = await stage.load("/ui/next")
        times_s.append(float(await page.evaluate(LOADED)))
        await page.close()
    return median(times_s)
