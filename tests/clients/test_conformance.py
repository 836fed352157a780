"""Boxes of the conformance list that kubectl shows on simulated nodes: kubectl/kubectl.go, architecture/conformance.go,
and what needs pods that are placed and run, but nothing inside them."""

from __future__ import annotations

import http.client
import json
import re
import socket
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from clients.conftest import Tool, program
from suites.conformance import box
from suites.running_cluster import RunningCluster

IMAGE = "registry.example/httpd:2"
POD: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "p", "labels": {"type": "Testing"}},
    "spec": {"containers": [{"name": "c", "image": IMAGE}]},
}


@pytest.fixture
def kubectl(simulated: RunningCluster, namespace: str) -> Tool:
    """The newest; what older ones do with the same requests is tried elsewhere."""
    return Tool(program("kubectl-1.37"), simulated, namespace)


def pod(name: str, **spec: Any) -> str:
    return json.dumps({**POD, "metadata": {**POD["metadata"], "name": name}, "spec": {**POD["spec"], **spec}})


def read(kubectl: Tool, *arguments: str) -> Any:
    return json.loads(kubectl("get", *arguments, "-o", "json"))


@box("Conformance Tests should have at least two untainted nodes")
def test_two_nodes_at_least_take_any_pod(kubectl: Tool) -> None:
    nodes = [
        node
        for node in read(kubectl, "nodes")["items"]
        if not node["spec"].get("taints") and not node["spec"].get("unschedulable")
    ]
    assert len(nodes) >= 2
    for node in nodes:
        conditions = {each["type"]: each["status"] for each in node["status"]["conditions"]}
        assert conditions["Ready"] == "True"
        assert [each["address"] for each in node["status"]["addresses"] if each["type"] == "InternalIP"]


@box("Kubectl client Kubectl api-versions should check if v1 is in available api versions")
def test_v1_is_among_the_versions(kubectl: Tool) -> None:
    assert "v1" in kubectl("api-versions").splitlines()


@box(
    "Kubectl client Kubectl cluster-info should check if Kubernetes control plane services is included in cluster-info"
)
def test_cluster_info_says_where_the_control_plane_is(kubectl: Tool) -> None:
    plain = re.sub("\x1b\\[[0-9;]*m", "", kubectl("cluster-info"))
    assert re.search(rf"Kubernetes control plane is running at https://\S+:{kubectl.cluster.port}", plain)


@box("Kubectl client Kubectl version should check is all data is printed")
def test_version_tells_of_both_sides(kubectl: Tool) -> None:
    printed = kubectl("version")
    for side in ("Client Version: v", "Server Version: v"):
        assert side in printed
    versions = json.loads(kubectl("version", "-o", "json"))
    for name in ("major", "minor", "gitVersion", "gitCommit", "gitTreeState", "buildDate", "goVersion", "platform"):
        assert name in versions["serverVersion"], name


@box("Kubectl client Kubectl diff should check if kubectl diff finds a difference for Deployments")
def test_a_difference_of_a_deployment_is_found(kubectl: Tool) -> None:
    labels = {"app": "httpd"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "httpd", "image": IMAGE}]}}
    spec = {"replicas": 1, "selector": {"matchLabels": labels}, "template": template}
    deployment = json.dumps(
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "httpd"}, "spec": spec}
    )
    kubectl("create", "-f", "-", text=deployment)
    changed = kubectl.attempt("diff", "-f", "-", text=deployment.replace(IMAGE, "registry.example/busybox:1"))
    assert changed.returncode == 1, changed.stderr
    assert re.search(rf"^-\s+- image: {re.escape(IMAGE)}$", changed.stdout, re.MULTILINE)
    assert re.search(r"^\+\s+- image: registry.example/busybox:1$", changed.stdout, re.MULTILINE)


@box("Kubectl client Kubectl run pod should create a pod from an image when restart is Never")
def test_run_makes_a_pod_that_is_not_started_again(kubectl: Tool) -> None:
    kubectl("run", "e2e-test-httpd-pod", "--restart=Never", "--pod-running-timeout=2m0s", f"--image={IMAGE}")
    found = read(kubectl, "pod", "e2e-test-httpd-pod")
    assert found["spec"]["restartPolicy"] == "Never"
    assert [each["image"] for each in found["spec"]["containers"]] == [IMAGE]


@box("Kubectl client Kubectl server-side dry-run should check if kubectl can dry-run update Pods")
def test_a_dry_run_changes_nothing(kubectl: Tool) -> None:
    kubectl("run", "httpd", f"--image={IMAGE}", "--pod-running-timeout=2m0s", "--labels=run=httpd")
    patch = json.dumps({"spec": {"containers": [{"name": "httpd", "image": "registry.example/busybox:1"}]}})
    assert "pod/httpd patched" in kubectl("patch", "pod", "httpd", "-p", patch, "--dry-run=server")
    assert read(kubectl, "pod", "httpd")["spec"]["containers"][0]["image"] == IMAGE


@contextmanager
def proxying(kubectl: Tool, *arguments: str) -> Iterator[str]:
    """`kubectl proxy` while the block runs; gives its first line."""
    command = [str(kubectl.path), "--kubeconfig", str(kubectl.cluster.kubeconfig), "proxy", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline()
        finally:
            process.terminate()


def api_versions(connection: http.client.HTTPConnection) -> Any:
    connection.request("GET", "/api/")
    return json.loads(connection.getresponse().read())["versions"]


@box("Kubectl client Proxy server should support proxy with --port 0")
def test_the_proxy_finds_a_port_of_its_own(kubectl: Tool) -> None:
    with proxying(kubectl, "-p", "0", "--disable-filter") as line:
        found = re.search(r"Starting to serve on 127\.0\.0\.1:([0-9]+)", line)
        assert found is not None, line
        with closing(http.client.HTTPConnection("127.0.0.1", int(found[1]), timeout=30)) as connection:
            assert api_versions(connection) == ["v1"]


@box("Kubectl client Proxy server should support --unix-socket=/path")
def test_the_proxy_listens_at_a_path(kubectl: Tool, tmp_path: Path) -> None:
    path = tmp_path / "test"
    with proxying(kubectl, f"--unix-socket={path}") as line, socket.socket(socket.AF_UNIX) as opened:
        assert f"Starting to serve on {path}" in line
        opened.connect(str(path))
        connection = http.client.HTTPConnection("localhost", timeout=30)
        connection.sock = opened
        assert api_versions(connection) == ["v1"]


@box("Pods should delete a collection of pods")
def test_running_pods_are_deleted_together(kubectl: Tool) -> None:
    for number in range(3):
        kubectl("create", "-f", "-", text=pod(f"test-pod-{number}"))
    kubectl("wait", "--for=condition=Ready", "pod", "-l", "type=Testing", "--timeout=60s")
    kubectl("run", "kept", f"--image={IMAGE}")
    path = f"/api/v1/namespaces/{kubectl.namespace}/pods?labelSelector=type%3DTesting"
    kubectl("delete", "--raw", path)
    kubectl("wait", "--for=delete", "pod", "-l", "type=Testing", "--timeout=60s")
    assert kubectl("get", "pods", "-o", "name").split() == ["pod/kept"]


@contextmanager
def runtime_class(kubectl: Tool, **more: Any) -> Iterator[str]:
    name = kubectl.namespace
    body = {
        "apiVersion": "node.k8s.io/v1",
        "kind": "RuntimeClass",
        "metadata": {"name": name},
        "handler": "test-handler",
    }
    kubectl("create", "-f", "-", text=json.dumps({**body, **more}))
    yield name
    kubectl("delete", "runtimeclass", name)


def placed(kubectl: Tool, name: str) -> Any:
    kubectl("wait", "--for=condition=PodScheduled", f"pod/{name}", "--timeout=60s")
    found = read(kubectl, "pod", name)
    assert found["spec"]["nodeName"]
    return found


@box("RuntimeClass should schedule a Pod requesting a RuntimeClass without PodOverhead")
def test_a_pod_of_a_runtime_class_is_placed(kubectl: Tool) -> None:
    with runtime_class(kubectl) as name:
        kubectl("create", "-f", "-", text=pod("plain", runtimeClassName=name))
        assert "overhead" not in placed(kubectl, "plain")["spec"]


@box("RuntimeClass should schedule a Pod requesting a RuntimeClass and initialize its Overhead")
def test_a_pod_of_a_runtime_class_with_an_overhead_is_placed(kubectl: Tool) -> None:
    overhead = {"cpu": "10m", "memory": "1Mi"}
    with runtime_class(kubectl, overhead={"podFixed": overhead}) as name:
        kubectl("create", "-f", "-", text=pod("costly", runtimeClassName=name))
        assert placed(kubectl, "costly")["spec"]["overhead"] == overhead


def start_controller(kubectl: Tool, replicas: int = 1) -> list[str]:
    """A ReplicationController and a Service for its pods; the names of the pods, which run."""
    labels = {"app": "agnhost", "role": "primary"}
    ports = [{"name": "agnhost-server", "containerPort": 6379}]
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "c", "image": IMAGE, "ports": ports}]}}
    spec = {"replicas": replicas, "selector": labels, "template": template}
    metadata = {"name": "agnhost-primary", "labels": labels}
    controller = {"apiVersion": "v1", "kind": "ReplicationController", "metadata": metadata, "spec": spec}
    service_spec = {"selector": labels, "ports": [{"port": 6379, "targetPort": "agnhost-server"}]}
    service = {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": service_spec}
    kubectl("create", "-f", "-", text=json.dumps({"apiVersion": "v1", "kind": "List", "items": [controller, service]}))
    running = f"--for=jsonpath={{.status.readyReplicas}}={replicas}"
    kubectl("wait", "rc/agnhost-primary", running, "--timeout=30s")
    return [each["metadata"]["name"] for each in read(kubectl, "pods")["items"]]


@box("Kubectl client Kubectl describe should check if kubectl describe prints relevant information for rc and pods")
def test_describe_tells_what_matters(kubectl: Tool) -> None:
    [name] = start_controller(kubectl)
    for thing, wanted in (
        (f"pod/{name}", ("Name:", "Namespace:", "Node:", "Labels:.*app=agnhost", "role=primary", "Status:.*Running",
                         "IP:", "Controlled By:.*ReplicationController/agnhost-primary", "Image:", "State:.*Running")),
        ("rc/agnhost-primary", ("Name:.*agnhost-primary", "Selector:.*app=agnhost,role=primary", "Image:",
                                "Replicas:.*1 current / 1 desired", "Pods Status:.*1 Running", "Events:")),
        ("service/agnhost-primary", ("Name:.*agnhost-primary", "Type:.*ClusterIP", "IP:", "Port:.*6379",
                                     r"Endpoints:.*:6379", "Session Affinity:")),
        (f"node/{read(kubectl, 'pod', name)['spec']['nodeName']}", ("Name:", "Conditions:", "Ready", "Capacity:",
                                                                   "Version", "Kubelet Version", "Pods")),
        (f"namespace/{kubectl.namespace}", ("Name:", "Labels:", "Annotations:", "Status:.*Active")),
    ):  # fmt: skip
        told = kubectl("describe", thing)
        for words in wanted:
            assert re.search(words, told), f"{thing}: {words}"


@box("Kubectl client Kubectl expose should create services for rc")
def test_a_controller_and_a_service_are_exposed(kubectl: Tool) -> None:
    [name] = start_controller(kubectl)
    ip = read(kubectl, "pod", name)["status"]["podIP"]
    for thing, service, port in (("rc/agnhost-primary", "rm2", 1234), ("service/rm2", "rm3", 2345)):
        kubectl("expose", thing, f"--name={service}", f"--port={port}", "--target-port=6379")
        kubectl("wait", f"endpoints/{service}", "--for=jsonpath={.subsets[0].ports[0].port}=6379", "--timeout=30s")
        assert read(kubectl, "service", service)["spec"]["ports"][0]["port"] == port
        subset = read(kubectl, "endpoints", service)["subsets"][0]
        assert [each["ip"] for each in subset["addresses"]] == [ip]


@box("Kubectl client Kubectl label should update the label on a resource")
def test_a_label_is_put_on_and_taken_off(kubectl: Tool) -> None:
    kubectl("create", "-f", "-", text=pod("pause"))
    kubectl("wait", "--for=condition=Ready", "pod/pause", "--timeout=30s")
    kubectl("label", "pods", "pause", "testing-label=testing-label-value")
    assert "testing-label-value" in kubectl("get", "pod", "pause", "-L", "testing-label")
    kubectl("label", "pods", "pause", "testing-label-")
    assert "testing-label-value" not in kubectl("get", "pod", "pause", "-L", "testing-label")


@box("Kubectl client Kubectl patch should add annotations for pods in rc")
def test_the_pods_of_a_controller_get_annotations(kubectl: Tool) -> None:
    names = start_controller(kubectl, 2)
    for name in names:
        kubectl("patch", "pod", name, "-p", '{"metadata":{"annotations":{"x":"y"}}}')
    assert [each["metadata"]["annotations"]["x"] for each in read(kubectl, "pods")["items"]] == ["y", "y"]


@box("Kubectl client Kubectl replace should update a single-container pod's image")
def test_the_image_of_a_pod_is_replaced(kubectl: Tool) -> None:
    kubectl("run", "e2e-test-httpd-pod", f"--image={IMAGE}", "--labels=run=e2e-test-httpd-pod")
    kubectl("wait", "--for=condition=Ready", "pod/e2e-test-httpd-pod", "--timeout=30s")
    running = read(kubectl, "pod", "e2e-test-httpd-pod")
    other = "registry.example/busybox:1"
    kubectl("replace", "-f", "-", text=json.dumps(running).replace(IMAGE, other))
    assert read(kubectl, "pod", "e2e-test-httpd-pod")["spec"]["containers"][0]["image"] == other
