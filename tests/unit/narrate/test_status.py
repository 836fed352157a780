"""How the cluster is, in lines: the same for who looks from outside and for the masters themselves."""

from __future__ import annotations

import subprocess
import sys

import pytest

from suites.told_cluster import HandFed, node, pod
from wherry.api.core.node import NODES
from wherry.api.core.pod import PODS
from wherry.narrate.status import NODES_SHOWN_MAX, status_of


def test_a_cluster_that_is_well_is_said_in_a_line_and_one_for_each_node() -> None:
    told = HandFed()
    told.put(NODES, node("n1"))
    told.put(PODS, pod("web", "n1"))
    status = status_of(told.model.snapshot(), "Nothing had to be repaired.")
    assert status.lines[0].startswith("The cluster runs: 1 of 1 nodes ready, 1 pod, 1 container.")
    assert status.lines[1:] == ["  node n1 (other machine): ready, 1 Running", "  Nothing had to be repaired."]
    assert (status.names, status.step, status.counts["pods"]) == (["node/n1"], "", 1)


def test_trouble_is_said_second_with_the_command_that_looks_at_it() -> None:
    told = HandFed()
    told.put(NODES, node("n1"))
    told.put(PODS, pod("web", "n1", status={"phase": "Failed"}))
    status = status_of(told.model.snapshot())
    assert status.lines[1] == "  1 node, 1 pod. 1 needs help: web."
    assert status.step == "wherry why web"


def test_messages_that_reach_nobody_are_said_with_what_to_do() -> None:
    told = HandFed()
    told.put(NODES, node("n1"))
    status = status_of(told.model.snapshot(), unheard="http://a has not taken a message: the answer was 404")
    assert status.lines[-1] == "  Not all was told: http://a has not taken a message: the answer was 404."
    assert status.step == "wherry notify --test"


def test_who_may_not_see_the_nodes_hears_nothing_of_them() -> None:
    told = HandFed()
    told.put(PODS, pod("web", "n1"))
    told.model.hide(["Node"])
    assert status_of(told.model.snapshot()).lines[0] == "The cluster runs: 1 pod, 1 container."


def test_who_may_not_see_the_pods_gets_no_lines() -> None:
    told = HandFed()
    told.model.hide(["Pod"])
    status = status_of(told.model.snapshot())
    assert (status.hidden, status.lines) == (("Pod",), ())


def test_many_nodes_are_counted_not_listed() -> None:
    told = HandFed()
    for number in range(NODES_SHOWN_MAX + 3):
        told.put(NODES, node(f"n{number:02}"))
    assert status_of(told.model.snapshot()).lines[-1] == "  and 3 more nodes: wherry picture"


SLOW = ("asyncio", "ssl", "http.client", "yaml", "wherry.client.client", "wherry.api.core.pod", "wherry.api.registry")


@pytest.mark.parametrize(
    ("modules", "slow"),
    [
        ("wherry.cli.commands.status, wherry.cli.quick", (*SLOW, "msgspec")),
        ("wherry.cli.commands.picture, wherry.cli.quick, wherry.cli.picture, wherry.narrate.headline", SLOW),
        ("wherry.cli.commands.show, wherry.cli.quick, wherry.narrate.sheet, wherry.narrate.find", SLOW),
        ("wherry.cli.completing, wherry.cli.look, wherry.cli.quick, wherry.narrate.find", SLOW),
    ],
)
def test_the_short_way_to_an_answer_needs_no_loop_no_tls_and_no_kinds(modules: str, slow: tuple[str, ...]) -> None:
    code = f"import sys, wherry.cli.main, {modules}; print([m for m in {slow} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
