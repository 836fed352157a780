"""kill -9 at any moment: what has been acknowledged is there afterwards, and the file is sound."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from wherry.store.interface import StoreEvent
from wherry.store.sqlite import SqliteStore

ROUNDS = 8

WRITER = """
import asyncio, os, sys
from pathlib import Path
from wherry.kit import failpoints
from wherry.store.compaction import HistoryLimits
from wherry.store.interface import StoreEvent
from wherry.store.sqlite import SqliteStore

path, round_number, spec = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
failpoints.configure(spec)

async def write(store, writer):
    n = 0
    while True:
        key = f"/{writer}/{round_number}-{n % 200}"
        value = b"%s:%d" % (key.encode(), n) + b"." * 500
        written = await store.put(key, value)
        os.write(1, b"%d %s %d\\n" % (written.revision, key.encode(), n))
        if n % 7 == 3:
            await store.delete(key)
            os.write(1, b"- %s %d\\n" % (key.encode(), n))
        n += 1

async def main():
    store = SqliteStore(path, history=HistoryLimits(small_bytes=10_000, max_bytes=50_000, mark_every_revisions=16))
    os.write(1, b"ready\\n")
    async with asyncio.TaskGroup() as group:
        for writer in range(4):
            group.create_task(write(store, writer))

asyncio.run(main())
"""


def run_until_killed(path: Path, round_number: int, spec: str, delay_s: float) -> dict[str, int | None]:
    """The last acknowledged state of each key: its revision, None for deleted."""
    child = subprocess.Popen([sys.executable, "-c", WRITER, str(path), str(round_number), spec], stdout=subprocess.PIPE)
    assert child.stdout is not None
    descriptor = child.stdout.fileno()
    output = os.read(descriptor, 6)
    if spec == "":
        # On a busy machine the first write may take longer than the random moment.
        output += os.read(descriptor, 1 << 16)
        # Reading with a deadline is the random moment: the pipe is never silent for so long.
        deadline = asyncio.new_event_loop()
        deadline.add_reader(descriptor, lambda: chunks.append(os.read(descriptor, 1 << 16)))
        chunks: list[bytes] = []
        deadline.call_later(delay_s, deadline.stop)
        deadline.run_forever()
        deadline.remove_reader(descriptor)
        deadline.close()
        child.send_signal(signal.SIGKILL)
        output += b"".join(chunks)
    while chunk := os.read(descriptor, 1 << 16):
        output += chunk
    child.stdout.close()
    assert child.wait() == -signal.SIGKILL
    acknowledged: dict[str, int | None] = {}
    for line in output.split(b"\n")[1:-1]:
        revision, key, _ = line.decode().split()
        acknowledged[key] = None if revision == "-" else int(revision)
    return acknowledged


async def check(path: Path, acknowledged: dict[str, int | None], newest_before: int) -> int:
    store = SqliteStore(path)
    found = {item.key: item for item in (await store.list("")).items}
    for key, revision in list(acknowledged.items()):
        item = found.get(key)
        if revision is not None and item is not None:
            # A later write of the same key may have landed unacknowledged.
            assert item.revision >= revision, key
            assert item.value.startswith(key.encode() + b":"), key
        elif revision is not None:
            events = await read_history(store, key)
            assert events[-1].value is None, f"{key} was lost"
            assert events[-1].revision > revision
            acknowledged[key] = None
    assert store.revision >= max([newest_before, *(revision or 0 for revision in acknowledged.values())])
    revision = store.revision
    await store.close()
    return revision


async def read_history(store: SqliteStore, key: str) -> list[StoreEvent]:
    watch, events = store.watch(key, after_revision=store.oldest_revision), list[StoreEvent]()
    # The sentinel is the end: every revision before it has been read.
    sentinel = await store.put(f"{key}/end", b"")
    while not events or events[-1].revision < sentinel.revision:
        events += await anext(watch)
    watch.close()
    await store.delete(sentinel.key)
    return [event for event in events if event.key == key]


@pytest.mark.parametrize("seed", [1])
def test_nothing_acknowledged_is_lost_by_kill_9(tmp_path: Path, seed: int) -> None:
    path, moments = tmp_path / "state.db", random.Random(seed)
    specs = ["", "before-commit:kill:40", "", "in-commit:kill:33", "", "after-commit:kill:25", "", ""]
    acknowledged: dict[str, int | None] = {}
    newest = 1
    for round_number in range(ROUNDS):
        new = run_until_killed(path, round_number, specs[round_number], moments.uniform(0.02, 0.4))
        assert new, "the child did nothing"
        acknowledged = {**{key: value for key, value in acknowledged.items() if value is not None}, **new}
        newest = asyncio.run(check(path, acknowledged, newest))
