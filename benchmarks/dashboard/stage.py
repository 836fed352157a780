"""A cluster that is looked at: by a browser, and by a plain reader of the same stream."""

from __future__ import annotations

import asyncio
import json
import ssl
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode, urlsplit
from urllib.request import HTTPCookieProcessor, HTTPSHandler, build_opener

from playwright.async_api import BrowserContext, Error, Page, async_playwright

from benchmarks.dashboard.changes import Seen
from suites.browser import CHROMIUM, DROPPED, FLAGS, login_link, origin
from suites.running_cluster import RunningCluster, cluster_in
from wherry.client.client import Client
from wherry.client.kubeconfig import transport_from_kubeconfig

LIVE_WITHIN_MS = 60_000
LOADS_MAX = 5
LINE_BYTES_MAX = 1 << 28
"""The first message to a reader is the whole view."""

PAINTED = """() => new Promise(done => new PerformanceObserver(list =>
  list.getEntriesByName("first-contentful-paint").forEach(one => done(one.startTime))
).observe({ type: "paint", buffered: true }))"""
NOTE_REVISIONS = """() => {
  const view = document.getElementById("view");
  window.sights = [];
  new MutationObserver(() => window.sights.push([Number(view.dataset.revision),
    (performance.timeOrigin + performance.now()) / 1000])).observe(view, {attributeFilter: ["data-revision"]});
}"""


@dataclass
class Stage:
    """One cluster, a client with all rights, and a browser where there is one."""

    cluster: RunningCluster
    client: Client
    context: BrowserContext | None
    pages: list[Page] = field(default_factory=list)

    @property
    def base(self) -> str:
        """Where it is served."""
        return origin(self.cluster)

    async def open(self, path: str) -> Page:
        """A tab that is live."""
        page = await self.load(path)
        await page.locator("#state", has_text="live").wait_for(timeout=LIVE_WITHIN_MS)
        self.pages.append(page)
        return page

    async def load(self, path: str) -> Page:
        """A tab with a page and its script, loaded once more where Chromium has dropped its connections meanwhile."""
        assert self.context is not None
        for _ in range(LOADS_MAX):
            page = await self.context.new_page()
            try:
                await page.goto(self.base + path)
                if await page.locator("#pause").is_visible():
                    return page
            except Error as error:
                if not any(sign in str(error) for sign in DROPPED):
                    raise
            await page.close()
        raise RuntimeError(f"{path} could not be loaded in {LOADS_MAX} tries")

    async def close_pages(self) -> None:
        """Nobody looks any more."""
        while self.pages:
            await self.pages.pop().close()


@asynccontextmanager
async def staged(*options: str) -> AsyncIterator[Stage]:
    """A cluster of simulated nodes in a folder of its own."""
    with (
        tempfile.TemporaryDirectory(prefix="wherry-bench-") as folder,
        cluster_in(Path(folder) / "home", "--no-real-node", *options) as cluster,
    ):
        transport = transport_from_kubeconfig(cluster.kubeconfig)
        client = Client(transport, user_agent="benchmark")
        if CHROMIUM:
            async with async_playwright() as playwright:
                browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
                context = await browser.new_context(ignore_https_errors=True, viewport={"width": 1280, "height": 800})
                await _sign_in(context, cluster)
                yield Stage(cluster, client, context)
                await browser.close()
        else:
            yield Stage(cluster, client, None)
        await transport.close()


async def _sign_in(context: BrowserContext, cluster: RunningCluster) -> None:
    page = await context.new_page()
    await page.goto(login_link(cluster))
    await page.wait_for_url("**/ui/")
    await page.close()


async def painted_s(page: Page) -> float:
    """How long after it was asked for a page had something in it."""
    return float(await page.evaluate(PAINTED)) / 1000


async def note_revisions(page: Page) -> None:
    """Note from now on when which revision is in the document."""
    await page.evaluate(NOTE_REVISIONS)


async def noted(page: Page) -> Seen:
    """What was noted."""
    return Seen([(int(revision), at_s) for revision, at_s in await page.evaluate("window.sights")])


class Reader:
    """Reads a view's stream as a browser does, and paints nothing."""

    def __init__(self, cluster: RunningCluster, views: Sequence[str]) -> None:
        """Signs in; `views` are the addresses below /ui/."""
        self.seen = Seen()
        self.sizes_bytes: list[int] = []
        self._cluster = cluster
        self._views = views
        self._tls = ssl.create_default_context(cafile=str(cluster.home / "pki" / "ca.crt"))
        self._cookie = self._sign_in()

    async def load(self, path: str, times: int) -> tuple[list[float], int]:
        """Load a page again and again: the seconds that each took, and its size in bytes."""
        times_s, size_bytes = [], 0
        for _ in range(times):
            begun_s = time.perf_counter()
            size_bytes = len(await asyncio.to_thread(self.get, path))
            times_s.append(time.perf_counter() - begun_s)
        return times_s, size_bytes

    def get(self, path: str) -> bytes:
        """A page, as the server sends it."""
        with self._opener.open(origin(self._cluster) + path) as answer:
            body: bytes = answer.read()
        return body

    async def follow(self, begun: Callable[[], None]) -> None:
        """Read until cancelled; calls `begun` once everything so far is there."""
        query = urlencode([("view", view) for view in self._views])
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", self._cluster.port, ssl=self._tls, limit=LINE_BYTES_MAX
        )
        head = (
            f"GET /ui/stream?{query} HTTP/1.1\r\nHost: 127.0.0.1:{self._cluster.port}\r\nCookie: {self._cookie}\r\n\r\n"
        )
        writer.write(head.encode())
        missing = len(self._views)
        try:
            async for line in reader:
                if line.startswith(b"data: "):
                    message = json.loads(line[6:])
                    if missing and (missing := missing - 1) == 0:
                        begun()
                    elif not missing:
                        self.seen.note(message["revision"])
                        self.sizes_bytes.append(len(line))
        finally:
            writer.close()

    def _sign_in(self) -> str:
        jar = HTTPCookieProcessor()
        self._opener = build_opener(HTTPSHandler(context=self._tls), jar)
        link = login_link(self._cluster)
        assert urlsplit(link).port == self._cluster.port
        self._opener.open(link).close()
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in jar.cookiejar)


@asynccontextmanager
async def reading(cluster: RunningCluster, *views: str) -> AsyncIterator[Reader]:
    """A reader that is up to date."""
    reader, begun = Reader(cluster, views), asyncio.Event()
    following = asyncio.ensure_future(reader.follow(begun.set))
    async with asyncio.timeout(60):
        await begun.wait()
    yield reader
    following.cancel()
