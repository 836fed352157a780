"""The first sentence about a cluster: is all well, and if not, who needs help. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from wherry.narrate.facts import Counts, NodeFacts, PodFacts, Snapshot
from wherry.narrate.templates import count, next_step, tell

NAMES_SHOWN = 3


def headline(
    counts: Counts, nodes: Sequence[NodeFacts], waiting: Sequence[PodFacts], *, are_nodes_hidden: bool = False
) -> str:
    """One sentence for the whole cluster, troubles first. Nodes that somebody may not see are not counted as none."""
    hidden = "-hidden" if are_nodes_hidden else ""
    numbers = {"nodes": count(counts.nodes, "node"), "pods": count(counts.pods, "pod")}
    there = tell(f"cluster.there{hidden}", **numbers)
    if counts.needs_help:
        names = [pod.name for pod in needing_help(nodes, waiting)]
        need = "needs" if len(names) == 1 else "need"
        return tell("cluster.help", there=there, count=len(names), need=need, names=_some(names))
    down = [node.name for node in nodes if not node.ready and node.kind != "hidden"]
    if down:
        return tell("cluster.node-down", there=there, names=_some(down))
    if not counts.pods:
        return tell(f"cluster.empty{hidden}", **numbers)
    on_the_way = counts.states.get("Starting", 0) + counts.states.get("Waiting", 0)
    if on_the_way:
        return tell("cluster.waits", there=there, count=on_the_way)
    return tell("cluster.fine", there=there)


def title_mark(snapshot: Snapshot) -> str:
    """What a page's title begins with while somebody should look: "(2 need help)"; "" while all is well.

    The number of the headline: pods, or the nodes that do not report when no pod needs help.
    """
    down = sum(not node.ready and node.kind != "hidden" for node in snapshot.nodes)
    number = snapshot.counts.needs_help or down
    return tell("cluster.title", count=number, need="needs" if number == 1 else "need") if number else ""


def needing_help(nodes: Sequence[NodeFacts], waiting: Sequence[PodFacts]) -> list[PodFacts]:
    """The pods that a person should look at, in the order of the picture."""
    return [pod for group in (*(node.pods for node in nodes), waiting) for pod in group if pod.needs_help]


def first_step(nodes: Sequence[NodeFacts], waiting: Sequence[PodFacts]) -> str:
    """The command that looks at the first trouble; "" when there is none."""
    for pod in needing_help(nodes, waiting):
        namespace = f" -n {pod.namespace}" if pod.namespace != "default" else ""
        return next_step("cluster.help", thing=f"{pod.name}{namespace}")
    down = next((node.name for node in nodes if not node.ready and node.kind != "hidden"), None)
    return next_step("cluster.node-down", node=down) if down else ""


def _some(names: Sequence[str]) -> str:
    more = len(names) - NAMES_SHOWN
    return ", ".join(names[:NAMES_SHOWN]) + (f" and {more} more" if more > 0 else "")
