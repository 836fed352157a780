"""The complaint that users of Kubernetes have most about its datastore: that it grows."""

from __future__ import annotations

import asyncio
from pathlib import Path

from wherry.kit.clock import FakeClock
from wherry.store.compaction import HistoryLimits
from wherry.store.sqlite import WAL_MAX_BYTES, SqliteStore
from wherry.store.sqlite_log import EMPTY_MAX_BYTES

LEASE = b'{"metadata":{"name":"node"},"spec":{"holderIdentity":"node","renewTime":"x"}}' + b" " * 340
MEGABYTE = 1 << 20


def size_bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir())


async def test_a_hundred_thousand_updates_of_leases_leave_a_small_file(tmp_path: Path, clock: FakeClock) -> None:
    store = SqliteStore(tmp_path / "state.db", clock=clock)
    largest = 0
    for _ in range(100):
        # A hundred nodes, each every ten seconds: 33 times as many as five minutes of history hold.
        await asyncio.gather(*(store.put(f"/leases/{number % 100}", LEASE) for number in range(1000)))
        await clock.advance(100)
        largest = max(largest, size_bytes(tmp_path))
    assert store.revision > 100_000
    await store.close()
    assert size_bytes(tmp_path) < 16 * MEGABYTE
    assert largest < 20 * MEGABYTE + WAL_MAX_BYTES


async def test_what_a_burst_has_left_empty_is_given_back_at_the_next_start(tmp_path: Path, clock: FakeClock) -> None:
    path = tmp_path / "state.db"
    limits = HistoryLimits(keep_s=300, small_bytes=1000, max_bytes=1 << 30, max_revisions=1 << 30)
    store = SqliteStore(path, clock=clock, history=limits)
    kept = await store.put("/kept", b"x" * 5000)
    for _ in range(10):
        await asyncio.gather(*(store.put(f"/burst/{number}", b"y" * 8000) for number in range(500)))
    await asyncio.gather(*(store.delete(f"/burst/{number}") for number in range(500)))
    await clock.advance(301)
    await store.compact(store.revision)
    revision = store.revision
    await store.close()
    assert size_bytes(tmp_path) > 2 * EMPTY_MAX_BYTES
    store = SqliteStore(path, clock=clock, history=limits)
    assert await store.get("/kept") == kept
    assert store.revision == revision
    await store.close()
    assert size_bytes(tmp_path) < MEGABYTE


async def test_a_file_that_is_full_is_left_as_it_is(tmp_path: Path, clock: FakeClock) -> None:
    path = tmp_path / "state.db"
    store = SqliteStore(path, clock=clock)
    await asyncio.gather(*(store.put(f"/full/{number}", b"y" * 8000) for number in range(500)))
    await store.close()
    before = size_bytes(tmp_path)
    await SqliteStore(path, clock=clock).close()
    assert size_bytes(tmp_path) == before
