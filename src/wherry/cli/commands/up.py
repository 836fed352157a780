"""`wherry up`: start the cluster; returns when its nodes are Ready."""

from __future__ import annotations

import click

from wherry.cli.cluster_options import cluster_options
from wherry.cli.launch import bring_up
from wherry.cli.output import say
from wherry.cluster.data_dir import DataDir, read_identity
from wherry.cluster.wanted import Wanted


@click.command()
@cluster_options
@click.pass_obj
def command(data_dir: DataDir, wanted: Wanted) -> None:
    """Start the cluster, or say that it runs; returns when its nodes are Ready."""
    started = bring_up(data_dir, wanted)
    identity = read_identity(data_dir)
    say("Your cluster is up." if started else "Your cluster is up already.")
    say(f"  export KUBECONFIG={data_dir.kubeconfig}")
    if identity is None or identity.real_node:
        say("Next: wherry demo   play the whole story     wherry picture   look at it     wherry down   stop it")
    elif identity.simulated_nodes:
        say("Its pods are simulated: they run at once, and no container does.")
        say("Next: wherry kubectl create deployment web --image=web --replicas=9     wherry down   stop it")
    else:
        say("It has no nodes, so pods wait. Next: wherry down, then wherry up --simulated-nodes 3")
