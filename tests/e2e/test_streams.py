"""exec, attach, cp, port-forward, logs and the proxies with the real kubectl, by WebSocket and by SPDY."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from suites.conformance import box
from suites.running_cluster import IMAGE, RunningCluster, needs_linux
from wherry.client.kubeconfig import load_kubeconfig
from wherry.kit.http.tls import client_context

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


def raw_pod(cluster: RunningCluster, namespace: str, script: str) -> str:
    """A pod that runs a script; returns its path."""
    container = {"name": "main", "image": IMAGE, "command": ["sh", "-c", script]}
    spec = {"terminationGracePeriodSeconds": 0, "restartPolicy": "Never", "containers": [container]}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "raw"}, "spec": spec}
    cluster.kubectl("-n", namespace, "create", "-f", "-", text=json.dumps(pod))
    cluster.kubectl("-n", namespace, "wait", "pod/raw", "--for=condition=Ready", "--timeout=30s")
    return f"/api/v1/namespaces/{namespace}/pods/raw"


def heard(cluster: RunningCluster, path: str, query: str, protocol: str) -> list[bytes]:
    """All messages that a WebSocket brings."""
    known = load_kubeconfig(cluster.kubeconfig)
    opened = connect(
        f"wss://{known.server.removeprefix('https://')}{path}?{query}",
        ssl=client_context(ca_pem=known.ca_pem, identity=known.client_identity),
        subprotocols=[Subprotocol(protocol)],
    )
    with opened as stream:
        assert stream.subprotocol == protocol
        # It ends without an error only if the server closes with 1000.
        return [message for message in stream if isinstance(message, bytes)]


@box("Pods should support remote command execution over websockets")
def test_a_command_is_run_by_a_client_that_knows_websockets_only(cluster: RunningCluster, namespace: str) -> None:
    path = raw_pod(cluster, namespace, "echo container is alive; sleep 600")
    query = "command=echo&command=remote+execution+test&container=main&stdout=1&stderr=1"
    messages = heard(cluster, f"{path}/exec", query, "channel.k8s.io")
    assert {message[:1] for message in messages if len(message) > 1} == {b"\x01"}, "only stdout says anything"
    assert b"".join(message[1:] for message in messages) == b"remote execution test\n"


@box("Pods should support retrieving logs from the container over websockets")
def test_logs_are_read_by_a_client_that_knows_websockets_only(cluster: RunningCluster, namespace: str) -> None:
    path = raw_pod(cluster, namespace, "echo container is alive; sleep 10000")
    messages = heard(cluster, f"{path}/log", "container=main", "binary.k8s.io")
    assert b"".join(messages) == b"container is alive\n"


@box("Kubectl client Proxy server should support proxy with --port 0")
def test_kubectl_proxies_on_any_free_port(cluster: RunningCluster, namespace: str) -> None:
    with Kubectl(cluster, namespace, "websocket").running("proxy", "-p", "0", "--disable-filter") as proxy:
        assert proxy.stdout is not None
        address = proxy.stdout.readline().split()[-1]
        with urllib.request.urlopen(f"http://{address}/api/", timeout=10) as answer:
            assert json.loads(answer.read())["versions"] == ["v1"]


@box("Kubectl client Proxy server should support --unix-socket=/path")
def test_kubectl_proxies_on_a_socket_file(cluster: RunningCluster, namespace: str, tmp_path: Path) -> None:
    place = tmp_path / "proxy.sock"
    with Kubectl(cluster, namespace, "websocket").running("proxy", f"--unix-socket={place}") as proxy:
        assert proxy.stdout is not None
        assert str(place) in proxy.stdout.readline()
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(place))
            client.sendall(b"GET /api/ HTTP/1.0\r\nHost: localhost\r\n\r\n")
            answer = b"".join(iter(lambda: client.recv(65536), b""))
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["versions"] == ["v1"]
