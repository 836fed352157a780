"""Each rule of the scheduler alone: which of two nodes it refuses or likes less."""

from __future__ import annotations

import pytest

from suites.scheduling import bound, make_facts, make_node, make_pod
from wherry.api.core.node import Node
from wherry.api.core.pod import Pod
from wherry.scheduler.explain import explain_refusal
from wherry.scheduler.framework import Chosen, Plugin, Refused, choose_node
from wherry.scheduler.plugins.image_locality import IMAGE_LOCALITY
from wherry.scheduler.plugins.node_affinity import NODE_AFFINITY
from wherry.scheduler.plugins.node_name import NODE_NAME
from wherry.scheduler.plugins.node_unschedulable import NODE_UNSCHEDULABLE
from wherry.scheduler.plugins.ports import PORTS
from wherry.scheduler.plugins.resources_balanced import RESOURCES_BALANCED
from wherry.scheduler.plugins.resources_fit import RESOURCES_FIT
from wherry.scheduler.plugins.taints import TAINTS
from wherry.scheduler.plugins.volume_binding import VOLUME_BINDING
from wherry.scheduler.pod_info import pod_info
from wherry.scheduler.snapshot import Snapshot

TAINT = {"key": "gpu", "value": "yes", "effect": "NoSchedule"}
HOST_PORT = {"containers": [{"name": "c", "image": "i", "ports": [{"containerPort": 80, "hostPort": 80}]}]}
CLAIM = {"volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "data"}}]}
ON_SSD = {"nodeSelector": {"disk": "ssd"}}
IMAGE = "app:1"


def alone(plugin: Plugin, pod: Pod, nodes: list[Node], running: list[Pod]) -> Chosen | Refused:
    snapshot = Snapshot()
    for node in nodes:
        snapshot.set_node(node)
    for other in running:
        snapshot.place(pod_info(other), other.spec.node_name)
    return choose_node(pod_info(pod), snapshot.nodes, (plugin,), make_facts())


@pytest.mark.parametrize(
    ("plugin", "pod", "node", "reason"),
    [
        (NODE_UNSCHEDULABLE, make_pod("p"), make_node("a", unschedulable=True), "1 node(s) were unschedulable"),
        (NODE_NAME, make_pod("p", spec={"nodeName": "b"}), make_node("a"), "didn't match the requested node name"),
        (TAINTS, make_pod("p"), make_node("a", taints=[TAINT]), "untolerated taint"),
        (
            NODE_AFFINITY,
            make_pod("p", spec={"nodeSelector": {"disk": "ssd"}}),
            make_node("a"),
            "node affinity/selector",
        ),
        (PORTS, make_pod("p", spec=HOST_PORT), make_node("a"), "didn't have free ports"),
        (RESOURCES_FIT, make_pod("p", cpu="5"), make_node("a"), "Insufficient cpu"),
        (VOLUME_BINDING, make_pod("p", spec=CLAIM), make_node("a"), 'persistentvolumeclaim "data" not found'),
    ],
    ids=lambda value: value.name if isinstance(value, Plugin) else "",
)
def test_a_rule_refuses_the_node_that_breaks_it(plugin: Plugin, pod: Pod, node: Node, reason: str) -> None:
    running = [bound(make_pod("other", spec=HOST_PORT), "a")] if plugin is PORTS else []
    answer = alone(plugin, pod, [node], running)
    assert isinstance(answer, Refused)
    assert reason in explain_refusal(answer)
    assert answer.plugins == {plugin.name}


@pytest.mark.parametrize(
    ("plugin", "worse", "better"),
    [
        (IMAGE_LOCALITY, make_node("a"), make_node("b", images={IMAGE: 2**30})),
        (RESOURCES_BALANCED, make_node("a", memory="1Gi"), make_node("b", memory="4Gi")),
    ],
    ids=lambda value: value.name if isinstance(value, Plugin) else "",
)
def test_a_taste_prefers_the_better_node(plugin: Plugin, worse: Node, better: Node) -> None:
    answer = alone(plugin, make_pod("p", cpu="1", memory="1Gi"), [worse, better], [])
    assert isinstance(answer, Chosen)
    assert answer.node.node.metadata.name == better.metadata.name
