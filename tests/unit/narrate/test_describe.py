from __future__ import annotations

from wherry.api.core.node import Node
from wherry.apimachinery.meta import ObjectMeta
from wherry.narrate.describe import machine_words


def test_a_real_node_says_what_its_machine_is_and_a_simulated_one_does_not() -> None:
    labels = {"wherry.dev/machine": "virtual", "wherry.dev/hypervisor": "kvm"}
    real = Node(metadata=ObjectMeta(name="one", labels=labels))
    played = Node(metadata=ObjectMeta(name="two", labels={**labels, "wherry.dev/simulated": "true"}))
    unknown = Node(metadata=ObjectMeta(name="three"))
    assert [machine_words(one) for one in (real, played, unknown)] == ["virtual machine", "", ""]
