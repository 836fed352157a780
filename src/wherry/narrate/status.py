"""Is the cluster running, and how is it: said in one place, for the command line and for the masters.

    status = await read_status(client, ask, namespace="", this_host="laptop")
    status.lines                        what people read; `counts` and `names` are for programs

The masters of this machine answer `wherry status` with it, so that the command itself need not know any kind: it
imports this file, and nothing heavy with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wherry.client.client import Client
    from wherry.narrate.facts import NodeFacts, Snapshot
    from wherry.narrate.week import Ask

NODES_SHOWN_MAX = 20


@dataclass(frozen=True, slots=True)
class Status:
    """How the cluster is. `step` looks at the first trouble ("": there is none); `hidden` are kinds not to be seen."""

    counts: Mapping[str, object]
    names: Sequence[str]
    lines: Sequence[str]
    step: str
    hidden: Sequence[str]


async def read_status(
    client: Client, ask: Ask, *, namespace: str = "", this_host: str = "", wants_value: bool = True
) -> Status:
    """The cluster now, or one namespace of it, as this person may see it; without the pods there are no lines.

    `ask` is the way to the past; `wants_value`: also say what was repaired this week, where somebody may see that.
    """
    from wherry.narrate.model import read

    snapshot = (await read(client, namespace=namespace, this_host=this_host)).snapshot(namespace)
    if not wants_value or "Pod" in snapshot.hidden:
        return status_of(snapshot)
    return status_of(snapshot, await _value(client, ask, namespace), await _unheard(client))


def status_of(snapshot: Snapshot, value: str = "", unheard: str = "") -> Status:
    """The same facts in lines; `unheard` is why the masters' messages reach nobody. Pure."""
    import msgspec

    from wherry.narrate.headline import first_step
    from wherry.narrate.templates import next_step

    step = first_step(snapshot.nodes, snapshot.waiting) or (next_step("status.unheard") if unheard else "")
    return Status(
        counts=msgspec.to_builtins(snapshot.counts),
        names=[f"node/{node.name}" for node in snapshot.nodes],
        lines=_lines(snapshot, value, unheard) if "Pod" not in snapshot.hidden else (),
        step=step,
        hidden=snapshot.hidden,
    )


def _lines(snapshot: Snapshot, value: str, unheard: str) -> list[str]:
    from wherry.narrate.templates import count, next_step, tell

    counts = snapshot.counts
    numbers = {"pods": count(counts.pods, "pod"), "containers": count(counts.containers, "container")}
    sees_nodes = "Node" not in snapshot.hidden
    key = "status.runs" if sees_nodes else "status.runs-hidden"
    lines = [tell(key, ready=counts.nodes_ready, nodes=counts.nodes, **numbers)]
    if counts.needs_help or (sees_nodes and counts.nodes_ready < counts.nodes):
        lines.append(f"  {snapshot.sentence}")
    lines += [f"  {_node_line(node)}" for node in snapshot.nodes[:NODES_SHOWN_MAX]]
    if len(snapshot.nodes) > NODES_SHOWN_MAX:
        more = tell("status.more", count=len(snapshot.nodes) - NODES_SHOWN_MAX)
        lines.append(f"  {more}: {next_step('status.more')}")
    said = tell("status.unheard", reason=unheard) if unheard else ""
    return [*lines, *(f"  {line}" for line in (value, said) if line)]


def _node_line(node: NodeFacts) -> str:
    from wherry.narrate.templates import tell

    states = ", ".join(f"{number} {word}" for word, number in node.counts.states.items() if number) or "no pods"
    return tell("status.node", node=node.name, kind=node.kind, state=node.state.lower(), states=states)


async def _value(client: Client, ask: Ask, namespace: str) -> str:
    from wherry.apimachinery.errors import StatusError
    from wherry.narrate.week import repairs_this_week

    try:
        return await repairs_this_week(client, ask, namespace)
    except StatusError:
        return ""


async def _unheard(client: Client) -> str:
    """Why the masters' own messages reach nobody; "" while they do, and where nobody may know."""
    from wherry.api.core.componentstatus import COMPONENT_STATUSES
    from wherry.apimachinery.errors import StatusError
    from wherry.narrate.masters import NOTICES, reason_of

    try:
        return reason_of(await client.get(COMPONENT_STATUSES, NOTICES))
    except StatusError:
        return ""
