"""`wherry picture`: nodes hold pods, pods hold containers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from wherry.cli.look import Look, kubectl_scope, look_options
from wherry.cli.output import printable, say

if TYPE_CHECKING:
    from wherry.client.client import Client
    from wherry.narrate.facts import Snapshot


@click.command()
@click.option("-w", "--watch", is_flag=True, help="Draw it anew whenever something changes.")
@click.option("--at", default="", help="As it was then: 10:02, '5m ago', yesterday, 'last review'.")
@look_options
def command(look: Look, watch: bool, at: str) -> None:
    """The cluster as boxes in boxes: nodes hold pods, pods hold containers."""
    if watch and at:
        raise click.UsageError("the past does not change: choose --watch or --at")
    if watch:
        _watch(look)
        return
    snapshot, said = _then(look, at) if at else (look.snapshot(), "")
    if look.answered(snapshot, [f"pod/{pod.id}" for pod in snapshot.pods]):
        return
    from wherry.cli.picture import draw
    from wherry.narrate.headline import first_step

    if said:
        say(printable(said))
    say(printable(snapshot.sentence))
    for line in draw(snapshot, look.terminal):
        say(line)
    if snapshot.hidden:
        say(f"You may not see everything here: {', '.join(snapshot.hidden)}.")
    if snapshot.missing:
        say(f"This cluster does not have everything: no {', no '.join(snapshot.missing)}.")
    if said:
        look.end("kubectl get pods -A (the past: only Wherry tells)", f"wherry changes --since {at!r}")
        return
    step = first_step(snapshot.nodes, snapshot.waiting) or ("wherry next" if snapshot.pods else "wherry tour")
    look.end(f"kubectl get pods {kubectl_scope(look.namespace)} -o wide", step)


def _then(look: Look, at: str) -> tuple[Snapshot, str]:
    """The facts as they were, and from when they are."""
    import platform

    from wherry.cli.past import moment, said_time, too_long_ago
    from wherry.narrate.past import TooLongAgo, model_at
    from wherry.narrate.past_templates import SUMMARY

    async def ask(client: Client) -> tuple[Snapshot, str]:
        then = await moment(client, at)
        try:
            model = await model_at(client, then, namespace=look.namespace, this_host=platform.node())
        except TooLongAgo as error:
            raise too_long_ago(error) from error
        snapshot = look.seen(model.snapshot(look.namespace))
        return snapshot, SUMMARY["at"].text.format(at=said_time(then.time_s))

    return look.ask(ask)


def _watch(look: Look) -> None:
    from wherry.cli.listening import followed
    from wherry.kit.clock import SystemClock

    async def follow(client: Client) -> None:
        async with followed(look, client, SystemClock()) as here:
            while True:
                _redraw(look, here.model)
                await here.change()

    look.ask(follow)


def _redraw(look: Look, model: object) -> None:
    import msgspec

    from wherry.cli.picture import draw
    from wherry.narrate.model import ReadModel

    assert isinstance(model, ReadModel)
    snapshot, terminal = model.snapshot(look.namespace), look.terminal
    if look.output == "json":
        # One document a line: a program reads them as they come.
        say(msgspec.json.encode(snapshot).decode())
        return
    if terminal.is_interactive and terminal.boxes:
        say("\x1b[H\x1b[2J" + printable(snapshot.sentence))
    else:
        say(printable(snapshot.sentence))
    for line in draw(snapshot, terminal):
        say(line)
