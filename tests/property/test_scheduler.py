"""Whatever the nodes and pods: nothing is overfilled, nothing that fits is refused, the answer is always the same."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from suites.scheduling import make_facts, make_node, make_pod
from wherry.scheduler.framework import Chosen, choose_node, score_nodes
from wherry.scheduler.plugins.registry import PLUGINS
from wherry.scheduler.pod_info import pod_info
from wherry.scheduler.snapshot import Snapshot

FACTS = make_facts()
NODES = st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8), st.integers(0, 5)), max_size=5)
PODS = st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 4)), max_size=20)


def make_snapshot(nodes: list[tuple[int, int, int]]) -> Snapshot:
    snapshot = Snapshot()
    for n, (cpu, memory, pods) in enumerate(nodes):
        snapshot.set_node(make_node(f"n{n}", cpu=str(cpu), memory=f"{memory}Gi", pods=str(pods)))
    return snapshot


@given(nodes=NODES, pods=PODS)
def test_no_node_is_ever_overfilled_and_no_pod_that_fits_is_refused(
    nodes: list[tuple[int, int, int]], pods: list[tuple[int, int]]
) -> None:
    snapshot = make_snapshot(nodes)
    for n, (cpu_milli, memory) in enumerate(pods):
        info = pod_info(make_pod(f"p{n}", cpu=f"{cpu_milli}m", memory=f"{memory}Gi"))
        decision = choose_node(info, snapshot.nodes, PLUGINS, FACTS)
        assert decision == choose_node(info, snapshot.nodes, PLUGINS, FACTS)
        if isinstance(decision, Chosen):
            snapshot.assume(info, decision.node.name)
        else:
            assert not any(
                len(node.pods) < node.allocatable["pods"]
                and node.requested.get("cpu", 0) + cpu_milli <= node.allocatable["cpu"]
                and node.requested.get("memory", 0) + (memory << 30) <= node.allocatable["memory"]
                for node in snapshot.nodes
            )
        for node in snapshot.nodes:
            assert len(node.pods) <= node.allocatable["pods"]
            assert all(node.requested[name] <= node.allocatable[name] for name in ("cpu", "memory") if node.pods)


@given(nodes=NODES, pods=PODS, data=st.data())
def test_what_is_taken_is_given_back(
    nodes: list[tuple[int, int, int]], pods: list[tuple[int, int]], data: st.DataObject
) -> None:
    snapshot = make_snapshot(nodes)
    infos = [pod_info(make_pod(f"p{n}", cpu=f"{cpu}m", memory=f"{memory}Gi")) for n, (cpu, memory) in enumerate(pods)]
    for info in infos:
        snapshot.assume(info, f"n{data.draw(st.integers(0, 5))}")
        if data.draw(st.booleans()):
            snapshot.place(info, f"n{data.draw(st.integers(0, 5))}")
    for info in data.draw(st.permutations(infos)):
        assert snapshot.remove(info.key)
        assert not snapshot.remove(info.key)
    for node in snapshot.nodes:
        assert not node.pods
        assert not any(node.requested.values())
        assert (node.scored_cpu_milli, node.scored_memory_bytes) == (0, 0)


@given(nodes=NODES.filter(bool))
def test_every_plugin_scores_between_nothing_and_a_hundred(nodes: list[tuple[int, int, int]]) -> None:
    info = pod_info(make_pod("p", cpu="1", memory="1Gi"))
    for plugin in PLUGINS:
        if plugin.score is not None:
            scores = plugin.score(info, make_snapshot(nodes).nodes, FACTS)
            assert len(scores) == len(nodes)
            assert all(0 <= score <= 100 for score in scores), plugin.name
    assert len(score_nodes(info, make_snapshot(nodes).nodes, PLUGINS, FACTS)) == len(nodes)
