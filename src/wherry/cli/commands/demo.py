"""`wherry demo`: play the whole story with a real application."""

from __future__ import annotations

import asyncio

import click

from wherry.cli.launch import bring_up
from wherry.cli.output import say
from wherry.cluster.data_dir import DataDir


@click.command()
@click.pass_obj
def command(data_dir: DataDir) -> None:
    """Boot, build, deploy, break and mend: a REST service with its own PostgreSQL, in real containers."""
    from wherry.cli.demo.scenario import NAMESPACE, play
    from wherry.cli.demo.stage import Stage
    from wherry.kit.clock import SystemClock

    clock = SystemClock()
    started_s = clock.monotonic_s()
    say("A cluster. Boot the masters and one node on this machine.")
    bring_up(data_dir)
    asyncio.run(play(Stage(data_dir, NAMESPACE), clock))
    say(f"\nThat was a real Kubernetes, in {clock.monotonic_s() - started_s:.0f} seconds. It is still up.")
    say("Next:")
    say(f"  export KUBECONFIG={data_dir.kubeconfig}")
    say(f"  wherry story -n {NAMESPACE}            what the masters saw, did and why")
    say(f"  wherry kubectl -n {NAMESPACE} get all   the same with kubectl")
    say("  wherry down                        stop it, and leave the machine as it was")
