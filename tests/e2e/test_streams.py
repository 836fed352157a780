"""exec, attach, cp, port-forward, logs and the proxies with the real kubectl, by WebSocket and by SPDY."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from suites.running_cluster import IMAGE, RunningCluster, needs_linux

KUBECTL = Path(sys.executable).parent / "kubectl"
pytestmark = [needs_linux, pytest.mark.linux, pytest.mark.kubectl]

# How kubectl is told which protocol to begin with.
PROTOCOLS = {
    "websocket": {"KUBECTL_REMOTE_COMMAND_WEBSOCKETS": "true", "KUBECTL_PORT_FORWARD_WEBSOCKETS": "true"},
    "spdy": {"KUBECTL_REMOTE_COMMAND_WEBSOCKETS": "false", "KUBECTL_PORT_FORWARD_WEBSOCKETS": "false"},
}
SCRIPT = (
    "mkdir -p /tmp/w; head -c 3000000 /dev/zero > /tmp/w/big; echo hello > /tmp/w/index.html; "
    "httpd -p 8080 -h /tmp/w; while read line; do echo heard $line; done"
)


class Kubectl:
    """kubectl in one namespace, by one protocol."""

    def __init__(self, cluster: RunningCluster, namespace: str, protocol: str) -> None:
        self.argv = [str(KUBECTL), "--kubeconfig", str(cluster.kubeconfig), "-n", namespace]
        self.environment = {**os.environ, **PROTOCOLS[protocol], "HOME": str(cluster.home)}

    def __call__(self, *arguments: str, given: bytes = b"", code: int = 0) -> bytes:
        done = subprocess.run(
            [*self.argv, *arguments], input=given, capture_output=True, timeout=60, env=self.environment, check=False
        )
        assert done.returncode == code, done.stderr
        return done.stdout

    @contextmanager
    def running(self, *arguments: str) -> Iterator[subprocess.Popen[str]]:
        """kubectl in the background."""
        with subprocess.Popen(
            [*self.argv, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=self.environment
        ) as process:
            try:
                yield process
            finally:
                process.terminate()


@pytest.fixture(params=sorted(PROTOCOLS))
def kubectl(cluster: RunningCluster, namespace: str, request: pytest.FixtureRequest) -> Kubectl:
    """kubectl, and a pod `web` that serves and listens."""
    k = Kubectl(cluster, namespace, request.param)
    container = {"name": "c", "image": IMAGE, "stdin": True, "command": ["sh", "-c", SCRIPT]}
    container["ports"] = [{"name": "http", "containerPort": 8080}]
    spec = {"terminationGracePeriodSeconds": 0, "containers": [container]}
    metadata = {"name": "web", "labels": {"app": "web"}}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}
    ports = [{"name": "http", "port": 80, "targetPort": 8080}]
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "web"},
        "spec": {"selector": {"app": "web"}, "ports": ports},
    }
    for document in (pod, service):
        k("create", "-f", "-", given=json.dumps(document).encode())
    k("wait", "pod/web", "--for=condition=Ready", "--timeout=30s")
    return k


def test_commands_read_write_and_tell_how_they_ended(kubectl: Kubectl) -> None:
    assert kubectl("exec", "web", "--", "echo", "hi") == b"hi\n"
    assert kubectl("exec", "-i", "web", "--", "cat", given=b"x" * 500_000) == b"x" * 500_000
    assert kubectl("exec", "web", "--", "sh", "-c", "echo out; echo err >&2; exit 7", code=7) == b"out\n"
    kubectl("exec", "web", "--", "no-such-program", code=255)
    assert kubectl("exec", "-i", "web", "--", "sh", "-c", "exit 3", code=3) == b""


def test_files_are_copied_both_ways(kubectl: Kubectl, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "big").write_bytes(os.urandom(2_000_000))
    (folder / "small").write_text("small")
    kubectl("cp", str(folder), "web:/tmp/copied")
    kubectl("cp", "web:/tmp/copied", str(tmp_path / "back"))
    for name in ("big", "small"):
        assert (tmp_path / "back" / name).read_bytes() == (folder / name).read_bytes()


def test_whoever_attaches_speaks_with_the_container(kubectl: Kubectl) -> None:
    with kubectl.running("attach", "-i", "web") as attached:
        assert attached.stdin is not None
        assert attached.stdout is not None
        attached.stdin.write("you\n")
        attached.stdin.flush()
        assert attached.stdout.readline() == "heard you\n"
    assert b"heard you" in kubectl("logs", "web")


@pytest.mark.parametrize("thing", ["pod/web", "service/web"])
def test_ports_are_forwarded(kubectl: Kubectl, thing: str) -> None:
    with kubectl.running("port-forward", thing, ":8080" if thing == "pod/web" else ":80") as forward:
        assert forward.stdout is not None
        address = forward.stdout.readline().split()[2]
        for _ in range(3):
            with urllib.request.urlopen(f"http://{address}/big", timeout=10) as answer:
                assert len(answer.read()) == 3_000_000


def test_pods_services_and_nodes_are_reached_through_the_api_server(kubectl: Kubectl, namespace: str) -> None:
    base = f"/api/v1/namespaces/{namespace}"
    for path in ("pods/web:8080", "pods/web", "services/web:http", "services/web:80", "services/http:web:http"):
        assert kubectl("get", "--raw", f"{base}/{path}/proxy/index.html") == b"hello\n"
    assert len(kubectl("get", "--raw", f"{base}/services/web:80/proxy/big")) == 3_000_000
    kubectl("get", "--raw", f"{base}/services/web:81/proxy/", code=1)
    node = kubectl("get", "nodes", "-o", "jsonpath={.items[0].metadata.name}").decode()
    assert kubectl("get", "--raw", f"/api/v1/nodes/{node}/proxy/healthz") == b"ok"
    pods = json.loads(kubectl("get", "--raw", f"/api/v1/nodes/{node}/proxy/pods"))
    assert "web" in {item["metadata"]["name"] for item in pods["items"]}
    told = json.loads(kubectl("get", "--raw", f"/api/v1/nodes/{node}/proxy/stats/summary"))
    [mine] = [each for each in told["pods"] if each["podRef"]["namespace"] == namespace]
    assert mine["memory"]["workingSetBytes"] > 0
    assert mine["cpu"]["usageCoreNanoSeconds"] > 0
    metrics = kubectl("get", "--raw", f"/api/v1/nodes/{node}/proxy/metrics/resource").decode()
    assert f'pod_memory_working_set_bytes{{namespace="{namespace}",pod="web"}} ' in metrics
    with kubectl.running("proxy", "--port=0") as proxy:
        assert proxy.stdout is not None
        address = proxy.stdout.readline().split()[-1]
        with urllib.request.urlopen(f"http://{address}{base}/pods/web:8080/proxy", timeout=10) as answer:
            assert (answer.url, answer.read()) == (f"http://{address}{base}/pods/web:8080/proxy/", b"hello\n")
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(f"http://{address}{base}/pods/web:8080/proxy/nothing", timeout=10)
