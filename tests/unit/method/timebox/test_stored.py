"""What the cluster keeps of a timebox says the same as the command did when it looked."""

from __future__ import annotations

import pytest

from wherry.api.method.timebox import Seen, Timebox, TimeboxSpec, TimeboxStatus
from wherry.method.timebox.clock import Timebox as Clock
from wherry.method.timebox.stored import NOTED, clock_of, ticks_of
from wherry.method.timebox.ticks import ITEMS
from wherry.method.timebox.words import next_words

SPEC = TimeboxSpec(service="orders", started_at="2026-01-01T00:00:00Z", length_seconds=3600)


def kept(*open_: str) -> Timebox:
    seen = (Seen(item="healed", at="2026-01-01T00:10:00Z", evidence="a pod was lost"),)
    return Timebox(spec=SPEC, status=TimeboxStatus(done=12 - len(open_), total=12, open=open_, seen=seen))


def test_what_is_open_is_open_and_the_rest_has_its_evidence() -> None:
    ticks = {tick.item.name: tick for tick in ticks_of(kept(ITEMS[2].title), "shop-dev")}
    assert [name for name, tick in ticks.items() if not tick.is_done] == ["built"]
    assert (ticks["healed"].evidence, ticks["runs"].evidence) == ("a pod was lost", NOTED)
    assert ticks["healed"].how == "wherry kubectl -n shop-dev delete pod -l app=orders"
    assert next_words(clock_of(kept()), ticks_of(kept(ITEMS[2].title)), 0.0) == "wherry build"


def test_before_anybody_has_looked_nothing_is_said_of_the_items() -> None:
    assert ticks_of(Timebox(spec=SPEC)) == []


@pytest.mark.parametrize("started", ["2026-01-01t00:00:00z", "2026-12-31T23:59:60Z", ""])
def test_a_clock_that_cannot_be_read_is_none(started: str) -> None:
    assert clock_of(kept()) == Clock("orders", "2026-01-01T00:00:00Z", 3600)
    assert clock_of(Timebox(spec=TimeboxSpec(service="orders", started_at=started, length_seconds=1))) is None
