"""The picture as text: boxes in boxes for a terminal, one fact a line for a screen reader. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from wherry.cli.boxes import Box, draw_boxes
from wherry.cli.terminal import Terminal
from wherry.narrate.facts import NodeFacts, PodFacts, Snapshot, WorkloadFacts
from wherry.narrate.state_words import SYMBOLS, WORDS
from wherry.narrate.templates import count

NODES_IN_BOXES_MAX = 60
"""With more nodes each is a line with its numbers."""

PODS_IN_BOX_MAX = 12
BAR_MAX = 30


def draw(snapshot: Snapshot, terminal: Terminal) -> list[str]:
    """The lines of the picture, without the sentence above it."""
    if not terminal.boxes:
        return [*_facts(snapshot)]
    if len(snapshot.nodes) > NODES_IN_BOXES_MAX:
        lines = [_tile(node, terminal) for node in snapshot.nodes]
    else:
        lines = draw_boxes([_node_box(node) for node in snapshot.nodes], terminal)
    if snapshot.waiting:
        title = f"no node yet: {count(len(snapshot.waiting), 'pod')}"
        lines += draw_boxes([Box(title, _pod_rows(snapshot.waiting))], terminal)
    return lines + [_ghost(one) for one in snapshot.workloads if one.missing]


def _node_box(node: NodeFacts) -> Box:
    known = [*([] if node.kind == "other machine" else [node.kind]), *([node.machine] if node.machine else [])]
    kind = f" ({', '.join(known)})" if known else ""
    return Box(f"{node.name}{kind}  {node.state}", _pod_rows(node.pods) or [("no pods", "")])


def _pod_rows(pods: Sequence[PodFacts]) -> list[tuple[str, str]]:
    # Who needs help is never among those left out.
    shown = sorted(pods, key=lambda pod: not pod.needs_help)[:PODS_IN_BOX_MAX] if len(pods) > PODS_IN_BOX_MAX else pods
    names = max((len(pod.name) for pod in shown), default=0)
    rows: list[tuple[str, str]] = [(f"{pod.symbol} {pod.name:<{names}} {_containers(pod)}", pod.state) for pod in shown]
    if len(pods) > len(shown):
        rows.append((f"and {len(pods) - len(shown)} more", ""))
    return rows


def _containers(pod: PodFacts) -> str:
    return "".join(f"[{one.name}]" for one in pod.containers if one.role != "first")


def _tile(node: NodeFacts, terminal: Terminal) -> str:
    bar = []
    room = BAR_MAX
    for word in WORDS:
        number = node.counts.states.get(word, 0)
        shown = min(number, room)
        room -= shown
        bar.append(terminal.coloured(SYMBOLS[word] * shown, word))
    more = node.counts.pods - (BAR_MAX - room)
    rest = f"+{more}" if more > 0 else ""
    known = [*([] if node.kind == "other machine" else [node.kind]), *([node.machine] if node.machine else [])]
    kind = f" ({', '.join(known)})" if known else ""
    return f"{node.name}{kind}  {node.state}  {count(node.counts.pods, 'pod')}  {''.join(bar)}{rest}".rstrip()


def _ghost(one: WorkloadFacts) -> str:
    return f"┄ {one.name}: {count(one.missing, 'more copy is', 'more copies are')} wanted ┄"


def _facts(snapshot: Snapshot) -> Iterable[str]:
    """One fact a line, containment said in words."""
    for node in snapshot.nodes:
        yield f"Node {node.name}, {node.kind}, {node.state}: {count(node.counts.pods, 'pod')}."
        for pod in node.pods:
            yield _pod_fact(pod, f"on {node.name}")
    for pod in snapshot.waiting:
        yield _pod_fact(pod, "without a node")
    for one in snapshot.workloads:
        if one.missing:
            yield f"{one.kind} {one.name}: {count(one.missing, 'more copy is', 'more copies are')} wanted."


def _pod_fact(pod: PodFacts, where: str) -> str:
    names = ", ".join(one.name for one in pod.containers)
    reason = f", because {pod.reason}" if pod.reason else ""
    return f"Pod {pod.name} {where}, {pod.state}{reason}. Containers: {names}."
