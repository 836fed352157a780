"""`wherry what-if`: what would happen, before anything does."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from wherry.cli.look import Look, look_options
from wherry.cli.output import printable, progress, say
from wherry.cli.troubles import known

if TYPE_CHECKING:
    from wherry.client.client import Client
    from wherry.cluster.branch.seed import Seed
    from wherry.narrate.forecast import Forecast, Waiting
    from wherry.narrate.intent import Change

NODES_SHOWN = 5


@click.command()
@click.option(
    "-f", "--file", "files", multiple=True, type=click.File("rb"), help="Objects that would be applied (YAML)."
)
@click.option("--node-down", "nodes", multiple=True, metavar="NODE", help="A node that would stop answering.")
@click.option(
    "--scale", "scales", multiple=True, metavar="NAME=COPIES", help="A workload that would get so many copies."
)
@look_options
def command(look: Look, files: Sequence[object], nodes: Sequence[str], scales: Sequence[str]) -> None:
    """What would happen if? The real controllers and the real scheduler try it on a copy; nothing is changed.

    Exit code 0: it fits; 1: it does not.

    Examples: wherry what-if --node-down node-2   wherry what-if --scale web=30   wherry what-if -f change.yaml
    """
    import platform

    from wherry.cli.what_if import read_change
    from wherry.narrate.intent import COPIES_MAX

    change = read_change(files, nodes, scales, look.namespace)
    if change.is_nothing:
        raise known("W0220")
    if change.copies > COPIES_MAX:
        raise known("W0224", wanted=f"{change.copies:,}", most=f"{COPIES_MAX:,}")
    found = _play(look, change, platform.node())
    if not look.answered(found, [f"pod/{name}" for name in found.started]):
        _tell(look, found)
    sys.exit(0 if found.fits else 1)


def _play(look: Look, change: Change, this_host: str) -> Forecast:
    import time

    from wherry.cluster.branch.seed import read_seed
    from wherry.cluster.branch.what_if import play
    from wherry.narrate.intent import Ambiguous, NeverSettles, NotThere

    async def read(client: Client) -> Seed:
        return await read_seed(client, look.namespace)

    started_s = time.perf_counter()
    seed = look.ask(read)
    if {"Pod", "Node"} & set(seed.hidden):
        raise known("W0306", kinds=" and ".join(sorted({"Pod", "Node"} & set(seed.hidden))).lower())
    progress("the state has been copied", (time.perf_counter() - started_s) * 1000)
    started_s = time.perf_counter()
    try:
        found = play(seed, change, this_host=this_host)
    except NotThere as error:
        near = f"wherry show {error.near}" if error.near else "wherry picture --plain"
        raise known("W0203", thing=error.thing, do=near) from error
    except Ambiguous as error:
        names = ", ".join(error.names[:5])
        do = f"wherry what-if -n {error.names[0].rpartition(' ')[2]} --scale ..."
        raise known("W0204", thing=error.thing, count=len(error.names), names=names, do=do) from error
    except NeverSettles as error:
        raise known("W0223") from error
    progress(f"the masters have worked through {found.lasted_s:.0f} s", (time.perf_counter() - started_s) * 1000)
    return found


def _tell(look: Look, found: Forecast) -> None:
    from wherry.cli.picture import draw

    say(printable(found.sentence))
    for line in found.lines:
        say(printable(f"  {line}"))
    for one in found.waiting:
        _tell_nodes(one)
    if found.moves:
        say("After that:")
        for line in draw(found.after, look.terminal):
            say(line)
    say("Nothing has been changed. It is assumed that new containers start at once.")
    look.end("kubectl apply --dry-run=server -f FILE   # checks the objects only", *found.next[:2], "wherry picture")


def _tell_nodes(one: Waiting) -> None:
    for verdict in one.nodes[:NODES_SHOWN]:
        say(printable(f"    {verdict.reason}"))
    if (more := len(one.nodes) - NODES_SHOWN) > 0:
        say(f"    and {more} more nodes: -o json has them all")
