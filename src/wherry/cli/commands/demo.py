"""`wherry demo`: the whole story with a real application; `wherry demo JOURNEY`: a journey of your own service."""

from __future__ import annotations

import asyncio
import sys

import click
from click.core import ParameterSource

from wherry.cli.launch import bring_up
from wherry.cli.output import Trouble, say
from wherry.cli.rights import become_root
from wherry.cli.where import Where, where_options
from wherry.cluster.data_dir import DataDir


@click.command()
@click.argument("journey", required=False)
@click.option("--in", "environment", help="In which environment of the service; the first one when left out.")
@where_options
def command(where: Where, journey: str | None, environment: str | None) -> None:
    """Boot, build, deploy, break and mend: a REST service with its own PostgreSQL, in real containers.

    With a JOURNEY of the service in this folder: play it on the running service, and say where it happened.
    """
    named = click.get_current_context().get_parameter_source("kubeconfig") is not ParameterSource.DEFAULT
    if journey is not None or environment is not None:
        from wherry.cli.demo.journey import play_journey

        play_journey(where, journey, environment)
        return
    if named:
        raise Trouble(
            "the whole demonstration starts a cluster of its own; another one can only show a service that runs there",
            remedy="in its folder: wherry demo JOURNEY --kubeconfig FILE",
            exit_code=2,
        )
    play_everything(where.data_dir)


def play_everything(data_dir: DataDir) -> None:
    """The demonstration of Wherry itself."""
    from wherry.cli.demo.scenario import NAMESPACE, play
    from wherry.cli.demo.stage import Stage
    from wherry.cluster.wanted import has_real_node
    from wherry.kit.clock import SystemClock

    if has_real_node(data_dir, sys.argv):
        become_root(data_dir.root)
    clock = SystemClock()
    started_s = clock.monotonic_s()
    say("A cluster. Boot the masters and one node on this machine.")
    bring_up(data_dir)
    asyncio.run(play(Stage(data_dir, NAMESPACE), clock))
    say(f"\nThat was a real Kubernetes, in {clock.monotonic_s() - started_s:.0f} seconds. It is still up.")
    say(f"  export KUBECONFIG={data_dir.kubeconfig}   for kubectl: kubectl -n {NAMESPACE} get all")
    say(f"Next: wherry story -n {NAMESPACE}   what the masters did and why     wherry down   stop it")
