"""A journey that is played from a page: told line by line as it happens, or as one page where no script runs."""

from __future__ import annotations

import secrets
from collections.abc import AsyncGenerator
from contextlib import aclosing

from wherry.client.client import Client
from wherry.dashboard.markup import link, url, with_terms
from wherry.kit.clock import Clock
from wherry.method.journey.keeping import KeptJourney
from wherry.method.journey.narrating import Hop, narrate_play


async def stream_play(client: Client, kept: KeptJourney, clock: Clock) -> AsyncGenerator[bytes, None]:
    """Server-sent events: each is one line as HTML."""
    async with aclosing(narrate_play(client, kept, clock, secrets.token_hex(4))) as told:
        async for hop in told:
            yield b"data: " + hop_html(hop, kept.namespace).encode().replace(b"\n", b" ") + b"\n\n"


async def whole_play(client: Client, kept: KeptJourney, clock: Clock) -> str:
    """All of it as the main part of a page."""
    async with aclosing(narrate_play(client, kept, clock, secrets.token_hex(4))) as told:
        lines = "".join([hop_html(hop, kept.namespace) async for hop in told])
    again = link(url("demo"), "Play another, or this one again")
    return f'<ol class="hops" id="hops">{lines}</ol><p>{again}</p>'


def hop_html(hop: Hop, namespace: str) -> str:
    """One line of the tale."""
    mark = '<span class="symbol" aria-hidden="true">✕</span> <span class="hidden">Trouble: </span>'
    look = f" {link(url('pods', namespace, hop.pod), 'Look at this pod')}" if hop.pod else ""
    css = "trouble" if hop.is_wrong else "end" if hop.is_end else "fine"
    return f'<li class="{css}"><p>{mark if hop.is_wrong else ""}{with_terms(hop.text)}{look}</p></li>'
