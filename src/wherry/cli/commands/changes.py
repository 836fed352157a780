"""`wherry changes --since X`: what changed between two moments, and who did it."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from wherry.cli.look import Look, kubectl_scope, look_options
from wherry.cli.output import printable, say
from wherry.cli.troubles import known

if TYPE_CHECKING:
    from wherry.client.client import Client
    from wherry.narrate.bundles import Bundle
    from wherry.narrate.history import Change
    from wherry.narrate.past import Moment


@click.command()
@click.option("--since", default="1h", help="From when: 10m, 2h, yesterday, 10:02, 'last review' (default: 1h).")
@click.option("--until", default="", help="Until when (default: now).")
@click.option("--each", is_flag=True, help="Every change by itself; what was done in one go is one line otherwise.")
@look_options
def command(look: Look, since: str, until: str, each: bool) -> None:
    """What was created, changed and deleted between two moments, and who did it where that is known.

    Exit code 0: something changed; 1: nothing did.
    """
    from wherry.cli.past import moment, said_time, too_long_ago
    from wherry.narrate.bundles import bundles
    from wherry.narrate.changes import summary
    from wherry.narrate.past import TooLongAgo
    from wherry.narrate.past_changes import changes_since

    async def ask(client: Client) -> tuple[Moment, Moment, list[Change]]:
        start, end = await moment(client, since, or_oldest=True), await moment(client, until)
        if end.time_s < start.time_s:
            raise known("W0205", error="the end is before the beginning: exchange --since and --until")
        try:
            return start, end, await changes_since(client, start, end, look.namespace)
        except TooLongAgo as error:
            raise too_long_ago(error) from error

    start, end, told = look.ask(ask)
    if not look.answered(told, [f"{one.kind.lower()}/{one.name}" for one in told]):
        say(printable(summary(told, said_time(start.time_s), said_time(end.time_s) if until else "now")))
        _show(told if each else bundles(told))
        step = next((one.next for one in told if one.next), f"wherry story --since {since!r}")
        look.end(f"kubectl get events {kubectl_scope(look.namespace)} --sort-by=.lastTimestamp", step)
    sys.exit(0 if told else 1)


def _show(told: Sequence[Change | Bundle]) -> None:
    from wherry.narrate.when import time_of

    moments = [time_of(one.time_s, time.time()) for one in told]
    width = max(map(len, moments), default=0)
    for at, one in zip(moments, told, strict=True):
        say(printable(f"  {at:{width}}  {one.text}"))
