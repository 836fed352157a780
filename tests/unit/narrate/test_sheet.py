"""All about one thing."""

from __future__ import annotations

from suites.told_cluster import HandFed, deployment, meta, node, pod, replica_set
from wherry.api.apps.deployment import DEPLOYMENTS
from wherry.api.apps.replicaset import REPLICA_SETS
from wherry.api.core.node import NODES
from wherry.api.core.pod import PODS
from wherry.api.core.service import SERVICES
from wherry.api.discovery.endpointslice import ENDPOINT_SLICES
from wherry.apimachinery.document import Document
from wherry.narrate.find import Target
from wherry.narrate.sheet import Sheet, sheet


def cluster() -> HandFed:
    told = HandFed()
    told.put(NODES, node("n1"))
    told.put(NODES, node("n2"))
    told.put(DEPLOYMENTS, deployment("web", 1))
    told.put(REPLICA_SETS, replica_set("web-6d", "web"))
    told.put(PODS, pod("web-6d-x", "n1", owner=("ReplicaSet", "web-6d")))
    told.put(PODS, pod("lonely", "n1"))
    told.put(SERVICES, {"metadata": meta("web"), "spec": {"selector": {"app": "web"}, "clusterIP": "10.96.0.9"}})
    endpoint = {"addresses": ["10.0.0.1"], "targetRef": {"kind": "Pod", "name": "web-6d-x"}, "conditions": {}}
    labels = {"kubernetes.io/service-name": "web"}
    told.put(
        ENDPOINT_SLICES, {"metadata": meta("web-abc", labels=labels), "addressType": "IPv4", "endpoints": [endpoint]}
    )
    return told


def shown(told: HandFed, kind: str, name: str, namespace: str = "default") -> tuple[Sheet, dict[str, str]]:
    found = sheet(told.model.snapshot(), Target(kind, namespace, name))
    assert found is not None
    return found, {row.label: row.value for row in found.rows}


def test_a_pod_tells_whose_it_is_and_for_whom_it_answers() -> None:
    found, rows = shown(cluster(), "Pod", "web-6d-x")
    assert found.sentence == "web-6d-x runs on n1 and is well."
    assert (rows["Wanted by"], rows["Answers for"]) == ("Deployment/web", "web")


def test_a_node_tells_what_would_happen_if_it_went() -> None:
    _, rows = shown(cluster(), "Node", "n1", "")
    assert rows["If it goes"] == (
        "The masters would make 1 pod anew on other nodes, if there is room. Nobody would make these anew: lonely. "
        "Until then nobody would answer for web."
    )
    _, rows = shown(cluster(), "Node", "n2", "")
    assert rows["If it goes"] == "Nothing would stop if n2 went: no pod runs there."


def test_a_workload_tells_now_and_next_and_by_whom_it_is_reached() -> None:
    found, rows = shown(cluster(), "Deployment", "web")
    assert found.sentence == "web: 1 of 1 copies run."
    assert rows["Reached by"] == "web"


def test_a_service_tells_who_answers() -> None:
    _, rows = shown(cluster(), "Service", "web")
    assert rows["Answers"] == "web-6d-x"


def test_what_is_not_there_has_no_sheet() -> None:
    assert sheet(cluster().model.snapshot(), Target("Pod", "default", "gone")) is None


def test_a_node_says_on_what_it_runs() -> None:
    told = cluster()
    told.put(NODES, node("n1", labels={"wherry.dev/machine": "virtual", "wherry.dev/hypervisor": "vmware"}))
    assert shown(told, "Node", "n1", "")[1]["What it is"] == "other machine, virtual machine on VMware"


def containers(*specs: Document) -> dict[str, str]:
    told = cluster()
    document = pod("big", "n1")
    document["spec"] = {"nodeName": "n1", "containers": [{"image": "i", **one} for one in specs]}
    told.put(PODS, document)
    return shown(told, "Pod", "big")[1]


def test_a_pod_tells_in_words_what_it_asks_for_its_limit_and_its_ports() -> None:
    rows = containers({
        "name": "api",
        "resources": {
            "requests": {"memory": "128Mi", "cpu": "250m"},
            "limits": {"cpu": "1", "memory": "1536Mi", "example.com/gpu": "2"},
        },
        "ports": [{"name": "http", "containerPort": 8080}, {"containerPort": 53, "protocol": "UDP"}],
    })  # fmt: skip
    assert rows["Asks for"] == "0.25 processors, 128 MiB memory"
    assert rows["Limit"] == "1 processor, 1.5 GiB memory, 2 example.com/gpu"
    assert rows["Ports"] == "http 8080/TCP, 53/UDP"


def test_several_containers_tell_it_each_by_its_name() -> None:
    rows = containers({"name": "api", "resources": {"requests": {"cpu": "2"}}}, {"name": "log"})
    assert (rows["Asks for"], rows["Limit"]) == ("api: 2 processors; log: nothing", "api: none; log: none")
    assert "Ports" not in rows
