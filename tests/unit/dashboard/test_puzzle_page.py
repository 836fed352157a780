"""The puzzle as a page: the picture, and the table that says the same to whoever cannot see it."""

from __future__ import annotations

from suites.shop_window import Shop
from wherry.dashboard.puzzle.facts import WORST_FIRST
from wherry.dashboard.views.puzzle import PUZZLE


async def test_every_state_stands_in_the_table_with_its_parties_and_its_reason(full_shop: Shop) -> None:
    page = await full_shop.browser.read(f"/ui/{PUZZLE.path}")
    print(page.text)
    for word in WORST_FIRST:
        assert word in page.text
