"""`wherry picture`: nodes hold pods, pods hold containers."""

from __future__ import annotations

import click

from wherry.cli.look import Look, kubectl_scope, look_options
from wherry.cli.output import printable, say

REDRAW_S = 0.2
"""Changes within this time are drawn together."""


@click.command()
@click.option("-w", "--watch", is_flag=True, help="Draw it anew whenever something changes.")
@look_options
def command(look: Look, watch: bool) -> None:
    """The cluster as boxes in boxes: nodes hold pods, pods hold containers."""
    if watch:
        _watch(look)
        return
    snapshot = look.snapshot()
    if look.answered(snapshot, [f"pod/{pod.id}" for pod in snapshot.pods]):
        return
    from wherry.cli.picture import draw
    from wherry.narrate.headline import first_step

    say(printable(snapshot.sentence))
    for line in draw(snapshot, look.terminal):
        say(line)
    if snapshot.hidden:
        say(f"You may not see everything here: {', '.join(snapshot.hidden)}.")
    step = first_step(snapshot.nodes, snapshot.waiting) or ("wherry next" if snapshot.pods else "wherry tour")
    look.end(f"kubectl get pods {kubectl_scope(look.namespace)} -o wide", step)


def _watch(look: Look) -> None:
    import asyncio
    import platform

    from wherry.client.client import Client
    from wherry.client.informer import SharedInformers
    from wherry.kit.clock import SystemClock
    from wherry.kit.tasks import TaskScope
    from wherry.narrate.model import ReadModel, hidden_kinds

    async def follow(client: Client) -> None:
        clock, changed = SystemClock(), asyncio.Event()
        informers = SharedInformers(client, clock)
        model = ReadModel(
            lambda resource, /: informers.informer(resource, namespace=look.namespace if resource.namespaced else ""),
            this_host=platform.node(),
        )
        model.hide(await hidden_kinds(client, look.namespace))
        look.seen(model.snapshot(look.namespace))
        model.subscribe(lambda _change: changed.set())
        async with TaskScope("picture") as scope:
            _ = scope.start("informers", informers.run())
            await model.wait_synced()
            while True:
                changed.clear()
                _redraw(look, model)
                await changed.wait()
                await clock.sleep(REDRAW_S)

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
