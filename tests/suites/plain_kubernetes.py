"""A Kubernetes that is not ours, for the tests: upstream's own API server and controllers over etcd, on loopback.

`scripts/build-kubernetes` makes the programs of Debian's sources, once; without them the tests say so and are skipped.
There is no kubelet and no scheduler: a test that wants running pods says of them that they run (`PlayedNode`).
"""

from __future__ import annotations

import contextlib
import os
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from suites.running_cluster import free_port
from wherry.client.kubeconfig import write_kubeconfig
from wherry.kit.http.tls import KeyPair, client_context
from wherry.kit.pki import create_ca, create_signing_key, issue, public_key_pem

FOLDER = Path(os.environ.get("WHERRY_KUBERNETES", Path.home() / ".cache" / "wherry-tests" / "kubernetes"))
PROGRAMS = ("etcd", "kube-apiserver", "kube-controller-manager")
PATIENCE_S = 60.0

needs_kubernetes = pytest.mark.skipif(
    not all((FOLDER / name).exists() for name in PROGRAMS),
    reason=f"there is no Kubernetes of upstream's in {FOLDER}; scripts/build-kubernetes makes it of Debian's sources",
)


@dataclass
class PlainKubernetes:
    """A running one."""

    kubeconfig: Path
    server: str
    version: str


@contextlib.contextmanager
def plain_kubernetes(folder: Path) -> Iterator[PlainKubernetes]:
    """Start one whose data and logs are in `folder`; it ends with the block."""
    ca = create_ca("kubernetes")
    admin = issue(ca, "kubernetes-admin", organizations=["system:masters"], client=True)
    _write_keys(folder, ca)
    etcd, peer, secure = free_port(), free_port(), free_port()
    server = f"https://127.0.0.1:{secure}"
    kubeconfig = folder / "kubeconfig"
    write_kubeconfig(kubeconfig, server=server, ca_pem=ca.cert_pem, user="kubernetes-admin", client_identity=admin)
    commands = {
        "etcd": [
            f"--data-dir={folder}/etcd", f"--listen-client-urls=http://127.0.0.1:{etcd}",
            f"--advertise-client-urls=http://127.0.0.1:{etcd}", f"--listen-peer-urls=http://127.0.0.1:{peer}",
        ],
        "kube-apiserver": [
            f"--etcd-servers=http://127.0.0.1:{etcd}", "--bind-address=127.0.0.1", f"--secure-port={secure}",
            f"--tls-cert-file={folder}/server.crt", f"--tls-private-key-file={folder}/server.key",
            f"--client-ca-file={folder}/ca.crt", f"--service-account-key-file={folder}/accounts.pub",
            f"--service-account-signing-key-file={folder}/accounts.key",
            "--service-account-issuer=https://kubernetes.default.svc", "--service-cluster-ip-range=10.97.0.0/24",
            "--authorization-mode=Node,RBAC", f"--cert-dir={folder}", "--allow-privileged=true",
        ],
        "kube-controller-manager": [
            f"--kubeconfig={kubeconfig}", f"--root-ca-file={folder}/ca.crt", "--leader-elect=false",
            f"--service-account-private-key-file={folder}/accounts.key", f"--cert-dir={folder}", "--secure-port=0",
            "--port=0",
        ],
    }  # fmt: skip
    with contextlib.ExitStack() as stack:
        for name, options in commands.items():
            stack.enter_context(_running(folder, name, options))
            if name == "kube-apiserver":
                _wait_until_ready(server, ca, admin, folder / f"{name}.log")
        yield PlainKubernetes(kubeconfig, server, _answer(f"{server}/version", ca, admin))


@contextlib.contextmanager
def _running(folder: Path, name: str, options: list[str]) -> Iterator[None]:
    with (folder / f"{name}.log").open("wb") as log:
        process = subprocess.Popen([FOLDER / name, *options], stdout=log, stderr=log, cwd=folder)
        try:
            yield
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _write_keys(folder: Path, ca: KeyPair) -> None:
    identity = issue(ca, "kube-apiserver", dns_names=["localhost"], ips=["127.0.0.1", "10.97.0.1"], server=True)
    accounts = create_signing_key()
    files = {
        "ca.crt": ca.cert_pem, "server.crt": identity.cert_pem, "server.key": identity.key_pem,
        "accounts.key": accounts, "accounts.pub": public_key_pem(accounts),
    }  # fmt: skip
    for name, pem in files.items():
        (folder / name).write_bytes(pem)


def _answer(url: str, ca: KeyPair, admin: KeyPair) -> str:
    context: ssl.SSLContext = client_context(ca_pem=ca.cert_pem, identity=admin)
    with urllib.request.urlopen(url, timeout=5, context=context) as answer:
        return str(answer.read().decode())


def _wait_until_ready(server: str, ca: KeyPair, admin: KeyPair, log: Path) -> None:
    until_s = time.monotonic() + PATIENCE_S
    while True:
        try:
            if _answer(f"{server}/readyz", ca, admin) == "ok":
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            pass
        assert time.monotonic() < until_s, log.read_text()[-3000:]
        time.sleep(0.2)
