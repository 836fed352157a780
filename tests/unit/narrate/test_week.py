"""What was repaired this week, with a past that can be asked, one that is being forgotten, and none."""

from __future__ import annotations

import time

from suites.fake_api import FakeApi
from wherry.apimachinery.errors import Expired
from wherry.kit.http.types import Request
from wherry.narrate.past import Moment
from wherry.narrate.week import WEEK_S, repairs_this_week

DAY_S = 86400.0


def said(time_s: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(time_s))


async def nobody_knows(_: str) -> None:
    return None


async def test_a_cluster_without_a_past_is_counted_from_what_there_is_since_a_week() -> None:
    sentence = await repairs_this_week(FakeApi().client(), nobody_knows)
    assert said(time.time() - WEEK_S)[:10] in sentence


async def test_masters_that_remember_less_than_a_week_say_since_when() -> None:
    start_s = time.time() - DAY_S

    async def ask(stamp: str) -> Moment:
        return Moment(time_s=start_s if stamp else time.time(), revision=1, oldest_s=start_s)

    assert said(start_s) in await repairs_this_week(FakeApi().client(), ask)


async def test_a_past_that_is_just_being_forgotten_is_counted_from_what_there_is() -> None:
    api = FakeApi()

    def forget(request: Request) -> None:
        if "resourceVersion" in request.query:
            raise Expired("too old resource version")

    api.before = forget

    async def ask(_: str) -> Moment:
        return Moment(time_s=time.time(), revision=1, oldest_s=0)

    assert said(time.time() - WEEK_S)[:10] in await repairs_this_week(api.client(), ask)
