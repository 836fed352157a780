"""How fast and how small the API server is: writes, reads, lists and watches over TLS, beside the floors.

The server is a process of its own with one core (api_process.py), the load another. Floors from the same run: an
empty TLS request (GET /livez), and bare commits of SQLite. What a request costs the server's core tells its capacity
also where something else keeps the machine busy.

    python -m benchmarks api [SECONDS]
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import chain, count
from pathlib import Path
from statistics import median, quantiles

import orjson
import uvloop

from benchmarks.raw_client import RawClient
from benchmarks.store import measure_floor
from wherry.apimachinery.document import Document

MAPS = "/api/v1/namespaces/default/configmaps"
PODS = "/api/v1/namespaces/default/pods"
MERGE, STRATEGIC = "application/merge-patch+json", "application/strategic-merge-patch+json"
APPLY = "application/apply-patch+yaml"
JSON = "application/json"
LISTED_PODS = 10_000
PAGE = 500
ROUNDS = 3
SPREAD = 64
TICKS = os.sysconf("SC_CLK_TCK")
Next = Callable[[], bytes]


def config_map(name: str, mark: str = "0") -> Document:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"text": "x" * 900, "n": mark}}


def pod(number: int) -> Document:
    labels: Document = {"app": f"web-{number % 100}", "tier": "front" if number % 2 else "back"}
    container: Document = {
        "name": "app",
        "image": "registry.example/team/app:1.2.3",
        "ports": [{"containerPort": 8080}],
        "env": [{"name": f"SETTING_{index}", "value": "v" * 40} for index in range(12)],
        "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}, "limits": {"memory": "128Mi"}},
        "readinessProbe": {"httpGet": {"path": "/ready", "port": 8080}},
    }
    return {"metadata": {"name": f"pod-{number:05}", "labels": labels}, "spec": {"containers": [container]}}


def show(name: str, value: float, unit: str, remark: str = "", digits: int = 0) -> None:
    print(f"  {name:<52}{value:>10,.{digits}f} {unit:<6} {remark}", flush=True)


class ServerProcess:
    """The server, and what it costs."""

    def __init__(self, folder: Path) -> None:
        self._child = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.api_process", str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.pid = self._child.pid
        assert self._child.stdout is not None
        self.raw = RawClient(Path(self._child.stdout.readline().strip()))

    def stop(self) -> None:
        assert self._child.stdin is not None
        self._child.stdin.close()
        self._child.wait(20)

    @property
    def cpu_s(self) -> float:
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    @property
    def resident_mb(self) -> float:
        return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


@contextmanager
def a_core_each(pid: int) -> Iterator[None]:
    cores = sorted(os.sched_getaffinity(0))
    for thread in Path(f"/proc/{pid}/task").iterdir():
        os.sched_setaffinity(int(thread.name), {cores[-1]})
    os.sched_setaffinity(0, {cores[0]})
    try:
        yield
    finally:
        os.sched_setaffinity(0, set(cores))


class Bench:
    """Measures one server."""

    def __init__(self, server: ServerProcess, seconds: float) -> None:
        self.server = server
        self.raw = server.raw
        self.seconds = seconds
        self.floor_us: dict[int, float] = {}

    async def rate(self, name: str, next_request: Next, connections: int) -> None:
        before_s = self.server.cpu_s
        try:
            rounds = [
                await self.raw.load(next_request, connections=connections, seconds=self.seconds) for _ in range(ROUNDS)
            ]
        except RuntimeError as refused:
            print(f"  {name:<52}   refused: {str(refused)[:120]}")
            return
        latencies_s = list(chain.from_iterable(tally.latencies_s for tally in rounds))
        cost_us = (self.server.cpu_s - before_s) / len(latencies_s) * 1e6
        floor_us = self.floor_us.setdefault(connections, cost_us)
        p99_ms = quantiles(latencies_s, n=100)[98] * 1000
        remark = f"p99 {p99_ms:6.2f} ms  {cost_us:4.0f} us of the core each, {cost_us / floor_us:.1f} x the floor"
        show(f"{name}, {connections} connections", median(tally.per_second for tally in rounds), "/s", remark)

    async def requests(self, connections: int) -> None:
        raw = self.raw
        numbers, turns = count(), count()
        livez = raw.request("GET", "/livez")
        await self.rate("floor: GET /livez", lambda: livez, connections)
        for index in range(SPREAD):
            body = orjson.dumps(config_map(f"m{index}"))
            await raw.once(raw.request("POST", MAPS, body))
        gets = [raw.request("GET", f"{MAPS}/m{index}") for index in range(SPREAD)]
        await self.rate("GET", lambda: gets[next(turns) % SPREAD], connections)

        def creates() -> bytes:
            return raw.request("POST", MAPS, orjson.dumps(config_map(f"c{connections}-{next(numbers)}")))

        def pods() -> bytes:
            return raw.request("POST", PODS, orjson.dumps(pod(connections * 1_000_000 + next(numbers))))

        def updates() -> bytes:
            number = next(turns)
            name = f"m{number % SPREAD}"
            return raw.request("PUT", f"{MAPS}/{name}", orjson.dumps(config_map(name, str(number))))

        def patches(content_type: str, suffix: str = "") -> Next:
            def make() -> bytes:
                number = next(turns)
                name = f"m{number % SPREAD}"
                change: Document = {"data": {"n": str(number)}}
                if content_type == APPLY:
                    change = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, **change}
                body = orjson.dumps(change)
                return raw.request("PATCH", f"{MAPS}/{name}{suffix}", body, content_type=content_type)

            return make

        await self.rate("create a ConfigMap", creates, connections)
        await self.rate("create a Pod", pods, connections)
        await self.rate("update (PUT)", updates, connections)
        await self.rate("merge patch", patches(MERGE), connections)
        await self.rate("strategic merge patch", patches(STRATEGIC), connections)
        await self.rate("server-side apply", patches(APPLY, "?fieldManager=bench&force=true"), connections)

    async def prepare(self) -> None:
        """What pods need before they can be."""
        account: Document = {"metadata": {"name": "default"}}
        await self.raw.once(
            self.raw.request("POST", "/api/v1/namespaces/default/serviceaccounts", orjson.dumps(account))
        )

    async def fill(self) -> None:
        """The pods that are listed; they tell what one costs in memory."""
        before_mb = self.server.resident_mb
        names = iter(range(LISTED_PODS))
        size = 0

        def next_pod() -> bytes | None:
            number = next(names, None)
            return None if number is None else self.raw.request("POST", PODS, orjson.dumps(pod(number)))

        started_s = time.perf_counter()
        await self.raw.exhaust(next_pod, connections=64)
        took_s = time.perf_counter() - started_s
        size = len(await self.raw.once(self.raw.request("GET", f"{PODS}/pod-00001")))
        after_mb = self.server.resident_mb
        remark = f"{after_mb - before_mb:+.0f} MB; each {size:,} bytes; made in {took_s:.1f} s"
        show(f"resident with {LISTED_PODS:,} Pods", after_mb, "MB", remark)

    async def lists(self) -> None:
        get = self.raw.request
        await self.latency("LIST whole", get("GET", PODS))
        await self.latency("LIST whole, gzip", get("GET", PODS, headers="Accept-Encoding: gzip\r\n"))
        await self.latency(f"LIST a page of {PAGE}", get("GET", f"{PODS}?limit={PAGE}"))
        await self.latency("LIST by label, 1 % match", get("GET", f"{PODS}?labelSelector=app%3Dweb-7"))
        await self.latency("LIST by label, half match", get("GET", f"{PODS}?labelSelector=tier%3Dfront"))
        await self.latency("LIST by field spec.nodeName=", get("GET", f"{PODS}?fieldSelector=spec.nodeName%3Dn1"))
        table = "Accept: application/json;as=Table;v=v1;g=meta.k8s.io\r\n"
        await self.latency(f"LIST a page of {PAGE} as Table", get("GET", f"{PODS}?limit={PAGE}", headers=table))
        partial = "Accept: application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io\r\n"
        await self.latency("LIST whole, only metadata", get("GET", PODS, headers=partial))

    async def latency(self, name: str, request: bytes) -> None:
        before_s = self.server.cpu_s
        tally = await self.raw.load(lambda: request, connections=1, seconds=self.seconds * 2)
        times = len(tally.latencies_s)
        cost_ms = (self.server.cpu_s - before_s) / times * 1000
        remark = f"{tally.body_bytes / times / 1e6:.2f} MB, {cost_ms:.1f} ms of the core"
        show(name, median(tally.latencies_s) * 1000, "ms", remark, 1)

    async def watchers(self, watchers: int) -> None:
        """All watch one resource; what one of them sees of each event is timed, and all are counted."""
        for index in range(10):
            await self.raw.once(self.raw.request("POST", MAPS, orjson.dumps(config_map(f"watched-{index}"))))
        before_mb = self.server.resident_mb
        delays: list[float] = []
        sent: dict[bytes, float] = {}
        request = self.raw.request("GET", f"{MAPS}?watch=true&fieldSelector=metadata.namespace%3Ddefault")
        crowd = await self.raw.crowd(request, watchers, sent, delays)
        per_watcher_kb = (self.server.resident_mb - before_mb) * 1000 / watchers
        for burst in (1, 10):
            delays.clear()
            begun, before_s, started_s = crowd.lines, self.server.cpu_s, time.perf_counter()
            number = 0
            while time.perf_counter() - started_s < self.seconds * 2:
                wanted = crowd.lines + burst * watchers
                requests = []
                for index in range(burst):
                    number += 1
                    mark = b"%d-%d" % (burst, number)
                    change = orjson.dumps({"data": {"n": mark.decode()}})
                    requests.append(self.raw.request("PATCH", f"{MAPS}/watched-{index}", change, content_type=MERGE))
                    sent[mark] = time.perf_counter()
                await self.raw.burst(requests)
                await crowd.until(wanted)
            took_s = time.perf_counter() - started_s
            lines = crowd.lines - begun
            cost_us = (self.server.cpu_s - before_s) / lines * 1e6
            p99_ms = quantiles(delays, n=100)[98] * 1000 if len(delays) > 1 else 0.0
            remark = f"p50 {median(delays) * 1000:.1f} ms, p99 {p99_ms:.1f} ms, {cost_us:.1f} us of the core each"
            show(f"{watchers:,} watchers, {burst} at once: deliveries", lines / took_s, "/s", remark)
        show("  memory of each watcher", per_watcher_kb, "KB", digits=1)
        crowd.close()


async def measure_requests(server: ServerProcess, seconds: float) -> None:
    show("resident, empty", server.resident_mb, "MB")
    bench = Bench(server, seconds)
    await bench.prepare()
    with a_core_each(server.pid):
        for connections in (16, 128):
            await bench.requests(connections)
    show("resident after all these writes", server.resident_mb, "MB")


async def measure_reading(server: ServerProcess, seconds: float) -> None:
    bench = Bench(server, seconds)
    await bench.prepare()
    with a_core_each(server.pid):
        await bench.fill()
        await bench.lists()


async def measure_watching(server: ServerProcess, seconds: float) -> None:
    with a_core_each(server.pid):
        for watchers in (1000, 5000):
            await Bench(server, seconds).watchers(watchers)
    show("resident after all that", server.resident_mb, "MB")


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 1.0
    with tempfile.TemporaryDirectory(prefix="wherry-bench-") as name:
        folder = Path(name)
        floor = median(measure_floor(folder / f"floor-{number}.db") for number in range(ROUNDS))
        show("floor: bare SQLite commits, one writer", floor, "/s")
        for measure in (measure_requests, measure_reading, measure_watching):
            home = folder / measure.__name__
            home.mkdir()
            started_s = time.perf_counter()
            server = ServerProcess(home)
            show("start to the first answer", (time.perf_counter() - started_s) * 1000, "ms")
            try:
                uvloop.run(measure(server, seconds))
            finally:
                server.stop()
            size_mb = sum(path.stat().st_size for path in home.glob("state.db*")) / 1e6
            show("the database's files after all that", size_mb, "MB")


if __name__ == "__main__":
    main()
