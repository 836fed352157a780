"""How fast and how small a whole cluster is: boot, pods, the API under load, and idle.

The server runs as users run it (`wherry up`, a process of its own) in a temporary folder; this process is
the load. Floors from the same run: an empty TLS request (GET /livez) and one start of this Python. For the
API's rates the server has one core and the load another, and the load only counts (raw_client.py); its
numbers move by a fifth and more when anything else runs on the machine.

    python -m benchmarks cluster
"""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import chain, count
from pathlib import Path
from statistics import median, quantiles

import orjson
import uvloop

from benchmarks.raw_client import RawClient
from suites.running_cluster import IMAGE, RunningCluster, cluster_in, free_port
from wherry.api.core.configmap import CONFIG_MAPS
from wherry.api.core.pod import PODS, Pod
from wherry.apimachinery.document import Document
from wherry.client.client import Client
from wherry.client.kubeconfig import transport_from_kubeconfig

MAPS = "/api/v1/namespaces/default/configmaps"
NAME = re.compile(rb'"name":"(load-\d+)"')
CONNECTIONS = 16
ROUNDS = 3
LOAD_S = 3.0
LISTED = 3000
IDLE_S = 60.0
TICKS = os.sysconf("SC_CLK_TCK")


def show(name: str, value: float, unit: str, aim: str = "", digits: int = 1) -> None:
    print(f"  {name:<58}{value:>10,.{digits}f} {unit:<6} {aim}", flush=True)


def config_map(name: str) -> Document:
    return {"metadata": {"name": name}, "data": {"text": "x" * 900}}


def pod(name: str) -> Document:
    container = {
        "name": "c",
        "image": IMAGE,
        "command": ["sh", "-c", "sleep 100000"],
        "resources": {"requests": {"cpu": "1m", "memory": "1Mi"}},
    }
    return {"metadata": {"name": name}, "spec": {"terminationGracePeriodSeconds": 0, "containers": [container]}}


def is_ready(thing: Pod) -> bool:
    return any(entry.type == "Ready" and entry.status == "True" for entry in thing.status.conditions)


async def until_ready(client: Client, names: set[str], start: Callable[[], Awaitable[object]]) -> float:
    """Seconds from `start` until the API says that all these pods are Ready."""
    listed = await client.list(PODS, "default")
    waiting = set(names)
    changes = client.watch(PODS, "default", resource_version=listed.resource_version)
    started_s = time.perf_counter()
    creating = asyncio.ensure_future(start())
    async for change in changes:
        if change.object is not None and is_ready(change.object):
            waiting.discard(change.object.metadata.name)
        if not waiting:
            break
    took_s = time.perf_counter() - started_s
    await creating
    return took_s


async def create_pods(client: Client, *names: str) -> None:
    await asyncio.gather(*(client.create(PODS, pod(name), "default") for name in names))


async def until_gone(client: Client, names: set[str]) -> None:
    listed = await client.list(PODS, "default")
    present = {item.metadata.name for item in listed.items} & names
    for name in present:
        await client.delete(PODS, name, "default", grace_period_s=0)
    if not present:
        return
    async for change in client.watch(PODS, "default", resource_version=listed.resource_version):
        if change.type == "DELETED" and change.object is not None:
            present.discard(change.object.metadata.name)
        if not present:
            return


async def measure_pods(client: Client) -> None:
    singles = []
    for number in range(12):
        name = f"single-{number}"
        singles.append(await until_ready(client, {name}, partial(create_pods, client, name)))
        await until_gone(client, {name})
    show("create to Ready of one pod, median", median(singles) * 1000, "ms", "aim 60")
    rounds = []
    for number in range(3):
        names = {f"many-{number}-{index}" for index in range(30)}
        rounds.append(await until_ready(client, names, partial(create_pods, client, *names)))
        await until_gone(client, names)
    show("30 pods at once, median of 3", median(rounds), "s", "aim 2", 2)


async def measure_restart(client: Client) -> None:
    """A container killed from outside runs again: the first restart has no back-off."""
    times = []
    for number in range(5):
        name = f"killed-{number}"
        await until_ready(client, {name}, partial(create_pods, client, name))
        before = await client.get(PODS, name, "default")
        container_id = before.status.container_statuses[0].container_id.rpartition("/")[2]
        pids = [
            int(entry.name)
            for entry in Path("/proc").iterdir()
            if entry.name.isdecimal() and container_id in read_quietly(entry / "cgroup")
        ]
        changes = client.watch(
            PODS, "default", resource_version=before.metadata.resource_version, field_selector=f"metadata.name={name}"
        )
        started_s = time.perf_counter()
        os.kill(min(pids), 9)
        async for change in changes:
            statuses = change.object.status.container_statuses if change.object else ()
            if statuses and statuses[0].restart_count == 1 and statuses[0].state and statuses[0].state.running:
                break
        times.append(time.perf_counter() - started_s)
        await until_gone(client, {name})
    show(
        "killed container running again, median",
        median(times) * 1000,
        "ms",
        "aim 50 after its back-off (the first has none)",
    )


def read_quietly(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""


async def measure_api(cluster: RunningCluster, client: Client) -> None:
    raw, pid = RawClient(cluster.kubeconfig), cluster.pid
    livez, one = raw.request("GET", "/livez"), raw.request("GET", f"{MAPS}/one")
    await rate(f"floor: GET /livez over {CONNECTIONS} TLS connections", raw, lambda: livez, pid)
    await client.create(CONFIG_MAPS, config_map("one"), "default")
    await rate("GET by name, the same way", raw, lambda: one, pid, "aim 15,000  ")
    await measure_creates(raw, pid)
    listed = raw.request("GET", f"{MAPS}?limit={LISTED}")
    tally = await raw.load(lambda: listed, connections=1, seconds=LOAD_S)
    size_mb = tally.body_bytes / len(tally.latencies_s) / 1e6
    show(f"LIST of {LISTED:,} ConfigMaps ({size_mb:.1f} MB)", median(tally.latencies_s) * 1000, "ms", "aim 30")


async def rate(name: str, raw: RawClient, next_request: Callable[[], bytes], pid: int, aim: str = "") -> None:
    """The median of ROUNDS, each with its own connections.

    What a request costs the server's core says what a core can do, also where others kept it busy meanwhile.
    """
    before_s = cpu_s(pid)
    rounds = [await raw.load(next_request, connections=CONNECTIONS, seconds=LOAD_S) for _ in range(ROUNDS)]
    latencies_s = list(chain.from_iterable(tally.latencies_s for tally in rounds))
    cost_us = (cpu_s(pid) - before_s) / len(latencies_s) * 1e6
    remark = f"{aim}p50 {median(latencies_s) * 1000:.2f} ms, {cost_us:.0f} us of the server's core each"
    show(name, median(tally.per_second for tally in rounds), "/s", remark)


async def measure_creates(raw: RawClient, pid: int) -> None:
    """Durable creates per second, and how long after each request was sent a watcher had the new object."""
    sent: dict[bytes, float] = {}
    delivered: list[float] = []
    numbers = count()

    def next_request() -> bytes:
        name = f"load-{next(numbers)}"
        request = raw.request("POST", MAPS, orjson.dumps(config_map(name)))
        sent[name.encode()] = time.perf_counter()
        return request

    def on_event(line: bytes) -> None:
        found = NAME.search(line)
        if found is not None and found[1] in sent:
            delivered.append(time.perf_counter() - sent.pop(found[1]))

    stop = await raw.watch(f"{MAPS}?watch=true", on_event)
    await rate("durable creates, the same way", raw, next_request, pid, "aim 2,000  ")
    async with asyncio.timeout(10):
        while sent:
            await asyncio.sleep(0.01)
    stop()
    show("from sending a create to a watcher's event, p50", median(delivered) * 1000, "ms")
    show("the same, p99", quantiles(delivered, n=100)[98] * 1000, "ms", "aim 15")


@contextmanager
def a_core_each(pid: int) -> Iterator[None]:
    """The server's threads on one core, this process on another: what one core of the server can do."""
    cores = sorted(os.sched_getaffinity(0))

    def pin(server: set[int], ours: set[int]) -> None:
        for thread in Path(f"/proc/{pid}/task").iterdir():
            os.sched_setaffinity(int(thread.name), server)
        os.sched_setaffinity(0, ours)

    pin({cores[-1]}, {cores[0]})
    try:
        yield
    finally:
        pin(set(cores), set(cores))


def cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def resident_mb(pid: int) -> float:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def measure_idle(cluster: RunningCluster) -> None:
    before = cpu_s(cluster.pid)
    time.sleep(IDLE_S)
    show(f"idle, over {IDLE_S:.0f} s", (cpu_s(cluster.pid) - before) / IDLE_S * 100, "% core", "aim 0.5", 2)
    show("resident", resident_mb(cluster.pid), "MB", "aim 120 idle")


def measure_boot(folder: Path) -> None:
    floors = []
    for _ in range(5):
        started_s = time.perf_counter()
        subprocess.run([sys.executable, "-c", "pass"], check=True)
        floors.append(time.perf_counter() - started_s)
    show("floor: python -c pass", median(floors) * 1000, "ms")
    cold: list[float] = []
    warm: list[float] = []
    for number in range(3):
        cluster = RunningCluster(folder / f"boot-{number}", free_port())
        for times in (cold, warm):
            started_s = time.perf_counter()
            cluster.wherry("up", "--port", str(cluster.port))
            times.append(time.perf_counter() - started_s)
            cluster.wherry("down")
    show("wherry up to a Ready node, the first time", median(cold), "s", "aim 1", 2)
    show("the same again", median(warm), "s", "", 2)


async def measure_running(cluster: RunningCluster) -> None:
    transport = transport_from_kubeconfig(cluster.kubeconfig)
    client = Client(transport, user_agent="benchmark")
    await measure_pods(client)
    await measure_restart(client)
    with a_core_each(cluster.pid):
        await measure_api(cluster, client)
    await transport.close()


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="wherry-bench-") as name:
        folder = Path(name)
        measure_boot(folder)
        with cluster_in(folder / "home") as cluster:
            cluster.build_toolbox()
            measure_idle(cluster)
            uvloop.run(measure_running(cluster))
            show("resident after all that", resident_mb(cluster.pid), "MB")


if __name__ == "__main__":
    main()
