"""`wherry up`: start the cluster; returns when its node is Ready."""

from __future__ import annotations

import click

from wherry.cli.launch import bring_up
from wherry.cli.output import say
from wherry.cluster.data_dir import DataDir


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), help="Port of the API server (default: 6443, or as before).")
@click.option("--bind", default="127.0.0.1", show_default=True, help="Address on which the API server listens.")
@click.pass_obj
def command(data_dir: DataDir, port: int | None, bind: str) -> None:
    """Start the cluster, or say that it runs; returns when its node is Ready."""
    started = bring_up(data_dir, port, bind)
    say("Your cluster is up." if started else "Your cluster is up already.")
    say(f"  export KUBECONFIG={data_dir.kubeconfig}")
    say("Next: wherry demo   play the whole story     wherry kubectl get nodes   look at it     wherry down   stop it")
