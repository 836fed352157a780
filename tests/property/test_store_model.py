"""The durable store must behave as the model does, whatever is done to both, restarts included."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from wherry.kit.clock import FakeClock, settle
from wherry.kit.tasks import TaskScope
from wherry.store import sqlite
from wherry.store.interface import (
    Compacted,
    KeyExists,
    RevisionConflict,
    Store,
    StoreError,
    StoreEvent,
    Watch,
)
from wherry.store.memory import MemoryStore
from wherry.store.sqlite import SqliteStore

T = TypeVar("T")

KEYS = st.sampled_from(["/a/x", "/a/y", "/a/yy", "/b/x", "/b", "/\U0010ffff/z", "/ü"])
PREFIXES = st.sampled_from(["", "/", "/a/", "/a/y", "/b", "/b/", "/\U0010ffff", "/none"])
VALUES = st.binary(max_size=20)
AGO = st.integers(0, 12)


@dataclass
class Pair:
    """The same watch on both stores, and what each has yielded."""

    model: Watch
    real: Watch
    from_model: list[StoreEvent] = field(default_factory=list)
    from_real: list[StoreEvent] = field(default_factory=list)


def plain(error: StoreError) -> tuple[object, ...]:
    """What a caller can see of an error."""
    match error:
        case KeyExists():
            return "exists", error.current
        case RevisionConflict():
            return "conflict", error.key, error.current
        case _:
            return type(error).__name__, str(error)


async def collect(watch: Watch, seen: list[StoreEvent]) -> None:
    """Read until cancelled."""
    async for events in watch:
        seen += events


async def outcome(work: Coroutine[object, object, T]) -> object:
    try:
        return await work
    except StoreError as error:
        return plain(error)


class StoreMachine(RuleBasedStateMachine):
    """Does everything twice and compares."""

    def __init__(self) -> None:
        super().__init__()
        # Small steps, so that even short histories are read in several.
        self.usual_step, sqlite.CATCH_UP_REVISIONS = sqlite.CATCH_UP_REVISIONS, 3
        self.loop = asyncio.new_event_loop()
        self.directory = tempfile.TemporaryDirectory()
        self.path = Path(self.directory.name) / "state.db"
        self.model = MemoryStore()
        self.real = self.loop.run_until_complete(self.open())
        self.pairs: list[Pair] = []

    async def open(self) -> SqliteStore:
        return SqliteStore(self.path, clock=FakeClock())

    def both(self, work: object) -> None:
        assert callable(work)

        async def compare() -> None:
            assert await outcome(work(self.real)) == await outcome(work(self.model))

        self.loop.run_until_complete(compare())

    @initialize(writes=st.lists(st.tuples(KEYS, VALUES), max_size=8))
    def start_with_something(self, writes: list[tuple[str, bytes]]) -> None:
        for key, value in writes:
            self.both(lambda store, key=key, value=value: store.put(key, value))

    @rule(key=KEYS, value=VALUES, expected=st.sampled_from(["none", "new", "right", "stale"]))
    def put(self, key: str, value: bytes, expected: str) -> None:
        current = self.loop.run_until_complete(self.model.get(key))
        revision = {
            "none": None,
            "new": 0,
            "right": current.revision if current else 0,
            "stale": self.model.revision + 1,
        }
        self.both(lambda store: store.put(key, value, expected_revision=revision[expected]))

    @rule(key=KEYS, right=st.booleans())
    def delete(self, key: str, right: bool) -> None:
        current = self.loop.run_until_complete(self.model.get(key))
        revision = current.revision if current and right else None
        self.both(lambda store: store.delete(key, expected_revision=revision))

    @rule(writes=st.lists(st.tuples(KEYS, VALUES, st.sampled_from([None, 0, -1])), min_size=2, max_size=6))
    def write_in_one_turn(self, writes: list[tuple[str, bytes, int | None]]) -> None:
        async def all_at_once(store: Store) -> list[object]:
            return await asyncio.gather(
                *(
                    outcome(store.delete(key) if expected == -1 else store.put(key, value, expected_revision=expected))
                    for key, value, expected in writes
                )
            )

        self.both(all_at_once)

    @rule(prefix=PREFIXES, after=st.one_of(st.just(""), KEYS), limit=st.integers(0, 3), ago=AGO)
    def list_at(self, prefix: str, after: str, limit: int, ago: int) -> None:
        revision = max(0, self.model.revision - ago + 1)
        self.both(lambda store: store.list(prefix, after_key=after, limit=limit, at_revision=revision))
        self.both(lambda store: store.count(prefix))

    @rule(ago=AGO)
    def compact(self, ago: int) -> None:
        self.both(lambda store: store.compact(max(0, self.model.revision - ago)))

    @rule(prefix=PREFIXES, ago=st.integers(-2, 12))
    def watch(self, prefix: str, ago: int) -> None:
        revision = max(0, self.model.revision - ago)
        try:
            model: Watch | str = self.model.watch(prefix, after_revision=revision)
        except Compacted as error:
            model = str(error)
        try:
            real: Watch | str = self.real.watch(prefix, after_revision=revision)
        except Compacted as error:
            real = str(error)
        if isinstance(model, str) or isinstance(real, str):
            assert model == real
            return
        # One turn, so that later compactions find it synced, as the model's always is.
        pair = Pair(model, real)
        self.pairs.append(pair)
        self.loop.run_until_complete(self.read(pair))

    @precondition(lambda self: self.pairs)
    @rule(data=st.data())
    def read_watch(self, data: st.DataObject) -> None:
        self.loop.run_until_complete(self.read(data.draw(st.sampled_from(self.pairs))))

    async def read(self, pair: Pair) -> None:
        for watch, seen in ((pair.model, pair.from_model), (pair.real, pair.from_real)):
            async with TaskScope("reader") as scope:
                _ = scope.start("read", collect(watch, seen))
                await settle(10)
        assert pair.from_real == pair.from_model
        assert pair.real.revision == pair.model.revision

    @rule()
    def restart(self) -> None:
        for pair in self.pairs:
            self.loop.run_until_complete(self.read(pair))
            pair.model.close()
        self.pairs.clear()
        self.loop.run_until_complete(self.real.close())
        self.real = self.loop.run_until_complete(self.open())

    @invariant()
    def the_revisions_are_the_same(self) -> None:
        assert (self.real.revision, self.real.oldest_revision) == (self.model.revision, self.model.oldest_revision)

    def teardown(self) -> None:
        try:
            for pair in self.pairs:
                self.loop.run_until_complete(self.read(pair))
        finally:
            sqlite.CATCH_UP_REVISIONS = self.usual_step
            self.loop.run_until_complete(self.real.close())
            self.loop.run_until_complete(self.model.close())
            self.loop.close()
            self.directory.cleanup()


StoreMachine.TestCase.settings = settings(
    max_examples=30, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
TestStoreAgainstModel = StoreMachine.TestCase
