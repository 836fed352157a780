"""kubectl's commands that make things without a file: they speak protobuf and do not fall back to JSON."""

from __future__ import annotations

import pytest

from suites.running_cluster import IMAGE, RunningCluster, needs_linux

pytestmark = [needs_linux, pytest.mark.linux, pytest.mark.kubectl]


def test_a_deployment_and_a_job_made_on_the_command_line_run(cluster: RunningCluster, namespace: str) -> None:
    def kubectl(*arguments: str) -> str:
        return cluster.kubectl("-n", namespace, *arguments).stdout

    kubectl("create", "deployment", "web", f"--image={IMAGE}", "--replicas=2", "--", "sleep", "1000")
    kubectl("create", "job", "hello", f"--image={IMAGE}", "--", "echo", "hello")
    kubectl("wait", "--for=condition=Available", "deployment/web", "--timeout=30s")
    kubectl("wait", "--for=condition=Complete", "job/hello", "--timeout=30s")
    assert kubectl("logs", "job/hello") == "hello\n"
    kubectl("create", "deployment", "asleep", f"--image={IMAGE}", "--replicas=0")
    assert cluster.jsonpath("deployment/asleep", "{.spec.replicas}", namespace) == "0"


@pytest.mark.parametrize(
    ("what", "path", "expected"),
    [
        (("configmap", "thing", "--from-literal=a=b"), "{.data.a}", "b"),
        (("secret", "generic", "thing", "--from-literal=a=b"), "{.data.a}", "Yg=="),
        (("quota", "thing", "--hard=pods=1"), "{.spec.hard.pods}", "1"),
        (("serviceaccount", "thing"), "{.metadata.name}", "thing"),
        (("service", "clusterip", "thing", "--tcp=80:http"), "{.spec.ports[0].targetPort}", "http"),
        (("service", "nodeport", "thing", "--tcp=80:8080"), "{.spec.ports[0].targetPort}", "8080"),
    ],
    ids=lambda value: " ".join(value[:2]) if isinstance(value, tuple) else "",
)
def test_kubectl_create(
    cluster: RunningCluster, namespace: str, what: tuple[str, ...], path: str, expected: str
) -> None:
    cluster.kubectl("-n", namespace, "create", *what)
    assert cluster.jsonpath(f"{what[0]}/thing", path, namespace) == expected


def test_a_namespace_and_a_class_can_be_made(cluster: RunningCluster) -> None:
    cluster.kubectl("create", "namespace", "made-by-hand")
    cluster.kubectl("create", "priorityclass", "everyday", "--value=0", "--description=nothing special")
    assert cluster.jsonpath("priorityclass/everyday", "{.value}") == "0"
    cluster.kubectl("delete", "namespace/made-by-hand", "priorityclass/everyday")


def test_questions_are_answered(cluster: RunningCluster) -> None:
    assert "kubernetes-admin" in cluster.kubectl("auth", "whoami").stdout
    assert cluster.kubectl("auth", "can-i", "create", "pods").stdout == "yes\n"
    assert cluster.kubectl("create", "token", "default").stdout.count(".") == 2


def test_a_kind_that_is_not_served_is_not_found(cluster: RunningCluster, namespace: str) -> None:
    manifest = '{"apiVersion": "example.org/v1", "kind": "Sunset", "metadata": {"name": "s"}}'
    refused = cluster.kubectl("-n", namespace, "create", "-f", "-", text=manifest, check=False)
    assert refused.returncode == 1
    assert 'no matches for kind "Sunset" in version "example.org/v1"' in refused.stderr
