"""The first sentence about a cluster, and what the title of a page begins with."""

from __future__ import annotations

import pytest

from suites.told_cluster import HandFed, node, pod
from wherry.api.core.node import NODES
from wherry.api.core.pod import PODS
from wherry.narrate.headline import title_mark


@pytest.fixture
def told() -> HandFed:
    made = HandFed()
    made.put(NODES, node("n1"))
    made.put(PODS, pod("web", "n1"))
    return made


def test_a_title_says_nothing_while_all_is_well(told: HandFed) -> None:
    assert title_mark(told.model.snapshot()) == ""


@pytest.mark.parametrize(("number", "mark"), [(1, "(1 needs help)"), (3, "(3 need help)")])
def test_a_title_counts_who_needs_help(told: HandFed, number: int, mark: str) -> None:
    for name in range(number):
        told.put(PODS, pod(f"bad-{name}", "n1", status={"phase": "Failed"}))
    assert title_mark(told.model.snapshot()) == mark


def test_a_title_counts_nodes_that_do_not_report_when_no_pod_needs_help(told: HandFed) -> None:
    told.put(NODES, node("n1", ready=False))
    assert title_mark(told.model.snapshot()) == "(1 needs help)"
