"""What a webhook should hear is the difference between what is and what it knows."""

from __future__ import annotations

from typing import Literal

from wherry.narrate.find import Target
from wherry.narrate.incidents import Moment, Notice
from wherry.narrate.outbox import WAITING_MAX, Outbox

WEB = Target("Deployment", "shop", "web")


def notice(state: Literal["started", "ended"] = "started", thing: Target = WEB) -> Notice:
    return Notice(
        state=state,
        sentence=f"{thing.name} {state}.",
        next="wherry why web",
        thing=thing.text,
        namespace=thing.namespace,
        at="2026-11-28T10:00:00Z",
    )


def waiting(outbox: Outbox) -> list[str]:
    return [told.sentence for _, told in outbox.waiting()]


def take_all(outbox: Outbox) -> None:
    for thing, told in outbox.waiting():
        outbox.taken(thing, told)


def test_a_thing_waits_until_it_is_taken_and_then_no_more() -> None:
    outbox = Outbox("r")
    outbox.note([notice()], [WEB])
    assert (waiting(outbox), len(outbox)) == (["web started."], 1)
    take_all(outbox)
    assert (waiting(outbox), len(outbox)) == ([], 0)
    outbox.note([notice("ended")], [WEB])
    assert waiting(outbox) == ["web ended."]


def test_trouble_that_came_and_went_unheard_is_not_told() -> None:
    outbox = Outbox("r")
    outbox.note([notice()], [WEB])
    outbox.note([notice("ended")], [WEB])
    assert waiting(outbox) == []
    outbox.forget_what_is_over()
    outbox.note([notice()], [WEB])
    assert waiting(outbox) == ["web started."]


def test_an_end_that_comes_while_its_start_is_on_its_way_is_told_after_it() -> None:
    outbox = Outbox("r")
    outbox.note([notice()], [WEB])
    [(thing, on_its_way)] = outbox.waiting()
    outbox.note([notice("ended")], [WEB])
    assert not outbox.is_latest(thing, on_its_way)
    outbox.taken(thing, on_its_way)
    assert waiting(outbox) == ["web ended."]


def test_after_a_restart_what_was_told_goes_on_and_its_end_is_news() -> None:
    before = Outbox("r")
    before.note([notice()], [WEB])
    take_all(before)
    outbox = Outbox("r", before.to_bytes())
    [(thing, incident)] = outbox.incidents(Moment(wall_s=1_795_860_060.0, passed_s=5.0)).items()
    assert (thing, incident.is_told, incident.trouble.sentence) == (WEB, True, "web started.")
    assert incident.since == Moment(1_795_860_000.0, -55.0)
    outbox.note([notice()], [WEB])
    assert waiting(outbox) == []
    outbox.note([notice("ended")], [WEB])
    assert waiting(outbox) == ["web ended."]


def test_another_address_knows_nothing_of_what_the_one_before_was_told() -> None:
    before = Outbox("r")
    before.note([notice()], [WEB])
    take_all(before)
    assert Outbox("another", before.to_bytes()).incidents(Moment(0.0, 0.0)) == {}


def test_a_damaged_memory_is_none() -> None:
    assert Outbox("r", b'{"receiver": 3').incidents(Moment(0.0, 0.0)) == {}


def test_a_webhook_hears_of_so_many_things_at_a_time() -> None:
    outbox = Outbox("r")
    things = [Target("Pod", "shop", f"p{number}") for number in range(WAITING_MAX + 5)]
    outbox.note([notice(thing=thing) for thing in things], things)
    assert (len(outbox.waiting()), len(outbox)) == (WAITING_MAX, WAITING_MAX + 5)
    take_all(outbox)
    assert len(outbox.waiting()) == 5
