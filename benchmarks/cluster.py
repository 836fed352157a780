"""How fast and how small a whole cluster is: boot, pods, the API under load, and idle.

The server runs as users run it (`wherry up`, a process of its own) in a temporary folder; this process is
the load. Floors from the same run: an empty TLS request (GET /livez) and one fork of this Python.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import median, quantiles

import uvloop

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from suites.running_cluster import IMAGE, RunningCluster, cluster_in, free_port
from wherry.api.core.configmap import CONFIG_MAPS
from wherry.api.core.pod import PODS, Pod
from wherry.apimachinery.document import Document
from wherry.client.client import Client
from wherry.client.kubeconfig import transport_from_kubeconfig
from wherry.kit.http.types import Request, read_body

CONNECTIONS = 16
LOAD_S = 3.0
LISTED = 3000
IDLE_S = 20.0
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
        singles.append(await until_ready(client, {name}, lambda name=name: client.create(PODS, pod(name), "default")))
        await until_gone(client, {name})
    show("create to Ready of one pod, median", median(singles) * 1000, "ms", "aim 60")
    rounds = []
    for number in range(3):
        names = {f"many-{number}-{index}" for index in range(30)}

        async def create_all(names: set[str] = names) -> None:
            await asyncio.gather(*(client.create(PODS, pod(name), "default") for name in names))

        rounds.append(await until_ready(client, names, create_all))
        await until_gone(client, names)
    show("30 pods at once, median of 3", median(rounds), "s", "aim 2", 2)


async def measure_restart(client: Client) -> None:
    """A container killed from outside runs again: the first restart has no back-off."""
    times = []
    for number in range(5):
        name = f"killed-{number}"
        await until_ready(client, {name}, lambda name=name: client.create(PODS, pod(name), "default"))
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


async def load(kubeconfig: Path, ask: Callable[[Client, int], Awaitable[object]]) -> tuple[float, list[float]]:
    """Requests per second over CONNECTIONS connections for LOAD_S, and each one's latency in seconds."""
    latencies: list[float] = []
    end_s = time.perf_counter() + LOAD_S
    number = iter(range(10**9))

    async def one() -> None:
        transport = transport_from_kubeconfig(kubeconfig)
        client = Client(transport, user_agent="benchmark")
        while (now_s := time.perf_counter()) < end_s:
            await ask(client, next(number))
            latencies.append(time.perf_counter() - now_s)
        await transport.close()

    started_s = time.perf_counter()
    await asyncio.gather(*(one() for _ in range(CONNECTIONS)))
    return len(latencies) / (time.perf_counter() - started_s), latencies


async def raw_get(client: Client, path: str) -> bytes:
    response = await client._transport.request(Request("GET", path))
    return await read_body(response)


async def measure_api(kubeconfig: Path, client: Client) -> None:
    floor, _ = await load(kubeconfig, lambda c, _: raw_get(c, "/livez"))
    show(f"floor: GET /livez over {CONNECTIONS} TLS connections", floor, "/s")
    await client.create(CONFIG_MAPS, config_map("one"), "default")
    gets, latencies = await load(kubeconfig, lambda c, _: raw_get(c, "/api/v1/namespaces/default/configmaps/one"))
    show(
        "GET by name",
        gets,
        "/s",
        f"aim 15,000; p50 {median(latencies) * 1000:.2f} ms (this client is the limit above ~8,000)",
    )
    delivered = await watch_under_load(kubeconfig, client)
    show("watch delivery under that load, p99", quantiles(delivered, n=100)[98] * 1000, "ms", "aim 15")
    existing = (await client.list(CONFIG_MAPS, "default")).items
    missing = LISTED - len(existing)
    for start in range(0, max(0, missing), 100):
        await asyncio.gather(
            *(
                client.create(CONFIG_MAPS, config_map(f"fill-{start + n}"), "default")
                for n in range(min(100, missing - start))
            )
        )
    times = []
    for _ in range(9):
        started_s = time.perf_counter()
        size = len(await raw_get(client, f"/api/v1/namespaces/default/configmaps?limit={LISTED}"))
        times.append(time.perf_counter() - started_s)
    show(f"LIST of {LISTED} ConfigMaps ({size / 1e6:.1f} MB)", median(times) * 1000, "ms", "aim 30")


async def watch_under_load(kubeconfig: Path, client: Client) -> list[float]:
    """Creates per second, and how long after the request each creation reached a watcher."""
    sent: dict[str, float] = {}
    delivered: list[float] = []
    transport = transport_from_kubeconfig(kubeconfig)
    watcher = Client(transport, user_agent="benchmark-watcher")
    revision = (await client.list(CONFIG_MAPS, "default", limit=1)).resource_version

    async def watch() -> None:
        async for change in watcher.watch(CONFIG_MAPS, "default", resource_version=revision):
            if change.object is not None and change.object.metadata.name in sent:
                delivered.append(time.perf_counter() - sent.pop(change.object.metadata.name))

    async def create(c: Client, number: int) -> None:
        name = f"load-{number}"
        sent[name] = time.perf_counter()
        await c.create(CONFIG_MAPS, config_map(name), "default")

    watching = asyncio.ensure_future(watch())
    creates, latencies = await load(kubeconfig, create)
    show(
        f"durable creates over {CONNECTIONS} TLS connections",
        creates,
        "/s",
        f"aim 2,000; p50 {median(latencies) * 1000:.2f} ms",
    )
    while sent:
        await asyncio.sleep(0.01)
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)
    await transport.close()
    return delivered


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
    cold, warm = [], []
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
    await measure_api(cluster.kubeconfig, client)
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
