"""What has arrived and is not read yet."""

from __future__ import annotations

import asyncio
from typing import cast

from wherry.kit.http.inbox import UNREAD_BYTES_MAX, Inbox


class Network:
    """The part of a transport that an inbox uses; remembers what it was told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def pause_reading(self) -> None:
        self.told.append("pause")

    def resume_reading(self) -> None:
        self.told.append("resume")


def inbox_of(network: Network) -> Inbox:
    return Inbox(cast("asyncio.Transport", network))


async def test_reading_from_the_network_pauses_above_the_bound_and_goes_on_at_half_of_it() -> None:
    network = Network()
    inbox = inbox_of(network)
    half = bytes(UNREAD_BYTES_MAX // 2)
    for piece in (half, half):
        inbox.put(piece)
    assert network.told == []
    inbox.put(b"x")
    inbox.put(b"y")
    assert network.told == ["pause"]
    assert await inbox.take() == half
    assert network.told == ["pause"]
    assert await inbox.take() == half
    assert network.told == ["pause", "resume"]


async def test_what_is_unread_at_the_end_can_still_be_taken() -> None:
    inbox = inbox_of(Network())
    inbox.put(b"last")
    inbox.end()
    assert inbox.is_over
    assert await inbox.take() == b"last"
    assert await inbox.take() is None


async def test_a_reader_waits_for_what_comes_next() -> None:
    inbox = inbox_of(Network())
    taking = asyncio.ensure_future(inbox.take())
    await asyncio.sleep(0)
    assert not taking.done()
    inbox.put(b"now")
    assert await taking == b"now"
