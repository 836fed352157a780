"""What is tried needs something that runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import pytest

from suites.played_twin import PlayedTwin
from wherry.api.core.node import KWOK_ANNOTATION, SIMULATED_LABEL, Node
from wherry.api.core.pod import Pod, PodSpec
from wherry.apimachinery.errors import Forbidden, NotFound
from wherry.apimachinery.meta import ObjectMeta
from wherry.client.client import Client
from wherry.method.done.proving import check_machine
from wherry.method.twins.twin import CannotTry


@dataclass
class Nodes:
    """A client that knows nodes; None may not be looked at."""

    nodes: Mapping[str, Node | None]

    async def get(self, _: object, name: str) -> Node:
        if name not in self.nodes:
            raise NotFound(f'nodes "{name}" not found')
        node = self.nodes[name]
        if node is None:
            raise Forbidden("nodes are not for you")
        return node


@dataclass
class Placed:
    """The part of a twin that is asked."""

    client: Client


def twin_on(**nodes: Node | None) -> PlayedTwin:
    return cast("PlayedTwin", Placed(cast("Client", Nodes(nodes))))


PLAYED = [ObjectMeta(labels={SIMULATED_LABEL: "true"}), ObjectMeta(annotations={KWOK_ANNOTATION: "fake"})]


@pytest.mark.parametrize("metadata", PLAYED)
async def test_what_a_played_node_says_of_its_pods_is_no_evidence(metadata: ObjectMeta) -> None:
    pod = Pod(spec=PodSpec(node_name="n"))
    with pytest.raises(CannotTry, match="the node n is simulated, no container runs there"):
        await check_machine(twin_on(n=Node(metadata=metadata)), pod)


async def test_pods_on_machines_can_be_tried_and_so_can_those_of_which_nobody_tells_where_they_are() -> None:
    twin = twin_on(n=Node(), hidden=None)
    for name in ("n", "hidden", "gone", ""):
        await check_machine(twin, Pod(spec=PodSpec(node_name=name)))
