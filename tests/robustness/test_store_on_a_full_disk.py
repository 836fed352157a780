"""A disk that is really full: writes are refused, reads go on, and when there is room again all is well."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from wherry.store.interface import StoreBroken
from wherry.store.sqlite import SqliteStore

pytestmark = pytest.mark.linux

DISK_BYTES = 1 << 20


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    libc = ctypes.CDLL(None, use_errno=True)
    where = os.fsencode(tmp_path)
    if libc.mount(b"tmpfs", where, b"tmpfs", 0, b"size=%d" % DISK_BYTES) != 0:
        pytest.skip(f"no right to mount: {os.strerror(ctypes.get_errno())}")
    yield tmp_path
    libc.umount2(where, 2)


async def test_a_full_disk_refuses_writes_and_recovers(disk: Path) -> None:
    ballast = disk / "ballast"
    ballast.write_bytes(b"x" * (DISK_BYTES // 2))
    store = SqliteStore(disk / "state.db")
    written = {}
    with suppress(StoreBroken):
        for n in range(1000):
            written[f"/{n:04}"] = await store.put(f"/{n:04}", b"y" * 1000)
    assert 50 < len(written) < 500
    assert (await store.list("")).items == list(written.values())
    with pytest.raises(StoreBroken, match="no space left"):
        await store.put("/more", b"y" * 1000)
    ballast.unlink()
    after = await store.put("/more", b"y" * 1000)
    assert after.revision == len(written) + 2
    await store.close()
    store = SqliteStore(disk / "state.db")
    assert (await store.list("")).items == [*written.values(), after]
    await store.close()
