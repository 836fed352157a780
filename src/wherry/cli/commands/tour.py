"""`wherry tour`: from the container to the masters, on your own cluster."""

from __future__ import annotations

import click

from wherry.cli.look import Look, look_options
from wherry.cli.output import printable, say


@click.command()
@click.option("--step", type=click.IntRange(1, 6), help="Only this stop.")
@look_options
def command(look: Look, step: int | None) -> None:
    """What a container, a pod, a node, a workload, a service and the masters are, shown on your own cluster."""
    from wherry.narrate.tour import steps

    snapshot = look.snapshot()
    stops = list(enumerate(steps(snapshot), start=1))
    shown = [(number, stop) for number, stop in stops if step in (None, number)]
    if look.answered([stop for _, stop in shown], [stop.title for _, stop in shown]):
        return
    say(printable(f"{len(stops)} stops on your own cluster: {snapshot.sentence}"))
    for number, stop in shown:
        say(f"{number}. {stop.title[:1].upper()}{stop.title[1:]}: {stop.meaning}")
        say(printable(f"   Here: {stop.claim}"))
        say(printable(f"   See it: {stop.command}"))
    look.end("kubectl get pods -A -o wide", "wherry picture")
