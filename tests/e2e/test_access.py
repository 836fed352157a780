"""Identity and access with the real kubectl over TLS, on a cluster that needs neither root nor Linux namespaces."""

from __future__ import annotations

import base64
import json
import os
import ssl
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from suites.running_cluster import RunningCluster, cluster_in
from wherry.client.kubeconfig import write_kubeconfig
from wherry.kit import pki
from wherry.kit.http.tls import KeyPair

pytestmark = [pytest.mark.kubectl]
KUBECTL = Path(sys.executable).parent / "kubectl"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCluster]:
    home = tmp_path_factory.mktemp("access") / "home"
    with cluster_in(home, "--no-real-node", "--simulated-nodes", "1") as running:
        yield running


def kubectl(kubeconfig: Path, *arguments: str, text: str | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(KUBECTL), "--kubeconfig", str(kubeconfig), *arguments],
        input=text, capture_output=True, text=True, timeout=60, check=False,
        env={**os.environ, "HOME": str(kubeconfig.parent)},
    )  # fmt: skip


def kubeconfig_of(cluster: RunningCluster, path: Path, identity: KeyPair) -> Path:
    ca_pem = (cluster.home / "pki" / "ca.crt").read_bytes()
    server = f"https://127.0.0.1:{cluster.port}"
    write_kubeconfig(path, server=server, ca_pem=ca_pem, user="x", client_identity=identity)
    return path


def test_a_user_of_ones_own_does_what_the_role_lets_until_it_is_taken_away(cluster: RunningCluster) -> None:
    added = cluster.wherry("user", "add", "ana", "--group", "web", "--namespace", "default", "--role", "edit")
    mine = Path(cluster.wherry("kubeconfig", "--user", "ana").stdout.strip())
    assert added.stdout.strip() == str(mine)
    assert mine.stat().st_mode & 0o777 == 0o600
    whoami = json.loads(kubectl(mine, "auth", "whoami", "-o", "json").stdout)["status"]["userInfo"]
    assert (whoami["username"], whoami["groups"]) == ("ana", ["web", "system:authenticated"])
    assert whoami["extra"]["authentication.kubernetes.io/credential-id"][0].startswith("X509SHA256=")
    assert kubectl(mine, "create", "configmap", "of-ana", "--from-literal=a=b").returncode == 0
    assert kubectl(mine, "auth", "can-i", "create", "deployments.apps").stdout == "yes\n"
    assert kubectl(mine, "auth", "can-i", "list", "nodes").stdout == "no\n"
    refused = kubectl(mine, "get", "pods", "-A")
    assert refused.stderr.strip() == (
        'Error from server (Forbidden): pods is forbidden: User "ana" cannot list resource "pods" in API group "" '
        "at the cluster scope"
    )
    rights = kubectl(mine, "auth", "can-i", "--list").stdout
    assert "deployments.apps" in rights
    assert "[create delete deletecollection patch update get list watch]" in rights
    assert "edit in default" in cluster.wherry("user", "list").stdout
    copy = cluster.home / "copy"
    copy.write_bytes(mine.read_bytes())
    removed = cluster.wherry("user", "remove", "ana", "--yes")
    assert "A certificate cannot be revoked" in removed.stderr
    assert kubectl(copy, "get", "configmaps").returncode == 1
    assert cluster.wherry("kubeconfig", "--user", "ana", check=False).returncode == 1


def test_a_person_approves_a_request_for_a_certificate(cluster: RunningCluster, tmp_path: Path) -> None:
    from wherry.kit.certificate_requests import make_request

    key_pem, request_pem = make_request("bea", organizations=["web"])
    request = {
        "apiVersion": "certificates.k8s.io/v1",
        "kind": "CertificateSigningRequest",
        "metadata": {"name": "bea"},
        "spec": {
            "request": base64.b64encode(request_pem).decode(),
            "signerName": "kubernetes.io/kube-apiserver-client",
            "usages": ["client auth", "digital signature"],
        },
    }
    cluster.kubectl("apply", "-f", "-", text=json.dumps(request))
    assert "Pending" in cluster.kubectl("get", "csr", "bea").stdout
    assert "approved" in cluster.kubectl("certificate", "approve", "bea").stdout
    cluster.kubectl("wait", "csr/bea", "--for=jsonpath={.status.certificate}", "--timeout=20s")
    assert "Approved,Issued" in cluster.kubectl("get", "csr", "bea").stdout
    certificate = base64.b64decode(cluster.jsonpath("csr/bea", "{.status.certificate}"))
    mine = kubeconfig_of(cluster, tmp_path / "kubeconfig", KeyPair(certificate, key_pem))
    assert "bea" in kubectl(mine, "auth", "whoami").stdout
    denied = {**request, "metadata": {"name": "denied"}}
    cluster.kubectl("apply", "-f", "-", text=json.dumps(denied))
    cluster.kubectl("certificate", "deny", "denied")
    assert "Denied" in cluster.kubectl("get", "csr", "denied").stdout


@pytest.mark.parametrize("kind", ["expired", "other authority", "self-signed", "for servers only"])
def test_certificates_that_are_not_good_get_nowhere(cluster: RunningCluster, tmp_path: Path, kind: str) -> None:
    folder = cluster.home / "pki"
    own = KeyPair((folder / "ca.crt").read_bytes(), (folder / "ca.key").read_bytes())
    masters = ["system:masters"]
    if kind == "expired":
        identity = pki.issue(own, "eve", organizations=masters, client=True, days=-0.01)
    elif kind == "other authority":
        # Of the same name, too: it is the key that counts.
        identity = pki.issue(pki.create_ca("wherry"), "eve", organizations=masters, client=True)
    elif kind == "self-signed":
        identity = pki.create_ca("system:masters")
    else:
        identity = pki.issue(own, "eve", organizations=masters, server=True)
    file = tmp_path / "identity.pem"
    file.write_bytes(identity.key_pem + identity.cert_pem)
    context = ssl.create_default_context(cafile=str(folder / "ca.crt"))
    context.load_cert_chain(file)
    with pytest.raises(OSError, match=r"(?i)alert|reset|closed|EOF|remote end"):
        urllib.request.urlopen(f"https://127.0.0.1:{cluster.port}/version", context=context, timeout=10)


def test_tokens_of_service_accounts_and_what_they_open(cluster: RunningCluster, tmp_path: Path) -> None:
    cluster.kubectl("create", "serviceaccount", "till")
    cluster.kubectl("create", "rolebinding", "till", "--clusterrole=view", "--serviceaccount=default:till")
    token = cluster.kubectl("create", "token", "till", "--duration=10m").stdout.strip()
    anonymous = tmp_path / "kubeconfig"
    ca_pem = (cluster.home / "pki" / "ca.crt").read_bytes()
    write_kubeconfig(anonymous, server=f"https://127.0.0.1:{cluster.port}", ca_pem=ca_pem, user="nobody")
    assert kubectl(anonymous, f"--token={token}", "get", "pods").returncode == 0
    assert "Forbidden" in kubectl(anonymous, f"--token={token}", "get", "secrets").stderr
    short = cluster.kubectl("create", "token", "till", "--duration=1m", check=False)
    assert "may not specify a duration less than 10 minutes" in short.stderr
    cluster.kubectl("delete", "serviceaccount", "till")
    assert "Unauthorized" in kubectl(anonymous, f"--token={token}", "get", "pods").stderr


def test_nobody_sees_only_whether_the_server_lives(cluster: RunningCluster) -> None:
    context = ssl.create_default_context(cafile=str(cluster.home / "pki" / "ca.crt"))

    def status(path: str) -> int:
        try:
            with urllib.request.urlopen(f"https://127.0.0.1:{cluster.port}{path}", context=context) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code

    for path in ("/livez", "/readyz", "/healthz", "/version"):
        assert status(path) == 200
    for path in ("/", "/api", "/apis", "/metrics", "/openapi/v3", "/api/v1/pods", "/openid/v1/jwks", "/livez/ping"):
        assert status(path) == 401


def test_acting_as_somebody_else_and_reconciling_roles(cluster: RunningCluster) -> None:
    can = cluster.kubectl("auth", "can-i", "get", "pods", "--as=zoe", "--as-group=devs", check=False)
    assert can.stdout == "no\n"
    role = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": "reader"},
        "rules": [{"verbs": ["get"], "apiGroups": [""], "resources": ["pods"]}],
    }
    binding = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": "readers"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "reader"},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": "devs"}],
    }
    both = "\n---\n".join(json.dumps(document) for document in (role, binding))
    assert "reconciled" in cluster.kubectl("auth", "reconcile", "-f", "-", text=both).stdout
    assert cluster.kubectl("auth", "can-i", "get", "pods", "--as=zoe", "--as-group=devs").stdout == "yes\n"
    immutable = {**binding, "roleRef": {**binding["roleRef"], "name": "view"}}  # type: ignore[dict-item]
    refused = cluster.kubectl("apply", "-f", "-", text=json.dumps(immutable), check=False)
    assert "cannot change roleRef" in refused.stderr
    whoami = cluster.kubectl("auth", "whoami", "--as=zoe", "--as-group=a", "--as-group=b", "--as-uid=7", "-o", "json")
    user = json.loads(whoami.stdout)["status"]["userInfo"]
    assert user == {"username": "zoe", "uid": "7", "groups": ["a", "b", "system:authenticated"]}


def test_bootstrap_tokens_open_the_door_sign_the_invitation_and_end(cluster: RunningCluster, tmp_path: Path) -> None:
    def secret(token_id: str, expiration: str) -> str:
        data = {
            "token-id": token_id,
            "token-secret": "0123456789abcdef",
            "usage-bootstrap-authentication": "true",
            "usage-bootstrap-signing": "true",
            "expiration": expiration,
        }
        metadata = {"name": f"bootstrap-token-{token_id}", "namespace": "kube-system"}
        kind = {"apiVersion": "v1", "kind": "Secret", "type": "bootstrap.kubernetes.io/token"}
        return json.dumps({**kind, "metadata": metadata, "stringData": data})

    cluster.kubectl("apply", "-f", "-", text=secret("abcdef", "2099-01-01T00:00:00Z"))
    cluster.kubectl("apply", "-f", "-", text=secret("aaaaaa", "2020-01-01T00:00:00Z"))
    info = ("-n", "kube-public", "wait", "configmap/cluster-info", "--timeout=20s")
    cluster.kubectl(*info, "--for=jsonpath={.data.jws-kubeconfig-abcdef}")
    cluster.kubectl("-n", "kube-system", "wait", "secret/bootstrap-token-aaaaaa", "--for=delete", "--timeout=20s")
    joining = tmp_path / "kubeconfig"
    ca_pem = (cluster.home / "pki" / "ca.crt").read_bytes()
    write_kubeconfig(
        joining, server=f"https://127.0.0.1:{cluster.port}", ca_pem=ca_pem, user="x", token="abcdef.0123456789abcdef"
    )
    assert "system:bootstrappers" in kubectl(joining, "auth", "whoami").stdout
    assert kubectl(joining, "get", "csr").returncode == 0
    assert "Forbidden" in kubectl(joining, "get", "nodes").stderr


def test_a_secret_for_a_token_is_filled_and_goes_with_its_account(cluster: RunningCluster) -> None:
    cluster.kubectl("create", "serviceaccount", "old")
    annotations = {"kubernetes.io/service-account.name": "old"}
    metadata = {"name": "old-token", "annotations": annotations}
    kind = {"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/service-account-token"}
    cluster.kubectl("apply", "-f", "-", text=json.dumps({**kind, "metadata": metadata}))
    cluster.kubectl("wait", "secret/old-token", "--for=jsonpath={.data.token}", "--timeout=20s")
    token = base64.b64decode(cluster.jsonpath("secret/old-token", "{.data.token}")).decode()
    review = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": {"token": token}}

    def user() -> object:
        answer = cluster.kubectl("create", "-f", "-", "-o", "json", text=json.dumps(review))
        return json.loads(answer.stdout)["status"].get("user", {}).get("username")

    assert user() == "system:serviceaccount:default:old"
    cluster.kubectl("delete", "serviceaccount", "old")
    cluster.kubectl("wait", "secret/old-token", "--for=delete", "--timeout=20s")
    assert user() is None
