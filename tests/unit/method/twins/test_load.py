"""Traffic: it ends when it should, and is given up when it only fails."""

from __future__ import annotations

from suites.played_twin import played_twin
from wherry.method.twins.load import HOPELESS, play_times, play_until, steady_load


async def test_so_many_journeys_are_played_as_are_asked_for() -> None:
    twin = played_twin()
    _ = await twin.scale(2)
    load = await play_times(twin, times=10, at_once=3)
    assert (len(load.plays), load.sent, load.failed) == (10, 30, [])


async def test_a_load_that_only_fails_is_given_up() -> None:
    twin = played_twin(fails_together=True)
    _ = await twin.scale(2)
    load, _ = await play_until(twin, [twin.calls], twin.clock.sleep(0.2), more=100, at_once=2)
    assert HOPELESS <= len(load.failed) <= HOPELESS + 2


async def test_a_load_goes_on_until_something_ends_and_a_little_longer_and_gives_its_result() -> None:
    twin = played_twin()
    _ = await twin.scale(1)

    async def grows() -> int:
        return len(await twin.scale(3))

    load, copies = await play_until(twin, [twin.calls], grows(), more=12, at_once=3)
    # Those that are under way when it ends are finished as well.
    assert (copies, 12 <= len(load.plays) <= 15) == (3, True)


async def test_a_steady_load_goes_on_while_its_block_runs() -> None:
    twin = played_twin()
    _ = await twin.scale(1)
    async with steady_load(twin, 300) as load:
        await twin.clock.sleep(0.1)
    assert 5 <= len(load.plays) <= 12
    count = len(load.plays)
    await twin.clock.sleep(0.03)
    assert len(load.plays) == count
