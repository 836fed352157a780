"""What watches of other stores got wrong, held against this one.

etcd #15271   a watch that resumed after a restart travelled back in time
etcd #17529   events were lost when a stream was starved and caught up in pieces
etcd #19179   the deletion was missing in a watch opened at the compacted revision
etcd #20221   an event without the state before it
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from wherry.kit.clock import settle
from wherry.store.interface import Compacted, Store, StoreEvent
from wherry.store.sqlite import CATCH_UP_REVISIONS, SqliteStore


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state.db"


async def history(store: Store, writes: int) -> None:
    for number in range(writes):
        key = f"/a/{number % 5}"
        if number % 7 == 6 and await store.get(key) is not None:
            await store.delete(key)
        else:
            await store.put(key, b"%d" % number)


async def everything_after(store: Store, revision: int) -> list[StoreEvent]:
    """What a watch tells until it is up to date."""
    watch = store.watch("/a/", after_revision=revision)
    events: list[StoreEvent] = []
    while watch.is_behind:
        events += watch.take_step()
    events += watch.take_step()
    watch.close()
    return events


async def test_resuming_after_a_restart_goes_on_exactly_where_it_was(path: Path) -> None:
    store = SqliteStore(path)
    await history(store, 60)
    live = await everything_after(store, 1)
    await store.close()
    store = SqliteStore(path)
    assert [event.revision for event in live] == sorted({event.revision for event in live})
    for seen in range(1, store.revision + 1):
        resumed = await everything_after(store, seen)
        assert resumed == [event for event in live if event.revision > seen]
    await store.put("/a/new", b"")
    assert [event.key for event in await everything_after(store, live[-1].revision)] == ["/a/new"]
    await store.close()


async def test_revisions_go_on_rising_after_restarts_even_when_the_newest_was_a_deletion(path: Path) -> None:
    seen = 1
    for round_number in range(5):
        store = SqliteStore(path)
        assert store.revision == seen
        await store.put("/a/x", b"%d" % round_number)
        await store.delete("/a/x")
        await store.compact(store.revision)
        assert store.revision == seen + 2
        seen = store.revision
        await store.close()


async def test_a_starved_watch_gets_everything_or_is_told_so(path: Path) -> None:
    store = SqliteStore(path, watch_buffer_events_max=50)
    watch = store.watch("/a/", after_revision=1)
    got: list[int] = []
    lost = False
    for burst in range(30):
        await asyncio.gather(*(store.put(f"/a/{number}", b"%d" % burst) for number in range(burst)))
        if burst % 3 == 0:
            try:
                got += [event.revision for event in watch.take_step()]
            except Compacted:
                lost = True
                break
    assert lost
    assert got == list(range(2, 2 + len(got)))
    resumed = await everything_after(store, got[-1])
    assert [event.revision for event in resumed] == list(range(got[-1] + 1, store.revision + 1))
    await store.close()


async def test_writes_while_a_watch_catches_up_in_pieces_are_neither_lost_nor_doubled(path: Path) -> None:
    store = SqliteStore(path)
    await asyncio.gather(*(store.put(f"/a/{number % 5}", b"%d" % number) for number in range(3 * CATCH_UP_REVISIONS)))
    watch = store.watch("/a/", after_revision=1)
    events: list[StoreEvent] = []
    while watch.is_behind:
        events += watch.take_step()
        await asyncio.gather(*(store.put(f"/a/{number}", b"late") for number in range(90)))
        if len(events) > 6 * CATCH_UP_REVISIONS:
            break
    events += watch.take_step()
    await store.put("/a/last", b"")
    events += watch.take_step()
    assert [event.revision for event in events] == list(range(2, store.revision + 1))
    watch.close()
    await store.close()


async def test_a_watch_opened_at_the_compacted_revision_still_sees_the_deletion_after_it(path: Path) -> None:
    store = SqliteStore(path)
    made = await store.put("/a/x", b"1")
    await store.delete("/a/x")
    await store.put("/b/y", b"")
    await store.compact(made.revision)
    for _ in range(2):
        (event,) = await everything_after(store, made.revision)
        assert (event.value, event.revision, event.previous) == (None, made.revision + 1, made)
        await store.close()
        store = SqliteStore(path)
    await store.close()


async def test_every_change_and_deletion_brings_what_was_before(path: Path) -> None:
    store = SqliteStore(path)
    live = store.watch("/a/", after_revision=1)
    await history(store, 80)
    seen = live.take_step()
    live.close()
    for events in (seen, await everything_after(store, 1)):
        state: dict[str, StoreEvent] = {}
        for event in events:
            before = state.pop(event.key, None)
            assert (event.previous is None) == (before is None)
            if event.previous is not None and before is not None:
                assert (event.previous.value, event.previous.revision) == (before.value, before.revision)
            if event.value is not None:
                state[event.key] = event
    await store.close()


async def test_the_reader_is_called_once_for_all_that_has_happened_and_after_who_wrote_was_answered(path: Path) -> None:
    store = SqliteStore(path)
    watch, order = store.watch("/a/", after_revision=1), list[str]()
    watch.on_ready = lambda: order.append("reader")

    async def write(key: str) -> None:
        await store.put(key, b"")
        order.append("writer")

    await asyncio.gather(write("/a/1"), write("/a/2"), write("/a/3"))
    await settle()
    assert order.count("reader") == 1
    assert order[-1] == "reader"
    assert len(watch.take_step()) == 3
    watch.close()
    await settle()
    assert order.count("reader") == 2
    await store.close()


async def test_thousands_of_readers_share_the_list_and_take_turns(path: Path) -> None:
    store = SqliteStore(path)
    watches = [store.watch("/a/", after_revision=1) for _ in range(1000)]
    taken: list[list[StoreEvent]] = []
    for watch in watches:
        watch.on_ready = lambda watch=watch: taken.append(watch.take_step())
    await store.put("/a/x", b"1")
    await settle(1)
    assert 0 < len(taken) < 1000
    await settle()
    assert len(taken) == 1000
    assert all(events is taken[0] for events in taken)
    await store.close()


async def test_a_reader_that_fails_takes_nobody_along(path: Path) -> None:
    store = SqliteStore(path)
    told: list[str] = []
    problems: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: problems.append(context["exception"]))

    def fail() -> None:
        raise ValueError("mine")

    watches = [store.watch("/a/", after_revision=1) for _ in range(3)]
    watches[0].on_ready = watches[1].on_ready = fail
    watches[2].on_ready = lambda: told.append("told")
    await store.put("/a/x", b"1")
    await settle()
    assert told == ["told"]
    assert len(problems) == 2
    for watch in watches:
        watch.on_ready = None
    await store.close()
