"""Whatever happens in whatever order: no key is lost, none is with two workers at once."""

from __future__ import annotations

import asyncio

from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from hypothesis.strategies import sampled_from

from wherry.kit.clock import FakeClock
from wherry.reconcile.workqueue import WorkQueue

KEYS = sampled_from("abcd")


class WorkQueueMachine(RuleBasedStateMachine):
    """A queue beside its model: who is wanted, who is being worked on."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.queue: WorkQueue[str] = WorkQueue(FakeClock())
        self.wanted: set[str] = set()
        self.working: set[str] = set()

    @rule(key=KEYS)
    def add(self, key: str) -> None:
        self.queue.add(key)
        self.wanted.add(key)

    @precondition(lambda self: len(self.queue) > 0)
    @rule()
    def get(self) -> None:
        key = self.loop.run_until_complete(self.queue.get())
        assert key in self.wanted, "only what was asked for"
        assert key not in self.working, "never two workers on one key"
        self.wanted.discard(key)
        self.working.add(key)

    @precondition(lambda self: self.working)
    @rule(key=KEYS)
    def done(self, key: str) -> None:
        if key in self.working:
            self.working.discard(key)
            self.queue.done(key)

    @invariant()
    def everything_wanted_is_available_unless_in_work(self) -> None:
        assert len(self.queue) == len(self.wanted - self.working)
        assert self.queue.is_idle == (not self.wanted and not self.working)

    def teardown(self) -> None:
        self.loop.close()


TestWorkQueue = WorkQueueMachine.TestCase
TestWorkQueue.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
