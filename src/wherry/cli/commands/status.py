"""`wherry status`: is it running, and how is it?"""

from __future__ import annotations

from collections import Counter

import click

from wherry.api.core.node import NODES
from wherry.api.core.pod import PODS
from wherry.cli.connection import with_client
from wherry.cli.launch import running_pid
from wherry.cli.output import Trouble, say
from wherry.client.client import Client
from wherry.cluster.data_dir import DataDir, read_identity

NODES_SHOWN_MAX = 20


@click.command()
@click.pass_obj
def command(data_dir: DataDir) -> None:
    """Is the cluster running, and how are its nodes and pods? Exit code 0 means yes."""
    pid, identity = running_pid(data_dir), read_identity(data_dir)
    if not pid or identity is None:
        raise Trouble(f"the cluster in {data_dir.root} is not running", remedy="wherry up")

    async def ask(client: Client) -> None:
        nodes = (await client.list(NODES)).items
        pods = (await client.list(PODS)).items
        ready = [
            node
            for node in nodes
            if any(entry.type == "Ready" and entry.status == "True" for entry in node.status.conditions)
        ]
        containers = sum(len(pod.spec.containers) for pod in pods)
        say(f"The cluster runs: {len(ready)} of {len(nodes)} nodes ready, {len(pods)} pods, {containers} containers.")
        for node in nodes[:NODES_SHOWN_MAX]:
            here = [pod for pod in pods if pod.spec.node_name == node.metadata.name]
            phases = Counter(pod.status.phase for pod in here)
            state = "ready" if node in ready else "not ready"
            what = ", ".join(f"{count} {phase}" for phase, count in sorted(phases.items())) or "no pods"
            say(f"  node {node.metadata.name}: {state}, {what}")
        if len(nodes) > NODES_SHOWN_MAX:
            say(f"  and {len(nodes) - NODES_SHOWN_MAX} more nodes: wherry kubectl get nodes")
        say(f"  server: process {pid}, https://127.0.0.1:{identity.port}")
        say(f"  kubeconfig: {data_dir.kubeconfig}")

    with_client(None, data_dir, ask)
