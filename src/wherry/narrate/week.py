"""What was repaired this week without anybody being called: asked once, the same for the command line and the page.

    said = await repairs_this_week(client, ask, namespace)

`ask` is the way to the past: the masters' own memory for the page, the API for the command line.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable

from wherry.api.core.pod import PODS
from wherry.client.client import Client
from wherry.narrate.past import Moment, TooLongAgo, events_since
from wherry.narrate.repairs import count_repairs, repairs_sentence
from wherry.narrate.story import tell

WEEK_S = 7 * 86400.0

Ask = Callable[[str], Awaitable[Moment | None]]
"""The moment of a time as the API writes it, or the oldest one that is known; "" means now.

None: this cluster cannot say how it was.
"""


async def repairs_this_week(client: Client, ask: Ask, namespace: str = "") -> str:
    """The value in a sentence: since a week ago, or since the masters remember. Raises StatusError."""
    since_s = time.time() - WEEK_S
    start = await ask(time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(since_s)))
    now = await ask("") if start is not None else None
    try:
        if start is None or now is None:
            events, _ = await tell(client, namespace)
        else:
            events = await events_since(client, start, now, namespace)
            since_s = max(since_s, start.time_s)
    except TooLongAgo:
        # A past that is just being forgotten: what there is now.
        events, _ = await tell(client, namespace)
    repairs = count_repairs(events, (await client.list(PODS, namespace)).items, since_s)
    return repairs_sentence(repairs, time.strftime("%Y-%m-%d %H:%M", time.localtime(since_s)))
