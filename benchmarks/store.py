"""How fast the store is, beside the floor: bare SQLite commits on the same disk in the same run.

python benchmarks/store.py [DIRECTORY]
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import apsw
import uvloop

from wherry.kit.clock import settle
from wherry.store.sqlite import SqliteStore

VALUE = b"{" + b"x" * 1022 + b"}"
ROUNDS = 5
WRITES = 3000
LIST_KEYS = 3000


def measure_floor(path: Path) -> float:
    """Bare commits of one 1 KB row, synchronous=FULL, per second."""
    connection = apsw.Connection(str(path))
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA wal_autocheckpoint = 0")
    connection.execute("CREATE TABLE floor (n INTEGER PRIMARY KEY, value BLOB)")
    started_s = time.perf_counter()
    for n in range(WRITES):
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO floor VALUES (?, ?)", (n, VALUE))
        connection.execute("COMMIT")
    elapsed_s = time.perf_counter() - started_s
    connection.close()
    return WRITES / elapsed_s


async def measure_puts(path: Path, writers: int) -> float:
    """Durable puts per second by so many concurrent writers."""
    store = SqliteStore(path)

    async def write(writer: int) -> None:
        for n in range(WRITES // writers):
            await store.put(f"/core/pods/default/web-{writer}-{n % 50}", VALUE)

    started_s = time.perf_counter()
    await asyncio.gather(*(write(writer) for writer in range(writers)))
    elapsed_s = time.perf_counter() - started_s
    await store.close()
    return WRITES / elapsed_s


async def measure_reads(path: Path) -> tuple[float, float, float]:
    """Seconds for one list of 3,000 keys, for one get, and for one such list in the past."""
    store = SqliteStore(path)
    await asyncio.gather(*(store.put(f"/core/configmaps/default/c-{n:05}", VALUE) for n in range(LIST_KEYS)))
    revision = store.revision
    await asyncio.gather(*(store.put(f"/core/configmaps/default/c-{n:05}", VALUE) for n in range(0, LIST_KEYS, 10)))
    lists, pasts, gets = [], [], []
    for _ in range(50):
        started_s = time.perf_counter()
        page = await store.list("/core/configmaps/")
        lists.append(time.perf_counter() - started_s)
        assert len(page.items) == LIST_KEYS
        started_s = time.perf_counter()
        await store.list("/core/configmaps/", at_revision=revision)
        pasts.append(time.perf_counter() - started_s)
        started_s = time.perf_counter()
        for n in range(100):
            await store.get(f"/core/configmaps/default/c-{n:05}")
        gets.append((time.perf_counter() - started_s) / 100)
    await store.close()
    return median(lists), median(gets), median(pasts)


async def measure_watch(path: Path) -> tuple[float, float]:
    """Seconds from calling put to the event in the hands of one of 100 watches: median and p99."""
    store = SqliteStore(path)
    delays: list[float] = []
    put_s = 0.0

    async def read() -> None:
        async for _events in store.watch("/core/", after_revision=1):
            delays.append(time.perf_counter() - put_s)  # noqa: PERF401 - the reader never ends by itself

    async with asyncio.TaskGroup() as group:
        readers = [group.create_task(read()) for _ in range(100)]
        await settle(1)
        for n in range(500):
            put_s = time.perf_counter()
            await store.put(f"/core/pods/default/{n}", VALUE)
            await settle(1)
        for reader in readers:
            reader.cancel()
    await store.close()
    delays.sort()
    return median(delays), delays[len(delays) * 99 // 100]


def measure_open(path: Path) -> float:
    """Seconds to open a file of 20,000 keys of 1 KB."""

    async def fill() -> None:
        store = SqliteStore(path)
        await asyncio.gather(*(store.put(f"/core/pods/default/{n}", VALUE) for n in range(20_000)))
        await store.close()

    asyncio.run(fill())

    async def reopen() -> float:
        started_s = time.perf_counter()
        store = SqliteStore(path)
        elapsed_s = time.perf_counter() - started_s
        await store.close()
        return elapsed_s

    return median(asyncio.run(reopen()) for _ in range(ROUNDS))


def main() -> None:
    """Print the figures."""
    where = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    uvloop.install() if sys.version_info < (3, 12) else None
    with tempfile.TemporaryDirectory(dir=where) as directory:
        names = (Path(directory) / f"{n}.db" for n in range(1000))

        print(f"floor: bare commits       {median(measure_floor(next(names)) for _ in range(ROUNDS)):10,.0f} /s")
        for writers in (1, 16, 100):
            rate = median(asyncio.run(measure_puts(next(names), writers)) for _ in range(ROUNDS))
            print(f"puts, {writers:3} writers         {rate:10,.0f} /s")
        list_s, get_s, past_s = asyncio.run(measure_reads(next(names)))
        print(f"list of {LIST_KEYS:,} x 1 KB     {list_s * 1e3:10.2f} ms")
        print(f"the same in the past      {past_s * 1e3:10.2f} ms")
        print(f"get                       {get_s * 1e6:10.2f} us")
        delivery_s, p99_s = asyncio.run(measure_watch(next(names)))
        print(f"put to event, 100 watches {delivery_s * 1e3:10.2f} ms   p99 {p99_s * 1e3:.2f} ms")
        print(f"open with 20,000 keys     {measure_open(next(names)) * 1e3:10.1f} ms")


if __name__ == "__main__":
    main()
