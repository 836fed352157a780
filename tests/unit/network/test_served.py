from __future__ import annotations

import asyncio

from wherry.kit.clock import settle
from wherry.network.served import ServedAddresses


async def test_an_address_that_nobody_is_sent_to_needs_no_waiting() -> None:
    served = ServedAddresses()
    served.replace(frozenset({"10.244.0.2"}))
    assert await served.until_withdrawn("10.244.0.3", timeout_s=0)


async def test_waiting_ends_with_the_rules_that_leave_the_address_out() -> None:
    served = ServedAddresses()
    served.replace(frozenset({"10.244.0.2", "10.244.0.3"}))
    waiting = asyncio.ensure_future(served.until_withdrawn("10.244.0.2", timeout_s=60))
    await settle()
    served.replace(frozenset({"10.244.0.2"}))
    await settle()
    assert not waiting.done()
    served.replace(frozenset({"10.244.0.3"}))
    assert await waiting


async def test_rules_that_never_change_hold_nobody_up_for_long() -> None:
    served = ServedAddresses()
    served.replace(frozenset({"10.244.0.2"}))
    assert not await served.until_withdrawn("10.244.0.2", timeout_s=0)
