"""The tour claims nothing that the cluster does not show."""

from __future__ import annotations

from suites.told_cluster import HandFed, deployment, meta, node, pod, replica_set
from wherry.api.apps.deployment import DEPLOYMENTS
from wherry.api.apps.replicaset import REPLICA_SETS
from wherry.api.core.node import NODES
from wherry.api.core.pod import PODS
from wherry.api.core.service import SERVICES
from wherry.narrate.tour import MAKE_SOMETHING, steps

TITLES = ["container", "pod", "node", "workload", "service", "master"]


def test_an_empty_cluster_is_toured_with_what_to_make() -> None:
    stops = steps(HandFed().model.snapshot())
    assert [stop.title for stop in stops] == TITLES
    assert [stop.claim for stop in stops[:2]] == ["There is none here yet."] * 2
    assert stops[0].command == MAKE_SOMETHING


def test_each_stop_is_about_something_that_is_there() -> None:
    told = HandFed()
    told.put(NODES, node("n1"))
    told.put(DEPLOYMENTS, deployment("web", 1))
    told.put(REPLICA_SETS, replica_set("web-6d", "web"))
    told.put(PODS, pod("web-6d-x", "n1", owner=("ReplicaSet", "web-6d")))
    told.put(SERVICES, {"metadata": meta("web", "shop"), "spec": {"selector": {"app": "web"}}})
    container, one, place, workload, service, master = steps(told.model.snapshot())
    assert container.claim == "c is one, made from the image web:1; it is in the pod web-6d-x."
    assert one.evidence == ("Pod/default/web-6d-x",)
    assert place.claim == "There is room on 1 node. n1 runs 1 pod with 1 container."
    assert workload.claim == "web (Deployment) wants 1. 1 of 1 copies run."
    assert service.command == "wherry show service/web -n shop"
    assert master.claim.startswith("They look after 1 pod here")


def test_who_may_not_see_nodes_is_not_told_to_add_some() -> None:
    told = HandFed()
    told.model.hide(["Node"])
    stop = steps(told.model.snapshot())[2]
    assert (stop.claim, stop.command) == ("You may not see the nodes.", "wherry picture")
