"""`wherry status`: is it running, and how is it?"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import click

from wherry.cli.launch import running_pid
from wherry.cli.look import Look, look_options
from wherry.cli.output import printable, say
from wherry.cli.troubles import known
from wherry.cluster.data_dir import read_identity

if TYPE_CHECKING:
    from wherry.client.client import Client
    from wherry.narrate.facts import Snapshot

NODES_SHOWN_MAX = 20


@click.command()
@look_options
def command(look: Look) -> None:
    """Is the cluster running, and how are its nodes and pods? Exit code 0 means yes."""
    data_dir = look.data_dir
    own = look.kubeconfig is None
    pid, identity = running_pid(data_dir), read_identity(data_dir)
    if own and (not pid or identity is None):
        raise known("W0101" if identity is None else "W0104", home=data_dir.root)
    snapshot, value = look.ask(lambda client: _read(look, client))
    if look.answered(snapshot.counts, [f"node/{node.name}" for node in snapshot.nodes]):
        return
    from wherry.narrate.headline import first_step
    from wherry.narrate.templates import count

    counts = snapshot.counts
    pods, containers = count(counts.pods, "pod"), count(counts.containers, "container")
    sees_nodes = "Node" not in snapshot.hidden
    ready = f"{counts.nodes_ready} of {counts.nodes} nodes ready, " if sees_nodes else ""
    say(f"The cluster runs: {ready}{pods}, {containers}.")
    if counts.needs_help or (sees_nodes and counts.nodes_ready < counts.nodes):
        say(printable(f"  {snapshot.sentence}"))
    for node in snapshot.nodes[:NODES_SHOWN_MAX]:
        states = ", ".join(f"{number} {word}" for word, number in node.counts.states.items() if number) or "no pods"
        say(printable(f"  node {node.name} ({node.kind}): {node.state.lower()}, {states}"))
    if len(snapshot.nodes) > NODES_SHOWN_MAX:
        say(f"  and {len(snapshot.nodes) - NODES_SHOWN_MAX} more nodes: wherry picture")
    if value:
        say(printable(f"  {value}"))
    if own and identity is not None:
        say(f"  server: process {pid}, https://127.0.0.1:{identity.port}")
        say(f"  kubeconfig: {data_dir.kubeconfig}")
    look.end("kubectl get nodes", first_step(snapshot.nodes, snapshot.waiting) or "wherry picture")


async def _read(look: Look, client: Client) -> tuple[Snapshot, str]:
    """The facts, and what was repaired this week where somebody may see that."""
    snapshot = await look.read(client)
    if look.output is not None:
        return snapshot, ""
    from wherry.apimachinery.errors import StatusError
    from wherry.cli.past import moment_or_none
    from wherry.narrate.week import repairs_this_week

    try:
        return snapshot, await repairs_this_week(client, partial(moment_or_none, client), look.namespace)
    except StatusError:
        return snapshot, ""
