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

from clients.conftest import Tool
from suites.conformance import box

IMAGE = "registry.example/httpd:2"
POD: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "p", "labels": {"type": "Testing"}},
    "spec": {"containers": [{"name": "c", "image": IMAGE}]},
}


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
