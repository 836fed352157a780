"""The picture as text."""

from __future__ import annotations

from suites.told_cluster import HandFed, deployment, node, pod, replica_set
from wherry.api.apps.deployment import DEPLOYMENTS
from wherry.api.apps.replicaset import REPLICA_SETS
from wherry.api.core.node import NODES
from wherry.api.core.pod import PODS
from wherry.cli.picture import NODES_IN_BOXES_MAX, PODS_IN_BOX_MAX, draw
from wherry.cli.terminal import Terminal


def on(width: int = 80, *, boxes: bool = True, colours: bool = False) -> Terminal:
    return Terminal(width=width, boxes=boxes, colours=colours, is_interactive=False)


def small() -> HandFed:
    told = HandFed()
    told.put(NODES, node("n1"))
    told.put(NODES, node("n2", ready=False))
    told.put(PODS, pod("web-1", "n1"))
    told.put(PODS, pod("web-2"))
    return told


def test_nodes_are_boxes_with_their_pods_in_them() -> None:
    assert draw(small().model.snapshot(), on(60)) == [
        "┌ n1  Ready ─────────────┐ ┌ n2  Not ready ─────────┐",
        "│ ● web-1 [c]            │ │ no pods                │",
        "└────────────────────────┘ └────────────────────────┘",
        "┌ no node yet: 1 pod ────┐",
        "│ ◌ web-2 [c]            │",
        "└────────────────────────┘",
    ]


def test_a_narrow_terminal_has_the_boxes_below_each_other_and_none_too_wide() -> None:
    told = small()
    told.put(PODS, pod("a-pod-with-a-name-that-is-longer-than-the-terminal-is-wide", "n1"))
    lines = draw(told.model.snapshot(), on(40))
    assert max(map(len, lines)) <= 40
    assert sum(line.startswith("┌") for line in lines) == 3


def test_plain_says_one_fact_a_line_without_any_box() -> None:
    lines = draw(small().model.snapshot(), on(boxes=False))
    assert lines[:2] == [
        "Node n1, other machine, Ready: 1 pod.",
        "Pod web-1 on n1, Running. Containers: c.",
    ]
    assert "".join(lines).isascii()


def test_colour_is_only_added_to_what_is_said_anyway() -> None:
    coloured = "\n".join(draw(small().model.snapshot(), on(colours=True)))
    assert "\x1b[32m● web-1" in coloured


def test_missing_copies_are_empty_places() -> None:
    told = small()
    told.put(DEPLOYMENTS, deployment("web", 3))
    told.put(REPLICA_SETS, replica_set("web-6d", "web"))
    told.put(PODS, pod("web-1", "n1", owner=("ReplicaSet", "web-6d")))
    assert draw(told.model.snapshot(), on())[-1] == "┄ web: 2 more copies are wanted ┄"


def test_in_a_full_box_those_who_need_help_are_never_left_out() -> None:
    told = small()
    for n in range(PODS_IN_BOX_MAX + 5):
        told.put(PODS, pod(f"a-{n:02}", "n1"))
    told.put(PODS, pod("z-broken", "n1", status={"phase": "Failed"}))
    text = "\n".join(draw(told.model.snapshot(), on()))
    assert "z-broken" in text
    assert "and 7 more" in text


def test_of_very_many_nodes_each_is_a_line() -> None:
    told = HandFed()
    for n in range(NODES_IN_BOXES_MAX + 1):
        told.put(NODES, node(f"n{n:03}", labels={"wherry.dev/simulated": "true"}))
    for n in range(40):
        told.put(PODS, pod(f"web-{n}", "n000"))
    lines = draw(told.model.snapshot(), on())
    assert len(lines) == NODES_IN_BOXES_MAX + 1
    assert lines[0] == f"n000 (simulated)  Ready  40 pods  {'●' * 30}+10"
