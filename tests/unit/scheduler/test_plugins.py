from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import pytest

from suites.scheduling import bound, make_facts, make_node, make_pod, make_pod_with
from wherry.api.core.node import Node
from wherry.api.core.persistent_volume import PERSISTENT_VOLUMES
from wherry.api.core.persistent_volume_claim import PERSISTENT_VOLUME_CLAIMS, PersistentVolumeClaim
from wherry.api.core.pod import PODS, Pod
from wherry.api.storage.storageclass import STORAGE_CLASSES
from wherry.scheduler.explain import decision_note, explain_choice, explain_refusal
from wherry.scheduler.framework import NAMED_MAX, Chosen, Facts, Refused, choose_node
from wherry.scheduler.plugins.registry import PLUGINS
from wherry.scheduler.pod_info import pod_info
from wherry.scheduler.snapshot import Snapshot


def decide(pod: Pod, nodes: Sequence[Node], running: Sequence[Pod] = (), facts: Facts | None = None) -> str:
    """The chosen node's name, or the sentence why there is none."""
    snapshot = Snapshot()
    for node in nodes:
        snapshot.set_node(node)
    for other in running:
        snapshot.place(pod_info(other), other.spec.node_name)
    match choose_node(pod_info(pod), snapshot.nodes, PLUGINS, facts or make_facts()):
        case Chosen() as chosen:
            return chosen.node.name
        case Refused() as refused:
            return explain_refusal(refused)


def affinity(operator: str, *values: str, key: str = "disk") -> Mapping[str, object]:
    term = {"matchExpressions": [{"key": key, "operator": operator, "values": values}]}
    return {
        "affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}}
    }


AFFINITY_REFUSAL = "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector."
GPU = {"key": "gpu", "value": "yes", "effect": "NoSchedule"}


def test_without_nodes_it_says_so() -> None:
    assert decide(make_pod("web"), []) == "no nodes available to schedule pods"


def test_the_reasons_of_all_nodes_are_counted_and_sorted() -> None:
    nodes = [make_node("a", taints=[GPU]), make_node("b", cpu="1"), make_node("c", cpu="1", memory="1Gi")]
    assert decide(make_pod("web", cpu="2", memory="2Gi"), nodes) == (
        "0/3 nodes are available: "
        "1 Insufficient memory, 1 node(s) had untolerated taint {gpu: yes}, 2 Insufficient cpu."
    )


def test_a_cordoned_node_takes_no_pods_unless_they_tolerate_it() -> None:
    node = make_node("a", unschedulable=True)
    assert decide(make_pod("web"), [node]) == "0/1 nodes are available: 1 node(s) were unschedulable."
    tolerant = make_pod(
        "web", spec={"tolerations": [{"key": "node.kubernetes.io/unschedulable", "operator": "Exists"}]}
    )
    assert decide(tolerant, [node]) == "a"


@pytest.mark.parametrize(
    ("toleration", "tolerated"),
    [
        ({"key": "gpu", "operator": "Equal", "value": "yes", "effect": "NoSchedule"}, True),
        ({"key": "gpu", "value": "yes"}, True),
        ({"key": "gpu", "value": "no"}, False),
        ({"key": "gpu", "operator": "Exists"}, True),
        ({"operator": "Exists"}, True),
        ({"key": "gpu", "operator": "Exists", "effect": "NoExecute"}, False),
        ({"key": "other", "operator": "Exists"}, False),
    ],
)
def test_a_taint_keeps_away_who_does_not_tolerate_it(toleration: Mapping[str, str], tolerated: bool) -> None:
    answer = decide(make_pod("web", spec={"tolerations": [toleration]}), [make_node("a", taints=[GPU])])
    assert answer == ("a" if tolerated else "0/1 nodes are available: 1 node(s) had untolerated taint {gpu: yes}.")


def test_a_node_that_prefers_no_pods_comes_last() -> None:
    disliked = make_node("a", taints=[{"key": "old", "value": "", "effect": "PreferNoSchedule"}])
    assert decide(make_pod("web"), [disliked, make_node("b")]) == "b"


@pytest.mark.parametrize(
    ("wish", "fits"),
    [
        ({"nodeSelector": {"disk": "ssd"}}, True),
        ({"nodeSelector": {"disk": "hdd"}}, False),
        (affinity("In", "hdd", "ssd"), True),
        (affinity("In", "hdd"), False),
        (affinity("NotIn", "hdd"), True),
        (affinity("NotIn", "ssd"), False),
        (affinity("Exists"), True),
        (affinity("DoesNotExist"), False),
        (affinity("DoesNotExist", key="none"), True),
        (affinity("Gt", "3", key="cores"), True),
        (affinity("Gt", "4", key="cores"), False),
        (affinity("Lt", "5", key="cores"), True),
        (affinity("Lt", "5", key="none"), False),
    ],
)
def test_labels_decide_where_a_pod_may_run(wish: Mapping[str, object], fits: bool) -> None:
    node = make_node("a", labels={"disk": "ssd", "cores": "4"})
    assert decide(make_pod("web", spec=wish), [node]) == ("a" if fits else AFFINITY_REFUSAL)


def test_a_preferred_label_wins_over_a_slightly_emptier_node() -> None:
    term = {"weight": 10, "preference": {"matchExpressions": [{"key": "disk", "operator": "Exists"}]}}
    wish = {"affinity": {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [term]}}}
    nodes = [make_node("a", cpu="8"), make_node("b", labels={"disk": "ssd"})]
    assert decide(make_pod("web", spec=wish), nodes) == "b"
    assert decide(make_pod("web"), nodes) == "a"


def port_pod(name: str, ip: str = "") -> Pod:
    port = {"containerPort": 80, "hostPort": 8080, "hostIP": ip}
    return make_pod(name, spec={"containers": [{"name": "app", "ports": [port]}]})


@pytest.mark.parametrize(
    ("one", "other", "fits"), [("", "", False), ("10.0.0.1", "", False), ("10.0.0.1", "10.0.0.2", True)]
)
def test_a_host_port_is_given_once(one: str, other: str, fits: bool) -> None:
    answer = decide(port_pod("web", one), [make_node("a")], [bound(port_pod("other", other), "a")])
    refusal = "0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports."
    assert answer == ("a" if fits else refusal)


@pytest.mark.parametrize(
    ("requests", "refusal"),
    [
        ({"cpu": "2500m"}, ""),
        ({"cpu": "2501m"}, "1 Insufficient cpu"),
        ({"memory": "7Gi"}, ""),
        ({"memory": "7169Mi"}, "1 Insufficient memory"),
        ({"cpu": "3", "memory": "8Gi"}, "1 Insufficient cpu, 1 Insufficient memory"),
        ({"ephemeral-storage": "11Gi"}, "1 Insufficient ephemeral-storage"),
        ({"example.com/fpga": "1"}, ""),
        ({"example.com/fpga": "3"}, "1 Insufficient example.com/fpga"),
        ({"example.com/none": "1"}, "1 Insufficient example.com/none"),
        ({}, ""),
    ],
)
def test_what_is_asked_for_must_be_free(requests: Mapping[str, str], refusal: str) -> None:
    node = make_node("a", extended={"ephemeral-storage": "10Gi", "example.com/fpga": "2"})
    running = bound(make_pod("other", cpu="1500m", memory="1Gi"), "a")
    answer = decide(make_pod_with("web", requests), [node], [running])
    assert answer == (f"0/1 nodes are available: {refusal}." if refusal else "a")


def test_a_node_is_full_when_it_has_as_many_pods_as_it_allows() -> None:
    running = [bound(make_pod(f"p{n}"), "a") for n in range(2)]
    assert decide(make_pod("web"), [make_node("a", pods="2")], running) == "0/1 nodes are available: 1 Too many pods."


def test_init_containers_count_as_the_largest_and_sidecars_as_running() -> None:
    def container(name: str, cpu: str, **more: str) -> dict[str, object]:
        return {"name": name, "resources": {"requests": {"cpu": cpu}}, **more}

    pod = make_pod(
        "web",
        spec={
            "initContainers": [
                container("sidecar", "100m", restartPolicy="Always"),
                container("migrate", "2"),
                container("late", "50m", restartPolicy="Always"),
            ],
            "containers": [container("app", "300m"), container("log", "200m")],
        },
    )
    assert pod_info(pod).requests == {"cpu": 2100}


def test_what_the_pod_costs_besides_its_containers_must_be_free_too() -> None:
    pod = make_pod("web", spec={"overhead": {"cpu": "250m", "memory": "1Gi"}}, cpu="1")
    info = pod_info(pod)
    assert info.requests == {"cpu": 1250, "memory": 2**30}
    assert info.scored_cpu_milli == 1250


def test_the_emptier_node_is_chosen() -> None:
    running = [bound(make_pod("other", cpu="2", memory="4Gi"), "a")]
    assert decide(make_pod("web", cpu="1"), [make_node("a"), make_node("b")], running) == "b"


def test_pods_that_ask_for_nothing_are_spread() -> None:
    running = [bound(make_pod("other"), "a")]
    assert decide(make_pod("web"), [make_node("a"), make_node("b")], running) == "b"


def test_of_equal_nodes_the_first_by_name_is_chosen() -> None:
    assert decide(make_pod("web"), [make_node("b"), make_node("a"), make_node("c")]) == "a"


def test_a_node_that_has_the_image_is_better() -> None:
    assert decide(make_pod("web"), [make_node("a"), make_node("b", images={"app:1": 800 << 20})]) == "b"


def claim(phase: str, *, volume: str = "", storage_class: str = "", node: str = "") -> PersistentVolumeClaim:
    return PERSISTENT_VOLUME_CLAIMS.from_document(
        {
            "metadata": {
                "name": "data",
                "namespace": "default",
                "annotations": {"volume.kubernetes.io/selected-node": node} if node else {},
            },
            "spec": {"volumeName": volume, "storageClassName": storage_class},
            "status": {"phase": phase},
        }
    )


LATE = STORAGE_CLASSES.from_document(
    {"metadata": {"name": "late"}, "provisioner": "p", "volumeBindingMode": "WaitForFirstConsumer"}
)
EARLY = STORAGE_CLASSES.from_document(
    {"metadata": {"name": "early"}, "provisioner": "p", "volumeBindingMode": "Immediate"}
)
ON_B = PERSISTENT_VOLUMES.from_document(
    {
        "metadata": {"name": "v1"},
        "spec": {
            "nodeAffinity": {
                "required": {
                    "nodeSelectorTerms": [
                        {"matchExpressions": [{"key": "kubernetes.io/hostname", "operator": "In", "values": ["b"]}]}
                    ]
                }
            }
        },
    }
)
WITH_CLAIM = make_pod("db", spec={"volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]})


@pytest.mark.parametrize(
    ("facts", "answer"),
    [
        (make_facts(), '0/2 nodes are available: persistentvolumeclaim "data" not found.'),
        (
            make_facts([claim("Pending", storage_class="early")], classes=[EARLY]),
            "0/2 nodes are available: pod has unbound immediate PersistentVolumeClaims.",
        ),
        (make_facts([claim("Pending", storage_class="late")], classes=[LATE]), "a"),
        (make_facts([claim("Pending", storage_class="late", node="b")], classes=[LATE]), "b"),
        (make_facts([claim("Bound", volume="v1")], [ON_B]), "b"),
        (
            make_facts([claim("Bound", volume="v2")], [ON_B]),
            "0/2 nodes are available: 2 node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s).",
        ),
    ],
)
def test_a_pod_goes_where_its_volume_is(facts: Facts, answer: str) -> None:
    nodes = [make_node(name, labels={"kubernetes.io/hostname": name}) for name in ("a", "b")]
    assert decide(WITH_CLAIM, nodes, facts=facts) == answer


def test_a_volume_on_a_node_that_is_away_is_waited_for() -> None:
    nodes = [make_node("a", labels={"kubernetes.io/hostname": "a"})]
    assert decide(WITH_CLAIM, nodes, facts=make_facts([claim("Bound", volume="v1")], [ON_B])) == (
        "0/1 nodes are available: 1 node(s) didn't match PersistentVolume's node affinity."
    )


def test_the_choice_is_explained() -> None:
    def why(*nodes: Node) -> str:
        snapshot = Snapshot()
        for node in nodes:
            snapshot.set_node(node)
        chosen = choose_node(pod_info(make_pod("web", cpu="2")), snapshot.nodes, PLUGINS, make_facts())
        assert isinstance(chosen, Chosen)
        return explain_choice(chosen)

    assert why(make_node("a")) == "a is the only node and has room for it"
    assert why(make_node("a", cpu="1"), make_node("b")) == "only b of 2 nodes can take it"
    assert why(make_node("a"), make_node("b")) == "a is the best of the 2 nodes that can take it"


def test_the_decision_names_the_scores_of_the_best_and_who_was_ruled_out_by_what() -> None:
    snapshot = Snapshot()
    for node in (make_node("a"), make_node("b", cpu="8"), make_node("small", cpu="1")):
        snapshot.set_node(node)
    chosen = choose_node(pod_info(make_pod("web", cpu="2")), snapshot.nodes, PLUGINS, make_facts())
    note = json.loads(decision_note(chosen))
    assert (note["total"], note["fitting"], note["rejected"]) == (3, 2, {"Insufficient cpu": ["small"]})
    best, second = note["scores"]
    assert (best["node"], second["node"]) == ("b", "a")
    assert best["total"] > second["total"]
    assert abs(sum(best["parts"].values()) - best["total"]) < 1


def test_a_refusal_names_no_more_nodes_than_somebody_reads() -> None:
    snapshot = Snapshot()
    for number in range(30):
        snapshot.set_node(make_node(f"n{number:02}", cpu="1"))
    refused = choose_node(pod_info(make_pod("web", cpu="2")), snapshot.nodes, PLUGINS, make_facts())
    note = json.loads(decision_note(refused))
    assert (note["fitting"], note["total"]) == (0, 30)
    assert note["rejected"] == {"Insufficient cpu": [f"n{number:02}" for number in range(NAMED_MAX)]}


def test_a_decoded_pod_equals_what_it_was_made_from() -> None:
    assert PODS.decode(
        b'{"metadata":{"name":"a"},"spec":{"containers":[],"schedulingGates":[{"name":"g"}]}}'
    ).spec.scheduling_gates


def test_in_a_large_cluster_a_hundred_nodes_are_choice_enough_and_all_get_their_turn() -> None:
    snapshot = Snapshot()
    for number in range(250):
        snapshot.set_node(make_node(f"n{number:03}", cpu="4" if number % 2 else "1"))
    pod = pod_info(make_pod("web", cpu="2"))
    first = choose_node(pod, snapshot.nodes, PLUGINS, make_facts())
    assert isinstance(first, Chosen)
    assert (first.fitting, first.looked_at, first.total) == (100, 200, 250)
    second = choose_node(pod, snapshot.nodes, PLUGINS, make_facts(), start=first.looked_at)
    assert isinstance(second, Chosen)
    assert second.node.name == "n201"
    # Whoever fits nowhere has been refused by every node.
    refused = choose_node(pod_info(make_pod("big", cpu="9")), snapshot.nodes, PLUGINS, make_facts(), start=77)
    assert isinstance(refused, Refused)
    assert sum(refused.reasons.values()) == 250
