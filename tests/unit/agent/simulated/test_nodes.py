from __future__ import annotations

import msgspec

from suites.controller_objects import NOW_S, node
from wherry.agent.simulated.nodes import LABEL, node_document, node_name, node_number, ready_status
from wherry.api.core.node import NODES, Node, NodeStatus, is_simulated


def test_names_and_numbers_belong_together() -> None:
    assert [node_number(node_name(number)) for number in (0, 7, 4711)] == [0, 7, 4711]
    assert [node_number(name) for name in ("simulated-", "simulated-07", "simulated-x", "node-1")] == [None] * 4


def test_a_new_node_passes_the_rules_for_nodes() -> None:
    for beside in (True, False):
        document = node_document(3, beside_real_nodes=beside)
        assert NODES.validate(document, None) == []
        made = NODES.from_document(document)
        assert isinstance(made, Node)
        assert is_simulated(made)
        # Real nodes are preferred where there are some; a pod that fits nowhere else still gets a place.
        assert [taint.effect for taint in made.spec.taints] == (["PreferNoSchedule"] if beside else [])


def test_a_node_of_somebody_else_keeps_the_size_it_says_it_has() -> None:
    own = msgspec.structs.replace(
        node("big", labels={LABEL: "true"}), status=NodeStatus(capacity={"cpu": "500", "pods": "9"})
    )
    status = ready_status(own, NOW_S)
    assert status.capacity == {"cpu": "500", "pods": "9"}
    assert status.allocatable == status.capacity
    assert {condition.type: condition.status for condition in status.conditions} == {
        "MemoryPressure": "False",
        "DiskPressure": "False",
        "PIDPressure": "False",
        "Ready": "True",
    }
    assert status.node_info is not None
    assert status.node_info.machine_id


def test_a_real_node_is_none_of_ours() -> None:
    assert not is_simulated(node("n1"))
    assert not is_simulated(None)
