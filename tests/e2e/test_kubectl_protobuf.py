"""The real kubectl, which prefers protobuf for what it knows and reads the description of everything."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from suites.running_cluster import RunningCluster, needs_linux

pytestmark = [needs_linux, pytest.mark.linux, pytest.mark.kubectl]

GADGETS = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "gadgets.described.example.com"},
    "spec": {
        "group": "described.example.com",
        "scope": "Namespaced",
        "names": {"kind": "Gadget", "plural": "gadgets"},
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "schema": {
                    "openAPIV3Schema": {
                        "type": "object",
                        "description": "A small thing that does one thing.",
                        "properties": {
                            "spec": {
                                "type": "object",
                                "properties": {"size": {"type": "integer", "description": "How large it is."}},
                            }
                        },
                    }
                },
            }
        ],
    },
}


@pytest.mark.parametrize(
    "command",
    ["create deployment web --image=toolbox:1 --replicas=0", "create configmap c --from-literal=a=b", "auth whoami"],
)
def test_kubectl_asks_for_protobuf_and_reads_it(cluster: RunningCluster, namespace: str, command: str) -> None:
    done = cluster.kubectl("-n", namespace, "-v=8", *command.split())
    answers = done.stderr.split('"Response" ')[1:]
    assert any("Content-Type: application/vnd.kubernetes.protobuf" in answer for answer in answers), done.stderr


def test_commands_that_read_what_they_have_written_go_on_working(cluster: RunningCluster, namespace: str) -> None:
    def kubectl(*arguments: str) -> str:
        return cluster.kubectl("-n", namespace, *arguments).stdout

    kubectl("create", "deployment", "web", "--image=toolbox:1", "--replicas=0")
    kubectl("scale", "deployment/web", "--replicas=0")
    kubectl("set", "env", "deployment/web", "A=b")
    kubectl("rollout", "restart", "deployment/web")
    assert "successfully rolled out" in kubectl("rollout", "status", "deployment/web", "--timeout=30s")
    assert "REVISION" in kubectl("rollout", "history", "deployment/web")
    assert "web" in kubectl("describe", "deployment/web")
    assert kubectl("get", "deployment/web", "-o", "name") == "deployment.apps/web\n"
    kubectl("wait", "--for=delete", "pod/none", "--timeout=5s")


def test_every_kind_is_explained_from_both_descriptions(cluster: RunningCluster) -> None:
    resources = cluster.kubectl("api-resources", "--no-headers").stdout.splitlines()
    kinds = {(line.split()[-3], line.split()[-1].lower()) for line in resources}
    assert len(kinds) > 30
    for api_version, kind in sorted(kinds):
        told = cluster.kubectl("explain", kind, f"--api-version={api_version}", "--recursive").stdout
        assert "FIELDS:" in told, (api_version, kind)
        assert "apiVersion" in told
    deprecated = cluster.kubectl("explain", "deployment.spec.strategy", "--output=plaintext-openapiv2").stdout
    assert "rollingUpdate" in deprecated


def test_a_custom_resource_is_explained_as_soon_as_it_is_served(cluster: RunningCluster) -> None:
    cluster.kubectl("create", "-f", "-", text=json.dumps(GADGETS))
    try:
        cluster.kubectl("wait", "--for=condition=Established", "crd/gadgets.described.example.com", "--timeout=10s")
        told = cluster.kubectl("explain", "gadgets.spec.size").stdout
        assert "How large it is." in told
        assert "A small thing that does one thing." in cluster.kubectl("explain", "gadgets").stdout
        assert "How large" in cluster.kubectl("explain", "gadgets.spec", "--output=plaintext-openapiv2").stdout
    finally:
        cluster.kubectl("delete", "crd/gadgets.described.example.com")
    assert cluster.kubectl("explain", "gadgets", check=False).returncode == 1


def test_a_watch_in_protobuf_is_read_event_by_event(cluster: RunningCluster, namespace: str) -> None:
    command = [str(Path(sys.executable).parent / "kubectl"), "-n", namespace, "-v=8", "events", "--watch"]
    environment = {**os.environ, "KUBECONFIG": str(cluster.kubeconfig), "HOME": str(cluster.home)}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as watching:
        try:
            assert watching.stderr is not None
            assert watching.stdout is not None
            for line in watching.stderr:
                if "application/vnd.kubernetes.protobuf;stream=watch" in line:
                    break
            cluster.kubectl("-n", namespace, "create", "deployment", "seen", "--image=toolbox:1", "--replicas=1")
            assert "LAST SEEN" in watching.stdout.readline()
            assert "deployment" in watching.stdout.readline().lower()
        finally:
            watching.kill()
