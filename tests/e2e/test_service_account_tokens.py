"""Tokens inside pods: mounted, for other audiences, and checked by others with what the server publishes."""

from __future__ import annotations

import json

import jwt
import pytest

from suites.conformance import box
from suites.running_cluster import IMAGE, RunningCluster, needs_linux

pytestmark = [needs_linux, pytest.mark.linux, pytest.mark.kubectl]

ISSUER = "https://kubernetes.default.svc.cluster.local"
MOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"


def start(cluster: RunningCluster, namespace: str, name: str, **spec: object) -> None:
    container: dict[str, object] = {"name": "c", "image": IMAGE, "command": ["sleep", "1000"]}
    extra = spec.pop("mounts", None)
    if extra:
        container["volumeMounts"] = extra
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name},
        "spec": {"terminationGracePeriodSeconds": 0, "containers": [container], **spec},
    }
    cluster.kubectl("-n", namespace, "apply", "-f", "-", text=json.dumps(pod))
    cluster.kubectl("-n", namespace, "wait", f"pod/{name}", "--for=condition=Ready", "--timeout=50s")


def in_pod(cluster: RunningCluster, namespace: str, name: str, script: str) -> str:
    return cluster.kubectl("-n", namespace, "exec", name, "--", "sh", "-c", script).stdout


def ask(path: str) -> str:
    """The command that asks the API server with the pod's own token."""
    return f'curl -s --cacert {MOUNT}/ca.crt -H "Authorization: Bearer $(cat {MOUNT}/token)" {ISSUER}{path}'


@box("ServiceAccounts ServiceAccountIssuerDiscovery should support OIDC discovery of service account issuer")
def test_a_pod_finds_out_how_to_check_tokens_and_checks_one(cluster: RunningCluster, namespace: str) -> None:
    token = {"serviceAccountToken": {"path": "token", "audience": "vault", "expirationSeconds": 600}}
    volume = {"name": "vault", "projected": {"sources": [token]}}
    mounts = [{"name": "vault", "mountPath": "/vault"}]
    start(cluster, namespace, "checker", volumes=[volume], mounts=mounts)
    configuration = json.loads(in_pod(cluster, namespace, "checker", ask("/.well-known/openid-configuration")))
    assert configuration["issuer"] == ISSUER
    keys = jwt.PyJWKSet.from_dict(
        json.loads(in_pod(cluster, namespace, "checker", ask(configuration["jwks_uri"].removeprefix(ISSUER))))
    )
    mounted = in_pod(cluster, namespace, "checker", "cat /vault/token")
    key = keys[jwt.get_unverified_header(mounted)["kid"]]
    claims = jwt.decode(mounted, key, algorithms=["ES256"], audience="vault", issuer=ISSUER)
    assert claims["sub"] == f"system:serviceaccount:{namespace}:default"
    assert claims["kubernetes.io"]["pod"]["name"] == "checker"
    assert claims["kubernetes.io"]["node"]["name"]


@box("ServiceAccounts should mount an API token into pods")
def test_a_pod_is_known_by_its_token_and_forgotten_with_it(cluster: RunningCluster, namespace: str) -> None:
    start(cluster, namespace, "caller")
    assert in_pod(cluster, namespace, "caller", f"cat {MOUNT}/namespace") == namespace
    token = in_pod(cluster, namespace, "caller", f"cat {MOUNT}/token")
    review = json.dumps({"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": {"token": token}})

    def status() -> dict[str, object]:
        answer = cluster.kubectl("create", "-f", "-", "-o", "json", text=review)
        found: dict[str, object] = json.loads(answer.stdout)["status"]
        return found

    found = status()
    assert found["authenticated"] is True
    user = found["user"]
    assert isinstance(user, dict)
    assert user["username"] == f"system:serviceaccount:{namespace}:default"
    assert user["extra"]["authentication.kubernetes.io/pod-name"] == ["caller"]
    refused = json.loads(in_pod(cluster, namespace, "caller", ask(f"/api/v1/namespaces/{namespace}/secrets")))
    assert (refused["code"], refused["reason"]) == (403, "Forbidden")
    cluster.kubectl("-n", namespace, "delete", "pod", "caller", "--wait=true", "--grace-period=0", "--force")
    assert "authenticated" not in status()


@box("ServiceAccounts should allow opting out of API token automount")
def test_a_pod_may_do_without(cluster: RunningCluster, namespace: str) -> None:
    start(cluster, namespace, "quiet", automountServiceAccountToken=False)
    assert in_pod(cluster, namespace, "quiet", f"ls {MOUNT} 2>/dev/null; echo done") == "done\n"
