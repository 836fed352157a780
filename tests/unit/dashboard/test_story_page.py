"""The story says how many lines there are, and of the last hour nothing that is older."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from suites.shop_window import Shop
from wherry.api.core.event import EVENTS
from wherry.api.core.event_parts import Event
from wherry.api.core.pod import PODS
from wherry.apimachinery.document import Document
from wherry.apimachinery.timestamps import format_time
from wherry.client.client import Client
from wherry.dashboard.live import Live
from wherry.dashboard.moments import Moments
from wherry.dashboard.views.story import LINES_SHOWN, STORY, Story
from wherry.dashboard.views.view import Asked
from wherry.kit.clock import FakeClock, settle

PAGE = f"/ui/{STORY.path}"


async def test_it_says_of_how_many_it_shows_the_last(full_shop: Shop) -> None:
    now_s = int(full_shop.clock.now_s())
    for number in range(LINES_SHOWN + 20):
        event: Document = {
            "metadata": {"name": f"told-{number}"},
            "involvedObject": {"kind": "Pod", "namespace": "shop-dev", "name": f"app{number}-1"},
            "reason": f"Told{number}",
            "message": f"Number {number}.",
            "lastTimestamp": format_time(now_s - 600 + number),
            "source": {"component": f"part{number}"},
        }
        _ = await full_shop.client.create(EVENTS, event, "shop-dev")
    await settle()
    page = await full_shop.browser.read(f"{PAGE}?ns=shop-dev&who=part")
    assert f"The last {LINES_SHOWN} of {LINES_SHOWN + 20} lines of the last hour." in page.text
    assert len([one for one in page.ids if one.startswith("line/")]) == LINES_SHOWN


@dataclass
class Looking:
    """All that a story of now needs."""

    client: Client
    clock: FakeClock
    namespace: str = ""
    revision: int = 0

    @property
    def moments(self) -> Moments:
        return Moments(None, self.clock)

    def now_s(self) -> float:
        return self.clock.now_s()

    async def events(self) -> list[Event]:
        return []


async def test_what_somebody_did_leaves_the_last_hour_while_the_page_is_open(full_shop: Shop) -> None:
    looking = Looking(full_shop.client, full_shop.clock)
    story = Story(cast("Live", looking), Asked((), {"app": "web"}))
    _ = await full_shop.client.delete(PODS, "web-1", "shop-dev")
    told = [piece.open for piece in (await story.render()).pieces]
    assert any("web-1" in piece for piece in told)
    await full_shop.clock.advance(3601)
    told = [piece.open for piece in (await story.render()).pieces]
    assert not any("web-1" in piece for piece in told)
    assert any("Nothing like that has happened in the last hour." in piece for piece in told)
