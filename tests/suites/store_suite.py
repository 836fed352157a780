"""What every store must do, whatever it is made of.

A test class derives from StoreSuite and provides the fixture `store`, an empty store.
"""

from __future__ import annotations

import asyncio

import pytest

from wherry.kit.clock import settle
from wherry.store.interface import (
    Compacted,
    FutureRevision,
    KeyExists,
    KeyValue,
    RevisionConflict,
    Store,
    StoreBroken,
    StoreEvent,
    Watch,
)
from wherry.store.signatures import Signature


async def read_events(watch: Watch, count: int) -> list[StoreEvent]:
    """The next `count` events, however they are grouped."""
    events: list[StoreEvent] = []
    while len(events) < count:
        events += await anext(watch)
    assert len(events) == count
    return events


def keys_of(items: list[KeyValue]) -> list[str]:
    return [item.key for item in items]


class StoreSuite:
    async def test_an_empty_store_is_at_revision_1(self, store: Store) -> None:
        assert (store.revision, store.oldest_revision) == (1, 1)
        page = await store.list("")
        assert (page.items, page.revision, page.remaining) == ([], 1, 0)

    async def test_what_is_past_can_be_asked_for_by_time(self, store: Store) -> None:
        assert (store.oldest_moment_s, store.revision_at(1e12)) == (None, 0)
        await store.put("/a", b"1")
        oldest_s = store.oldest_moment_s
        assert oldest_s is not None
        assert (store.revision_at(oldest_s - 1), store.revision_at(oldest_s + 3600)) == (0, 2)

    async def test_who_has_written_and_deleted_is_known(self, store: Store) -> None:
        await store.put("/a/x", b"1", signature=Signature("anna", is_lasting=True))
        await store.put("/b/x", b"1")
        await store.put("/a/x", b"2", signature=Signature("a program"))
        await store.delete("/a/x", signature=Signature("ben", is_lasting=True))
        signed = await store.signed("/a/")
        assert [(one.revision, one.key, one.text) for one in signed] == [
            (2, "/a/x", "anna"),
            (4, "/a/x", "a program"),
            (5, "/a/x", "ben"),
        ]
        assert all(one.time_s > 0 for one in signed)
        assert not await store.signed("/b/")
        assert [one.text for one in await store.signed("", after_revision=2, until_revision=4)] == ["a program"]

    async def test_a_write_that_is_refused_leaves_no_signature(self, store: Store) -> None:
        await store.put("/a", b"1")
        with pytest.raises(KeyExists):
            await store.put("/a", b"2", expected_revision=0, signature=Signature("anna"))
        assert not await store.signed("")

    async def test_a_lasting_signature_outlives_the_history(self, store: Store) -> None:
        await store.put("/a", b"1", signature=Signature("anna", is_lasting=True))
        await store.put("/a", b"2", signature=Signature("a program"))
        await store.put("/a", b"3", signature=Signature("another program"))
        await store.compact(3)
        assert [one.text for one in await store.signed("/a")] == ["anna", "another program"]

    async def test_every_write_gets_the_next_revision(self, store: Store) -> None:
        assert await store.put("/a", b"1") == KeyValue("/a", b"1", 2, 2)
        assert await store.put("/b", b"1") == KeyValue("/b", b"1", 3, 3)
        assert await store.put("/a", b"2") == KeyValue("/a", b"2", 4, 2)
        assert await store.delete("/b") == 5
        assert store.revision == 5

    async def test_get_returns_exactly_the_bytes_that_were_put(self, store: Store) -> None:
        value = bytes(range(256)) * 20
        await store.put("/a", value)
        await store.put("/empty", b"")
        found, empty = await store.get("/a"), await store.get("/empty")
        assert found is not None
        assert found.value == value
        assert empty == KeyValue("/empty", b"", 3, 3)
        assert await store.get("/b") is None

    async def test_a_key_made_anew_has_a_new_created_revision(self, store: Store) -> None:
        await store.put("/a", b"1")
        await store.delete("/a")
        assert await store.put("/a", b"2", expected_revision=0) == KeyValue("/a", b"2", 4, 4)

    async def test_put_with_expected_0_refuses_a_key_that_exists(self, store: Store) -> None:
        first = await store.put("/a", b"1", expected_revision=0)
        with pytest.raises(KeyExists) as caught:
            await store.put("/a", b"2", expected_revision=0)
        assert caught.value.current == first
        assert await store.get("/a") == first
        assert store.revision == 2

    async def test_put_at_a_stale_revision_is_refused_and_shows_the_current_one(self, store: Store) -> None:
        await store.put("/a", b"1")
        second = await store.put("/a", b"2", expected_revision=2)
        with pytest.raises(RevisionConflict) as caught:
            await store.put("/a", b"3", expected_revision=2)
        assert caught.value.current == second

    async def test_put_at_a_revision_of_a_key_that_is_gone_is_refused(self, store: Store) -> None:
        with pytest.raises(RevisionConflict) as caught:
            await store.put("/a", b"1", expected_revision=7)
        assert (caught.value.key, caught.value.current) == ("/a", None)

    async def test_delete_is_refused_at_a_stale_revision_and_for_a_key_that_is_gone(self, store: Store) -> None:
        await store.put("/a", b"1")
        second = await store.put("/a", b"2")
        with pytest.raises(RevisionConflict) as caught:
            await store.delete("/a", expected_revision=2)
        assert caught.value.current == second
        assert await store.delete("/a", expected_revision=3) == 4
        with pytest.raises(RevisionConflict) as caught:
            await store.delete("/a")
        assert caught.value.current is None

    async def test_of_many_racing_writers_exactly_one_wins(self, store: Store) -> None:
        await store.put("/a", b"0")
        results = await asyncio.gather(
            *(store.put("/a", b"%d" % n, expected_revision=2) for n in range(20)), return_exceptions=True
        )
        winners = [result for result in results if isinstance(result, KeyValue)]
        assert len(winners) == 1
        losers = [result for result in results if isinstance(result, RevisionConflict)]
        assert len(losers) == 19
        assert all(loser.current == winners[0] for loser in losers)

    async def test_writes_of_one_turn_see_each_other_in_order(self, store: Store) -> None:
        results = await asyncio.gather(
            store.put("/a", b"1", expected_revision=0),
            store.delete("/a", expected_revision=2),
            store.put("/a", b"2", expected_revision=0),
        )
        assert tuple(results) == (KeyValue("/a", b"1", 2, 2), 3, KeyValue("/a", b"2", 4, 4))

    async def test_list_shows_the_keys_with_the_prefix_in_order(self, store: Store) -> None:
        for key in ("/b/2", "/a/1", "/b/1", "/c", "/b", "/b/10", "/b0"):
            await store.put(key, key.encode())
        page = await store.list("/b/")
        assert keys_of(page.items) == ["/b/1", "/b/10", "/b/2"]
        assert [item.value for item in page.items] == [b"/b/1", b"/b/10", b"/b/2"]
        assert (page.revision, page.remaining) == (8, 0)
        assert await store.count("/b/") == 3
        assert await store.count("") == 7
        assert await store.count("/x") == 0

    async def test_pages_at_a_revision_are_one_snapshot(self, store: Store) -> None:
        for n in range(5):
            await store.put(f"/a/{n}", b"old")
        first = await store.list("/a/", limit=2)
        assert (keys_of(first.items), first.remaining) == (["/a/0", "/a/1"], 3)
        await store.delete("/a/3")
        await store.put("/a/2", b"new")
        await store.put("/a/22", b"new")
        second = await store.list("/a/", limit=2, after_key="/a/1", at_revision=first.revision)
        assert (keys_of(second.items), second.remaining) == (["/a/2", "/a/3"], 1)
        assert [item.value for item in second.items] == [b"old", b"old"]
        third = await store.list("/a/", limit=2, after_key="/a/3", at_revision=first.revision)
        assert (keys_of(third.items), third.remaining, third.revision) == (["/a/4"], 0, first.revision)

    async def test_listing_at_a_revision_that_has_not_happened_is_refused(self, store: Store) -> None:
        with pytest.raises(FutureRevision) as caught:
            await store.list("/a", at_revision=9)
        assert (caught.value.requested, caught.value.current) == (9, 1)

    async def test_a_watch_sees_create_change_and_delete_with_what_was_before(self, store: Store) -> None:
        watch = store.watch("/a/", after_revision=1)
        one = await store.put("/a/x", b"1")
        await store.put("/b/x", b"1")
        two = await store.put("/a/x", b"2")
        await store.delete("/a/x")
        assert await read_events(watch, 3) == [
            StoreEvent("/a/x", b"1", 2, 2, None),
            StoreEvent("/a/x", b"2", 4, 2, one),
            StoreEvent("/a/x", None, 5, 2, two),
        ]
        watch.close()

    async def test_who_looks_now_and_then_takes_what_has_happened_without_waiting(self, store: Store) -> None:
        await store.put("/a/x", b"1")
        watch = store.watch("/a/", after_revision=1)
        looks = [watch.has_changes]
        assert [event.value for event in watch.take()] == [b"1"]
        looks.append(watch.has_changes)
        assert watch.take() == []
        await store.put("/b/y", b"2")
        looks.append(watch.has_changes)
        await store.put("/a/x", b"3")
        await store.delete("/a/x")
        looks.append(watch.has_changes)
        assert [event.value for event in watch.take()] == [b"3", None]
        assert looks == [True, False, False, True]
        watch.close()

    async def test_a_watch_from_the_past_goes_on_live_without_gap_or_double(self, store: Store) -> None:
        for n in range(1200):
            await store.put(f"/a/{n % 7}", b"%d" % n)
        watch = store.watch("/a/", after_revision=100)
        events = await anext(watch)
        writes = [store.put("/a/live", b"%d" % n) for n in range(10)]
        await asyncio.gather(*writes)
        while events[-1].revision < store.revision:
            events += await anext(watch)
        assert [event.revision for event in events] == list(range(101, 1212))
        watch.close()

    async def test_events_read_from_the_past_equal_those_seen_live(self, store: Store) -> None:
        live = store.watch("", after_revision=1)
        await store.put("/a", b"1")
        await store.put("/a", b"2")
        await store.delete("/a")
        await store.put("/a", b"3")
        late = store.watch("", after_revision=1)
        assert await read_events(live, 4) == await read_events(late, 4)
        live.close()
        late.close()

    async def test_all_events_of_one_turn_come_as_one_list(self, store: Store) -> None:
        watch = store.watch("/", after_revision=1)
        await asyncio.gather(*(store.put(f"/{n}", b"") for n in range(5)))
        assert len(await anext(watch)) == 5
        watch.close()

    async def test_a_key_is_seen_once_however_many_prefixes_others_watch(self, store: Store) -> None:
        watches = [store.watch(prefix, after_revision=1) for prefix in ("/a", "/a", "/a/long/prefix", "", "/a/b")]
        await store.put("/a", b"1")
        await store.put("/ab", b"1")
        assert [event.revision for event in await read_events(watches[0], 2)] == [2, 3]
        for watch in watches:
            watch.close()

    async def test_a_waiting_watch_wakes_up(self, store: Store) -> None:
        watch = store.watch("/", after_revision=1)
        async with asyncio.TaskGroup() as group:
            waiting = group.create_task(read_events(watch, 1))
            await settle(3)
            assert not waiting.done()
            await store.put("/a", b"1")
        assert waiting.result()[0].key == "/a"
        watch.close()

    async def test_a_watch_from_the_future_is_silent_until_then(self, store: Store) -> None:
        watch = store.watch("/", after_revision=3)
        assert watch.revision == 3
        for n in range(3):
            await store.put(f"/{n}", b"")
        assert [event.revision for event in await read_events(watch, 1)] == [4]
        watch.close()

    async def test_the_revision_of_a_watch_covers_what_it_did_not_have_to_show(self, store: Store) -> None:
        watch = store.watch("/a/", after_revision=1)
        await store.put("/b/1", b"")
        assert watch.revision == 2
        await store.put("/a/1", b"")
        await store.put("/b/1", b"")
        assert watch.revision == 2
        await read_events(watch, 1)
        assert watch.revision == 4
        watch.close()

    async def test_closing_a_watch_ends_its_iteration(self, store: Store) -> None:
        watch = store.watch("/", after_revision=1)

        async def read_all() -> list[list[StoreEvent]]:
            return [events async for events in watch]

        async with asyncio.TaskGroup() as group:
            reading = group.create_task(read_all())
            await settle(3)
            watch.close()
            watch.close()
        assert reading.result() == []

    async def test_after_compaction_the_past_is_gone_but_the_state_is_not(self, store: Store) -> None:
        await store.put("/a", b"1")
        await store.put("/b", b"1")
        await store.put("/a", b"2")
        await store.delete("/b")
        await store.compact(4)
        assert store.oldest_revision == 4
        with pytest.raises(Compacted) as caught:
            await store.list("", at_revision=3)
        assert (caught.value.requested, caught.value.oldest) == (3, 4)
        with pytest.raises(Compacted):
            store.watch("", after_revision=3)
        page = await store.list("", at_revision=4)
        assert page.items == [KeyValue("/a", b"2", 4, 2), KeyValue("/b", b"1", 3, 3)]
        assert keys_of((await store.list("")).items) == ["/a"]

    async def test_a_deletion_just_after_the_compacted_revision_is_still_seen(self, store: Store) -> None:
        one = await store.put("/a", b"1")
        await store.delete("/a")
        await store.compact(2)
        watch = store.watch("", after_revision=2)
        assert await read_events(watch, 1) == [StoreEvent("/a", None, 3, 2, one)]
        watch.close()

    async def test_compacting_up_to_now_keeps_revisions_rising(self, store: Store) -> None:
        await store.put("/a", b"1")
        await store.delete("/a")
        await store.compact(3)
        await store.compact(2)
        assert (store.oldest_revision, store.revision) == (3, 3)
        assert (await store.put("/a", b"2")).revision == 4

    async def test_compacting_the_future_is_refused(self, store: Store) -> None:
        with pytest.raises(FutureRevision):
            await store.compact(5)

    async def test_a_live_watch_does_not_notice_a_compaction(self, store: Store) -> None:
        watch = store.watch("", after_revision=1)
        await store.put("/a", b"1")
        await store.put("/a", b"2")
        await store.compact(3)
        assert len(await read_events(watch, 2)) == 2
        watch.close()

    async def test_a_closed_store_refuses_writes_and_ends_its_watches(self, store: Store) -> None:
        watch = store.watch("", after_revision=1)
        await store.close()
        await store.close()
        with pytest.raises(StopAsyncIteration):
            await anext(watch)
        with pytest.raises(StoreBroken):
            await store.put("/a", b"1")

    async def test_a_write_that_nobody_waits_for_any_more_still_counts(self, store: Store) -> None:
        async with asyncio.TaskGroup() as group:
            impatient = group.create_task(store.put("/a", b"1"))
            await settle(1)
            impatient.cancel()
        await store.put("/b", b"1")
        assert keys_of((await store.list("")).items) == ["/a", "/b"]
