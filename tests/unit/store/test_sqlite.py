from __future__ import annotations

import asyncio
import resource
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import apsw
import pytest

from suites.store_suite import StoreSuite, keys_of, read_events
from wherry.kit import failpoints
from wherry.kit.clock import FakeClock
from wherry.store import checkpoint, sqlite, sqlite_log
from wherry.store.compaction import HistoryLimits
from wherry.store.interface import Compacted, KeyValue, StoreBroken, StoreEvent
from wherry.store.signatures import Signature, SignatureBudget, Signed
from wherry.store.sqlite import SqliteStore
from wherry.store.sqlite_log import CorruptDatabase


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state.db"


@pytest.fixture
async def store(path: Path) -> AsyncIterator[SqliteStore]:
    store = SqliteStore(path)
    yield store
    await store.close()


@pytest.fixture
def _no_failpoints() -> Iterator[None]:
    yield
    failpoints.configure("")


class TestSqliteStore(StoreSuite):
    @pytest.fixture
    async def store(self, path: Path) -> AsyncIterator[SqliteStore]:
        store = SqliteStore(path)
        yield store
        await store.close()


async def test_everything_is_there_after_a_restart(path: Path) -> None:
    store = SqliteStore(path)
    one = await store.put("/a", b"1")
    await store.put("/b", b"1")
    await store.delete("/b")
    await store.close()
    store = SqliteStore(path)
    assert store.revision == 4
    assert (await store.list("")).items == [one]
    assert keys_of((await store.list("", at_revision=3)).items) == ["/a", "/b"]
    assert len(await read_events(store.watch("", after_revision=1), 3)) == 3
    await store.close()


async def test_revisions_rise_over_a_restart_even_when_the_last_write_was_a_compacted_deletion(path: Path) -> None:
    store = SqliteStore(path)
    await store.put("/a", b"1")
    await store.delete("/a")
    await store.compact(3)
    await store.close()
    store = SqliteStore(path)
    assert (store.revision, store.oldest_revision) == (3, 3)
    assert (await store.put("/a", b"2")).revision == 4
    await store.close()


async def test_compaction_removes_what_only_the_past_needs(store: SqliteStore, path: Path) -> None:
    for n in range(1500):
        await store.put("/a", b"%d" % n)
    await store.put("/b", b"1")
    await store.delete("/b")
    await store.put("/c", b"1")
    await store.compact(store.revision)
    reader = apsw.Connection(str(path))
    assert reader.execute("SELECT key FROM log ORDER BY revision").fetchall() == [("/a",), ("/c",)]
    reader.close()


async def test_history_is_forgotten_by_itself_when_it_grows_too_big(path: Path) -> None:
    limits = HistoryLimits(small_bytes=1000, max_bytes=10_000, mark_every_revisions=10)
    store = SqliteStore(path, history=limits, clock=FakeClock())
    await store.put("/stays", b"")
    for n in range(300):
        await store.put("/a", b"%0100d" % n)
    assert 200 < store.oldest_revision < 250
    with pytest.raises(Compacted):
        await store.list("", at_revision=100)
    await store.close()
    store = SqliteStore(path)
    assert 200 < store.oldest_revision < 250
    assert keys_of((await store.list("")).items) == ["/a", "/stays"]
    await store.close()


async def test_history_is_forgotten_by_age_at_the_next_write_when_it_is_not_small(path: Path) -> None:
    clock = FakeClock()
    store = SqliteStore(path, history=HistoryLimits(small_bytes=1000, mark_every_revisions=10), clock=clock)
    for n in range(100):
        await store.put("/a", b"%0100d" % n)
    await clock.advance(299)
    await store.put("/a", b"")
    assert store.oldest_revision == 1
    await clock.advance(2)
    await store.put("/a", b"")
    assert store.oldest_revision > 80
    await store.close()


async def test_a_reader_that_sleeps_too_long_gets_compacted_and_others_do_not(path: Path) -> None:
    store = SqliteStore(path, watch_buffer_events_max=10)
    slow, quick = store.watch("", after_revision=1), store.watch("", after_revision=1)
    for n in range(11):
        await store.put(f"/{n}", b"")
        assert len(await anext(quick)) == 1
    with pytest.raises(Compacted):
        await anext(slow)
    await store.close()


async def test_one_commit_that_is_bigger_than_the_buffer_does_not_drop_a_reader_who_is_up_to_date(path: Path) -> None:
    store = SqliteStore(path, watch_buffer_events_max=10)
    watch = store.watch("", after_revision=1)
    await asyncio.gather(*(store.put(f"/{n}", b"") for n in range(25)))
    assert len(await anext(watch)) == 25
    await store.close()


async def test_a_watch_that_is_overtaken_by_compaction_while_catching_up_ends_with_compacted(
    store: SqliteStore,
) -> None:
    for n in range(1200):
        await store.put("/a", b"%d" % n)
    watch = store.watch("", after_revision=1)
    assert len(await anext(watch)) == sqlite.CATCH_UP_REVISIONS
    await store.compact(1000)
    with pytest.raises(Compacted):
        await anext(watch)


async def test_more_writes_than_one_commit_takes_are_all_answered(store: SqliteStore) -> None:
    written = await asyncio.gather(*(store.put(f"/{n}", b"") for n in range(2500)))
    assert [value.revision for value in written] == list(range(2, 2502))


async def test_closing_finishes_what_is_queued(path: Path) -> None:
    store = SqliteStore(path)
    async with asyncio.TaskGroup() as group:
        write = group.create_task(store.put("/a", b"1"))
        group.create_task(store.close())
    assert write.result().revision == 2
    store = SqliteStore(path)
    assert await store.get("/a") == KeyValue("/a", b"1", 2, 2)
    await store.close()


@pytest.mark.usefixtures("_no_failpoints")
@pytest.mark.parametrize("where", ["before-commit", "in-commit"])
async def test_a_write_that_the_disk_refuses_leaves_nothing_behind(store: SqliteStore, path: Path, where: str) -> None:
    one = await store.put("/a", b"1")
    watch = store.watch("", after_revision=2)
    failpoints.configure(f"{where}:error:1")
    results = await asyncio.gather(
        store.put("/a", b"2"), store.put("/b", b"1"), store.put("/a", b"3", expected_revision=0), return_exceptions=True
    )
    assert [type(result) for result in results] == [StoreBroken] * 3
    assert str(path) in str(results[0])
    assert (await store.list("")).items == [one]
    assert store.revision == 2
    two = await store.put("/a", b"2")
    assert await read_events(watch, 1) == [StoreEvent("/a", b"2", 3, 2, one)]
    assert two.revision == 3


@pytest.mark.usefixtures("_no_failpoints")
async def test_a_commit_that_landed_although_the_disk_said_no_is_taken_over(store: SqliteStore) -> None:
    watch = store.watch("", after_revision=1)
    failpoints.configure("after-commit:error:1")
    with pytest.raises(StoreBroken):
        await store.put("/a", b"1")
    assert store.revision == 1
    await store.put("/b", b"1")
    assert [(event.key, event.revision) for event in await read_events(watch, 2)] == [("/a", 2), ("/b", 3)]
    assert keys_of((await store.list("")).items) == ["/a", "/b"]


@contextmanager
def files_no_larger_than(size_bytes: int) -> Iterator[None]:
    """The kernel refuses (EFBIG) every write beyond, as a full disk does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def test_when_no_more_can_be_written_reads_go_on_and_writes_recover(path: Path) -> None:
    store = SqliteStore(path)
    written = {}
    with files_no_larger_than(300_000):
        with suppress(StoreBroken):
            for n in range(1000):
                written[f"/{n:04}"] = await store.put(f"/{n:04}", b"x" * 3000)
        assert 10 < len(written) < 200
        with pytest.raises(StoreBroken):
            await store.put("/again", b"x" * 3000)
        assert (await store.list("")).items == list(written.values())
        assert store.revision == len(written) + 1
    after = await store.put("/after", b"1")
    assert after.revision == len(written) + 2
    await store.close()
    store = SqliteStore(path)
    assert (await store.list("")).items == [*written.values(), after]
    await store.close()


async def test_the_write_ahead_log_stays_small(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "CHECKPOINT_EVERY_BYTES", 100_000)
    monkeypatch.setattr(sqlite, "WAL_MAX_BYTES", 1_000_000)
    store = SqliteStore(path)
    wal, largest = Path(f"{path}-wal"), 0
    for n in range(400):
        await asyncio.gather(*(store.put(f"/{i}", b"%05d" % n * 600) for i in range(20)))
        largest = max(largest, wal.stat().st_size)
    assert 100_000 < largest < 12_000_000
    await store.close()


async def test_a_failed_checkpoint_loses_nothing_and_is_tried_again(path: Path) -> None:
    attempts: list[int] = []

    def fail_once() -> None:
        attempts.append(1)
        if len(attempts) == 1:
            raise StoreBroken("no space")

    checkpoints = checkpoint.Checkpoints(fail_once, every_bytes=10, wal_max_bytes=100)
    checkpoints.note(10)
    await checkpoints.wait()
    checkpoints.note(15)
    await checkpoints.wait()
    assert len(attempts) == 1
    checkpoints.note(20)
    await checkpoints.wait()
    assert len(attempts) == 2


def test_a_damaged_value_is_found_at_start(path: Path) -> None:
    async def write() -> None:
        store = SqliteStore(path)
        await store.put("/a", b"precious" * 10)
        await store.close()

    asyncio.run(write())
    data = path.read_bytes()
    assert data.count(b"precious") == 10
    path.write_bytes(data.replace(b"precious", b"prexious"))
    with pytest.raises(CorruptDatabase, match="checksum") as caught:
        SqliteStore(path)
    assert str(path) in str(caught.value)
    assert "left as it is" in str(caught.value)
    assert path.read_bytes() == data.replace(b"precious", b"prexious")


async def test_a_missing_row_is_found_at_start(path: Path) -> None:
    store = SqliteStore(path)
    for n in range(5):
        await store.put("/a", b"%d" % n)
    await store.close()
    connection = apsw.Connection(str(path))
    connection.execute("DELETE FROM log WHERE revision = 4")
    connection.close()
    with pytest.raises(CorruptDatabase, match="missing"):
        SqliteStore(path)


@pytest.mark.parametrize(
    "content", [b"this is no database at all, but it is long enough", b"SQLite format 3\0" + b"x" * 4080]
)
def test_a_file_that_is_no_database_is_left_alone(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(CorruptDatabase, match="damaged"):
        SqliteStore(path)
    assert path.read_bytes() == content


def test_a_database_of_another_program_is_left_alone(path: Path) -> None:
    connection = apsw.Connection(str(path))
    connection.execute("PRAGMA application_id = 77; CREATE TABLE theirs (a)")
    connection.close()
    with pytest.raises(CorruptDatabase, match="another program"):
        SqliteStore(path)


async def test_a_newer_format_is_refused_with_a_way_out(path: Path) -> None:
    await SqliteStore(path).close()
    connection = apsw.Connection(str(path))
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(StoreBroken, match="newer"):
        SqliteStore(path)


def test_a_directory_that_is_not_there_is_said_plainly(tmp_path: Path) -> None:
    with pytest.raises(StoreBroken, match="cannot be opened"):
        SqliteStore(tmp_path / "missing" / "state.db")


async def test_only_the_owner_may_read_the_files(store: SqliteStore, path: Path) -> None:
    await store.put("/a", b"1")
    for file in path.parent.iterdir():
        assert file.stat().st_mode & 0o077 == 0, file


async def test_when_it_was_is_remembered_over_a_restart_and_forgotten_with_the_history(path: Path) -> None:
    clock = FakeClock(1000.0)
    store = SqliteStore(path, clock=clock)
    assert (store.oldest_moment_s, store.revision_at(1e12)) == (None, 0)
    for n in range(1, 4):
        await store.put("/a", b"%d" % n)
        await clock.advance(10)
    assert store.oldest_moment_s == 1000.0
    assert [store.revision_at(at) for at in (999, 1000, 1009, 1010, 1025, 5000)] == [0, 2, 2, 3, 4, 4]
    await store.close()
    store = SqliteStore(path, clock=clock)
    assert [store.revision_at(at) for at in (999, 1000, 1009, 1010, 1025, 5000)] == [0, 2, 2, 3, 4, 4]
    page = await store.list("", at_revision=store.revision_at(1015))
    assert [item.value for item in page.items] == [b"2"]
    await store.compact(4)
    assert (store.oldest_moment_s, store.revision_at(1005), store.revision_at(1020)) == (1020.0, 0, 4)
    await store.close()
    store = SqliteStore(path, clock=clock)
    assert (store.oldest_moment_s, store.revision_at(1005), store.revision_at(1020)) == (1020.0, 0, 4)
    await store.close()


async def test_a_file_of_before_there_were_moments_gets_them(path: Path) -> None:
    clock = FakeClock(1000.0)
    store = SqliteStore(path, clock=clock)
    await store.put("/a", b"1")
    await store.close()
    with apsw.Connection(str(path)) as connection:
        connection.execute("DROP TABLE moment")
    store = SqliteStore(path, clock=clock)
    assert (store.oldest_moment_s, store.revision_at(1e12)) == (None, 0)
    await clock.advance(10)
    await store.put("/a", b"2")
    assert (store.revision_at(1005), store.revision_at(1010)) == (0, 3)
    await store.close()


@pytest.mark.usefixtures("_no_failpoints")
async def test_a_commit_that_failed_leaves_no_moment(path: Path) -> None:
    clock = FakeClock(1000.0)
    store = SqliteStore(path, clock=clock)
    await store.put("/a", b"1")
    await clock.advance(10)
    failpoints.configure("in-commit:error:1")
    with suppress(StoreBroken):
        await store.put("/a", b"2")
    failpoints.configure("")
    await clock.advance(10)
    await store.put("/a", b"3")
    assert [store.revision_at(at) for at in (1000, 1010, 1020)] == [2, 2, 3]
    await store.close()


async def test_who_has_written_is_remembered_over_a_restart(path: Path) -> None:
    clock = FakeClock(1000.0)
    store = SqliteStore(path, clock=clock)
    await store.put("/a", b"1", signature=Signature("anna", is_lasting=True))
    await store.put("/a", b"2", signature=Signature("a program"))
    await store.close()
    store = SqliteStore(path, clock=clock)
    assert await store.signed("") == [Signed(2, 1000.0, "/a", "anna", True), Signed(3, 1000.0, "/a", "a program")]
    await store.close()


async def test_a_file_of_before_there_were_signatures_gets_them(path: Path) -> None:
    store = SqliteStore(path)
    await store.put("/a", b"1")
    await store.close()
    with apsw.Connection(str(path)) as connection:
        connection.execute("DROP TABLE signature")
    store = SqliteStore(path)
    assert not await store.signed("")
    await store.put("/a", b"2", signature=Signature("anna"))
    assert [one.revision for one in await store.signed("")] == [3]
    await store.close()


async def test_the_signatures_of_people_stay_until_there_are_too_many(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SignatureBudget.__init__, "__defaults__", (5, 2))
    store = SqliteStore(path)
    for n in range(20):
        await store.put("/a", b"%d" % n, signature=Signature(f"anna {n}", is_lasting=True))
    kept = [one.text for one in await store.signed("")]
    assert 5 <= len(kept) <= 7
    assert kept[-1] == "anna 19"
    assert kept == [f"anna {n}" for n in range(20 - len(kept), 20)]
    await store.close()


async def test_many_signatures_are_read_in_pieces(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_log, "SIGNATURES_PER_TURN", 3)
    store = SqliteStore(path)
    for n in range(10):
        await store.put(f"/{n % 2}", b"", signature=Signature(f"{n}"))
        await store.put("/unsigned", b"")
    assert [one.text for one in await store.signed("/1")] == ["1", "3", "5", "7", "9"]
    await store.close()


@pytest.mark.usefixtures("_no_failpoints")
async def test_a_commit_that_failed_leaves_no_signature(path: Path) -> None:
    store = SqliteStore(path)
    await store.put("/a", b"1", signature=Signature("anna", is_lasting=True))
    failpoints.configure("in-commit:error:1")
    with suppress(StoreBroken):
        await store.put("/a", b"2", signature=Signature("ben", is_lasting=True))
    failpoints.configure("")
    await store.put("/a", b"3", signature=Signature("eve", is_lasting=True))
    assert [(one.revision, one.text) for one in await store.signed("")] == [(2, "anna"), (3, "eve")]
    await store.close()
