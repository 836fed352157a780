"""What a person reads on the command line is what the API says."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from suites.running_cluster import RunningCluster

MANIFEST = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: orders}
spec:
  replicas: 4
  selector: {matchLabels: {app: orders}}
  template:
    metadata: {labels: {app: orders}}
    spec: {containers: [{name: api, image: "orders:1"}, {name: log, image: "log:1"}]}
---
apiVersion: v1
kind: Service
metadata: {name: orders}
spec: {selector: {app: orders}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Pod
metadata: {name: giant}
spec: {containers: [{name: a, image: a, resources: {requests: {cpu: "5000"}}}]}
"""


@pytest.fixture(scope="module")
def shop(simulated: RunningCluster) -> Iterator[RunningCluster]:
    simulated.make_namespace("shop")
    simulated.kubectl("-n", "shop", "apply", "-f", "-", text=MANIFEST)
    simulated.kubectl("-n", "shop", "rollout", "status", "deployment/orders", "--timeout=30s")
    simulated.kubectl("-n", "shop", "wait", "pod/giant", "--for=condition=PodScheduled=false", "--timeout=30s")
    yield simulated
    simulated.kubectl("delete", "namespace", "shop", "--wait=false")


def lines(cluster: RunningCluster, *arguments: str, code: int = 0) -> list[str]:
    done = cluster.wherry(*arguments, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout.splitlines()


def test_the_picture_is_what_the_api_lists(shop: RunningCluster) -> None:
    shown = json.loads("\n".join(lines(shop, "picture", "-n", "shop", "-o", "json")))
    in_nodes = {pod["name"]: node["name"] for node in shown["nodes"] for pod in node["pods"]}
    listed = shop.get("pods", "-n", "shop")["items"]
    assert isinstance(listed, list)
    placed = {pod["metadata"]["name"]: pod["spec"]["nodeName"] for pod in listed if "nodeName" in pod["spec"]}
    assert in_nodes == placed
    assert [pod["name"] for pod in shown["waiting"]] == ["giant"]
    assert {node["kind"] for node in shown["nodes"]} == {"simulated"}
    assert shown["counts"]["containers"] == 9


def test_the_first_line_is_the_answer_and_the_last_what_to_do(shop: RunningCluster) -> None:
    said = lines(shop, "picture", "-n", "shop", "--plain", "--teach")
    assert said[0] == "3 nodes, 5 pods. 1 needs help: giant."
    assert said[-2:] == [
        "The same with kubectl: kubectl get pods -n shop -o wide",
        "Next: wherry why giant -n shop",
    ]


def test_now_and_next_are_said_per_workload_and_the_exit_code_says_yes(shop: RunningCluster) -> None:
    said = lines(shop, "next", "-n", "shop", "--plain")
    assert said[0] == "The one workload is as wanted."
    assert "    Now:  4 of 4 copies run." in said


def test_one_thing_is_shown_by_its_name_alone(shop: RunningCluster) -> None:
    said = lines(shop, "show", "orders", "-n", "shop", "--plain")
    assert said[0] == "orders: 4 of 4 copies run."
    assert "  Reached by: orders" in said


def test_a_typing_mistake_is_answered_with_what_was_meant(shop: RunningCluster) -> None:
    done = shop.wherry("show", "ordrs", check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "W0203" in done.stderr
    assert "Do: wherry show deployment/orders -n shop" in done.stderr


def test_a_word_is_explained_and_counted(shop: RunningCluster) -> None:
    said = lines(shop, "word", "node")
    assert said[0].startswith("Node: A machine that runs pods")
    assert "  In your cluster right now: 3 of them." in said


def test_the_story_of_an_app_is_told_in_few_lines(shop: RunningCluster) -> None:
    said = lines(shop, "story", "--app", "orders", "-n", "shop")
    assert any("orders was brought from 0 to 4 copies (4 new pods" in line for line in said)
    assert not any("giant" in line for line in said)
    assert len(said) < 10


def test_a_moment_that_is_none_is_refused(shop: RunningCluster) -> None:
    done = shop.wherry("story", "--since", "soon", check=False)
    assert done.returncode == 2
    assert "W0205" in done.stderr


def test_why_leads_from_the_command_to_the_running_container(shop: RunningCluster) -> None:
    pods = shop.kubectl("-n", "shop", "get", "pods", "-l", "app=orders", "-o", "name").stdout.split()
    said = lines(shop, "why", pods[0], "-n", "shop")
    story = [line[13:] for line in said if line.startswith("    ")]
    assert story[0].startswith("kubernetes-admin wrote deployment orders with kubectl: replicas, template, selector")
    assert "because 0 of 4 pods exist" in story[2]
    assert story[3].startswith("The scheduler chose node simulated-")
    assert "came first with" in story[4]
    assert story[-1].endswith("is ready and gets requests.")


def test_a_waiting_pod_hears_from_every_node(shop: RunningCluster) -> None:
    answer = json.loads("\n".join(lines(shop, "why", "giant", "-n", "shop", "-o", "json")))
    assert [one["when"] for one in answer["nodes"]] == ["never"] * 3
    assert answer["next"][0] == "Ask for less cpu, or add a larger node"


def test_the_tour_speaks_of_what_the_api_has(shop: RunningCluster) -> None:
    stops = json.loads("\n".join(lines(shop, "tour", "-n", "shop", "-o", "json")))
    assert [stop["title"] for stop in stops] == ["container", "pod", "node", "workload", "service", "master"]
    for stop in stops:
        for reference in stop["evidence"]:
            kind, *rest = reference.split("/")
            scope = ["-n", rest[0]] if len(rest) == 2 else []
            assert shop.get(kind, rest[-1], *scope)["kind"] == kind, stop["claim"]
        shown = stop["command"].split()[1:]
        if "-f" not in shown:
            assert shop.wherry(*shown, check=False).returncode in (0, 1), stop["command"]


def test_the_status_says_who_needs_help(shop: RunningCluster) -> None:
    said = lines(shop, "status", "--plain", "--teach")
    assert said[0].startswith("The cluster runs: 3 of 3 nodes ready, ")
    assert "giant" in said[1]
    assert said[-2:] == ["The same with kubectl: kubectl get nodes", "Next: wherry why giant -n shop"]


@pytest.mark.parametrize(
    "typed",
    [("status",), ("status", "-o", "json"), ("status", "-n", "shop", "--teach"), ("picture", "-o", "json"),
     ("picture", "-n", "shop"), ("show", "orders", "-n", "shop")],
)  # fmt: skip
def test_the_masters_say_what_whoever_reads_the_cluster_says(shop: RunningCluster, typed: tuple[str, ...]) -> None:
    own = ("  server: ", "  kubeconfig: ")
    masters = [line for line in lines(shop, *typed) if not line.startswith(own)]
    assert masters == lines(shop, *typed, "--kubeconfig", str(shop.kubeconfig))


def test_a_kubeconfig_that_somebody_has_changed_is_followed(shop: RunningCluster) -> None:
    before = shop.kubeconfig.read_bytes()
    shop.kubeconfig.write_bytes(before.replace(b"https://127.0.0.1:", b"https://127.0.0.9:"))
    refused = shop.wherry("status", check=False)
    shop.kubeconfig.write_bytes(before)
    assert (refused.returncode, "W0102" in refused.stderr) == (3, True)
    assert lines(shop, "status")[0].startswith("The cluster runs: ")


def test_somebody_with_rights_in_one_namespace_sees_that_and_is_told_about_the_rest(shop: RunningCluster) -> None:
    kubeconfig = shop.wherry("user", "add", "ana", "--role", "view", "-n", "shop").stdout.strip()
    said = lines(shop, "picture", "-n", "shop", "--plain", "--kubeconfig", kubeconfig)
    assert any(line.startswith("Pod giant without a node") for line in said)
    assert any(line.startswith("You may not see everything here") for line in said)
    everywhere = shop.wherry("picture", "--kubeconfig", kubeconfig, check=False)
    assert (everywhere.returncode, everywhere.stdout) == (1, "")
    assert "W0305: you may not see the pods of the whole cluster" in everywhere.stderr
    why = lines(shop, "why", "giant", "-n", "shop", "--kubeconfig", kubeconfig)
    assert why[0].startswith("Pod giant waits: no node can take it.")
