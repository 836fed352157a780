"""`wherry why THING`: why is this thing as it is?"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from wherry.cli.look import Look, check_kind, look_options, resolve
from wherry.cli.output import printable, say

if TYPE_CHECKING:
    from wherry.client.client import Client
    from wherry.narrate.because import Answer
    from wherry.narrate.chain import Step
    from wherry.narrate.facts import Snapshot
    from wherry.narrate.find import Target

NODES_SHOWN = 10


@click.command()
@click.argument("thing", metavar="[KIND/]NAME")
@look_options
def command(look: Look, thing: str) -> None:
    """Why is this thing as it is? What led here, what is wrong, what is being done, what to do.

    Examples: wherry why web   wherry why pod/web-1   wherry why service/web   wherry why node/laptop
    """
    check_kind(thing)

    async def ask(client: Client) -> Answer:
        from wherry.narrate.because import answer
        from wherry.narrate.evidence import gather

        snapshot = await look.read(client)
        return answer(await gather(client, _target(look, snapshot, thing), snapshot))

    found = look.ask(ask)
    if look.answered(found, [f"{found.kind.lower()}/{found.name}"]):
        return
    _tell(found)
    scope = f" -n {found.namespace}" if found.namespace else ""
    steps = found.next[:3] or (f"wherry show {found.kind.lower()}/{found.name}{scope}",)
    look.end(f"kubectl describe {found.kind.lower()} {found.name}{scope}", *steps)


def _target(look: Look, snapshot: Snapshot, thing: str) -> Target:
    """The thing; what the picture does not show (a config map, a claim) is meant by its kind and name."""
    from wherry.narrate.find import Target, find_kind, find_targets

    kind_word, slash, name = thing.partition("/")
    resource = find_kind(kind_word) if slash else None
    if resource is not None and name and not find_targets(snapshot, thing):
        from wherry.narrate.find import all_targets

        if resource.kind not in {one.kind for one in all_targets(snapshot)}:
            return Target(resource.kind, (look.namespace or "default") if resource.namespaced else "", name)
    return resolve(snapshot, thing, "why")


def _tell(found: Answer) -> None:
    say(printable(found.answer))
    for reason in found.reasons:
        say(f"  {printable(reason)}")
    for crash in found.crashes:
        say(printable(f"  Container {crash.container} ended with exit code {crash.exit_code}."))
        for line in crash.last_words:
            say(printable(f"    Its last words: {line}"))
        say(printable(f"    Likely: {crash.likely}"))
    if found.nodes:
        say("  What each node says:")
        for verdict in found.nodes[:NODES_SHOWN]:
            say(printable(f"    {verdict.reason}"))
        if len(found.nodes) > NODES_SHOWN:
            say(f"    and {len(found.nodes) - NODES_SHOWN} more nodes: -o json has them all")
    if found.chain:
        say("  How it came to be so:")
        _tell_chain(found.chain)


def _tell_chain(chain: Sequence[Step]) -> None:
    from wherry.narrate.when import time_of

    moments = [time_of(step.time_s, time.time()) for step in chain]
    width = max(map(len, moments), default=0)
    for at, step in zip(moments, chain, strict=True):
        say(f"    {at:{width}} {printable(step.text)}")
