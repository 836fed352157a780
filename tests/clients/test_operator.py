"""A real operator, made with kopf: its resources come alive, follow changes and leave in order."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from suites.running_cluster import RunningCluster

OPERATOR = Path(__file__).parent / "programs" / "shop_operator.py"
DEFINITION = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "shops.example.com"},
    "spec": {
        "group": "example.com",
        "scope": "Namespaced",
        "names": {"plural": "shops", "singular": "shop", "kind": "Shop"},
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "subresources": {"status": {}},
                "additionalPrinterColumns": [{"name": "Ready", "type": "integer", "jsonPath": ".status.ready"}],
                "schema": {
                    "openAPIV3Schema": {
                        "type": "object",
                        "properties": {
                            "spec": {
                                "type": "object",
                                "required": ["replicas"],
                                "properties": {"replicas": {"type": "integer", "minimum": 0, "maximum": 9}},
                            },
                            "status": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
                        },
                    }
                },
            }
        ],
    },
}
SHOP = {"apiVersion": "example.com/v1", "kind": "Shop", "metadata": {"name": "corner"}, "spec": {"replicas": 2}}


@pytest.fixture
def operator(simulated: RunningCluster, namespace: str, tmp_path: Path) -> Iterator[Path]:
    simulated.kubectl("apply", "-f", "-", text=json.dumps(DEFINITION))
    simulated.kubectl("wait", "--for=condition=Established", "crd/shops.example.com", "--timeout=10s")
    log = tmp_path / "operator.log"
    with log.open("w") as output:
        running = subprocess.Popen(
            [sys.executable, "-m", "kopf", "run", "--standalone", "--namespace", namespace, str(OPERATOR)],
            stdout=output, stderr=output, env={**os.environ, "KUBECONFIG": str(simulated.kubeconfig)},
        )  # fmt: skip
        try:
            yield log
        finally:
            running.send_signal(signal.SIGTERM)
            running.wait(timeout=20)
    simulated.kubectl("delete", "crd", "shops.example.com", "--timeout=20s")


def test_a_custom_resource_is_created_changed_and_deleted_by_its_operator(
    simulated: RunningCluster, namespace: str, operator: Path
) -> None:
    def kubectl(*arguments: str, text: str | None = None) -> str:
        done = simulated.kubectl("-n", namespace, *arguments, text=text, check=False)
        assert done.returncode == 0, f"{done.stderr}\n{operator.read_text()[-3000:]}"
        return done.stdout

    kubectl("create", "-f", "-", text=json.dumps(SHOP))
    kubectl("wait", "--for=jsonpath={.status.ready}=2", "shop/corner", "--timeout=30s")
    assert "corner   2" in kubectl("get", "shops")
    kubectl("patch", "shop", "corner", "--type=merge", "-p", '{"spec":{"replicas":4}}')
    kubectl("wait", "--for=jsonpath={.status.ready}=4", "shop/corner", "--timeout=30s")
    assert "The shop corner is open" in kubectl("get", "events", "--field-selector", "involvedObject.kind=Shop")
    kubectl("delete", "shop", "corner", "--timeout=30s")
    assert "goodbye" in kubectl("get", "configmap", "corner-farewell", "-o", "jsonpath={.data.said}")
    kubectl("wait", "--for=delete", "deployment/corner", "--timeout=30s")
