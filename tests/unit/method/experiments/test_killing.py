"""What must still be there after a copy was killed."""

from __future__ import annotations

from suites.played_twin import JOURNEY, said
from wherry.kit.clock import FakeClock
from wherry.method.experiments.killing import acknowledged
from wherry.method.journey.play import Answer, CannotCall, play


async def test_only_writes_that_were_acknowledged_are_looked_for() -> None:
    async def cut_at_the_read(method: str, path: str, body: object) -> Answer:
        if method == "GET":
            raise CannotCall("killed")
        return said(201, {"id": 1})

    async def cut_at_the_write(method: str, path: str, body: object) -> Answer:
        raise CannotCall("killed")

    written = await play(JOURNEY, cut_at_the_read, FakeClock(), "t")
    assert [step.path for step in acknowledged(written)] == ["/x/${row}"]
    assert acknowledged(await play(JOURNEY, cut_at_the_write, FakeClock(), "t")) == []
