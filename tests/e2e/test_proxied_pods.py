"""Megabytes and WebSockets to a real pod through the proxies, in clear text and with TLS."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from websockets.sync.client import connect

from suites.running_cluster import RunningCluster, needs_linux
from wherry.client.kubeconfig import KubeconfigContext, load_kubeconfig
from wherry.kit.http.tls import client_context
from wherry.kit.pki import create_ca

pytestmark = [needs_linux, pytest.mark.linux]

BODY = os.urandom(6_000_000)
FRAMES = [b"", b"small", os.urandom(70_000), os.urandom(2_000_000)]
PLAIN = ("pods/px:8080", "services/px:web", "services/px:80")
SECRET = ("pods/https:px:8443", "services/https:px:secure", "services/https:px:443")


@pytest.fixture
def base(cluster: RunningCluster, namespace: str) -> str:
    """A pod `px` that listens on 8080 and, with a certificate of its own making, on 8443, and its Service."""
    cluster.wherry("image", "build", str(Path(__file__).parent / "talker"))
    identity = create_ca("px")
    secret = {
        "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "px"},
        "stringData": {"tls.crt": identity.cert_pem.decode(), "tls.key": identity.key_pem.decode()},
    }  # fmt: skip
    container = {
        "name": "c", "image": "talker:1", "volumeMounts": [{"name": "tls", "mountPath": "/tls"}],
        "ports": [{"name": "web", "containerPort": 8080}, {"name": "secure", "containerPort": 8443}],
        "readinessProbe": {"tcpSocket": {"port": 8443}, "periodSeconds": 1},
    }  # fmt: skip
    pod = {
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "px", "labels": {"app": "px"}},
        "spec": {
            "terminationGracePeriodSeconds": 0, "containers": [container],
            "volumes": [{"name": "tls", "secret": {"secretName": "px"}}],
        },
    }  # fmt: skip
    ports = [
        {"name": "web", "port": 80, "targetPort": "web"}, {"name": "secure", "port": 443, "targetPort": "secure"},
    ]  # fmt: skip
    service = {
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": "px"},
        "spec": {"selector": {"app": "px"}, "ports": ports},
    }  # fmt: skip
    for document in (secret, pod, service):
        cluster.kubectl("-n", namespace, "create", "-f", "-", text=json.dumps(document))
    cluster.kubectl("-n", namespace, "wait", "pod/px", "--for=condition=Ready", "--timeout=30s")
    return f"/api/v1/namespaces/{namespace}"


@pytest.fixture
def known(cluster: RunningCluster) -> KubeconfigContext:
    return load_kubeconfig(cluster.kubeconfig)


@pytest.fixture
def session(known: KubeconfigContext, tmp_path: Path) -> Iterator[requests.Session]:
    assert known.client_identity is not None
    for name, pem in (
        ("ca", known.ca_pem), ("crt", known.client_identity.cert_pem), ("key", known.client_identity.key_pem),
    ):  # fmt: skip
        (tmp_path / name).write_bytes(pem)
    with requests.Session() as session:
        session.trust_env = False
        session.verify = str(tmp_path / "ca")
        session.cert = (str(tmp_path / "crt"), str(tmp_path / "key"))
        yield session


def pieces() -> Iterator[bytes]:
    for place in range(0, len(BODY), 100_000):
        yield BODY[place : place + 100_000]


def test_megabytes_reach_a_pod_and_its_service(base: str, session: requests.Session, known: KubeconfigContext) -> None:
    told = f"{len(BODY)} {hashlib.sha256(BODY).hexdigest()}"
    for name in (*PLAIN, *SECRET):
        url = f"{known.server}{base}/{name}/proxy/there"
        assert session.post(url, data=BODY, timeout=30).text == f"{told} by length", name
        assert session.post(url, data=pieces(), timeout=30).text == f"{told} by chunked", name
        assert session.get(url, timeout=30).text.startswith("0 "), name
    # What is no proxy keeps its limit.
    assert session.post(f"{known.server}{base}/configmaps", data=BODY, timeout=30).status_code == 413


@pytest.mark.parametrize("name", [PLAIN[0], SECRET[0], SECRET[1]])
def test_websockets_reach_a_pod_and_its_service(base: str, known: KubeconfigContext, name: str) -> None:
    address = f"wss://{known.server.removeprefix('https://')}{base}/{name}/proxy/talk"
    context = client_context(ca_pem=known.ca_pem, identity=known.client_identity)
    with connect(address, ssl=context, max_size=None, compression=None) as talk:
        for frame in FRAMES:
            talk.send(frame)
            assert talk.recv(timeout=30) == frame
