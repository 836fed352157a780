"""The real clients on every kind of the outer groups: kubectl applies, shows and deletes; so does the Python client."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from suites import running_cluster
from suites.running_cluster import RunningCluster, cluster_in
from suites.sample_objects import name_of, sample
from wherry.api.registry import RESOURCE_TYPES
from wherry.apimachinery.resource_type import AnyResourceType

pytestmark = pytest.mark.kubectl

PROGRAM = Path(running_cluster.__file__).with_name("python_client_kinds.py")
# The groups, and what the official Python client calls them.
GROUPS = {
    "admissionregistration.k8s.io": "Admissionregistration",
    "apiregistration.k8s.io": "Apiregistration",
    "autoscaling": "Autoscaling",
    "events.k8s.io": "Events",
    "flowcontrol.apiserver.k8s.io": "FlowcontrolApiserver",
    "networking.k8s.io": "Networking",
    "node.k8s.io": "Node",
    "policy": "Policy",
    "resource.k8s.io": "Resource",
    "storage.k8s.io": "Storage",
}
OUTER = [resource for resource in RESOURCE_TYPES if resource.group in GROUPS]


@pytest.fixture(scope="module")
def masters(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCluster]:
    """A cluster without a node: it starts no containers, so it needs no rights."""
    with cluster_in(tmp_path_factory.mktemp("masters") / "home", "--no-real-node") as running:
        yield running


@pytest.mark.parametrize("resource", OUTER, ids=lambda one: f"{one.plural}.{one.version}.{one.group}")
def test_kubectl_works_with_every_kind(masters: RunningCluster, resource: AnyResourceType) -> None:
    body = json.dumps(sample(resource, "sample"))
    thing = f"{resource.plural}.{resource.version}.{resource.group}/{name_of(resource, 'sample')}"
    applied = masters.kubectl("apply", "-f", "-", text=body)
    assert applied.stdout.endswith("created\n")
    assert ("nothing acts on it yet" in applied.stderr) == (resource.acted_on_by == "nobody")
    shown = masters.kubectl("get", thing, "-o", "wide").stdout.splitlines()
    assert shown[0].split()[0] == resource.columns[0].name.upper().split()[0]
    assert len(shown) == 2
    assert masters.kubectl("describe", thing).stdout
    assert masters.kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", text=body).stderr == ""
    assert "deleted" in masters.kubectl("delete", thing).stdout


def test_kubectl_creates_what_it_sends_in_protobuf(masters: RunningCluster) -> None:
    masters.kubectl("create", "ingress", "web", "--rule=a.example.com/*=web:80")
    assert masters.jsonpath("ingress/web", "{.spec.rules[0].http.paths[0].pathType}") == "Prefix"
    masters.kubectl("create", "poddisruptionbudget", "web", "--selector=app=web", "--min-available=50%")
    assert masters.jsonpath("pdb/web", "{.spec.minAvailable}") == "50%"


def test_every_served_version_is_an_api_service_that_is_available(masters: RunningCluster) -> None:
    rows = masters.kubectl("get", "apiservices", "--no-headers").stdout.splitlines()
    assert {tuple(row.split()[1:3]) for row in rows} == {("Local", "True")}
    assert {"v1.", "v1.apps", "v2.autoscaling"} < {row.split()[0] for row in rows}


def test_the_official_python_client_understands_every_answer(masters: RunningCluster) -> None:
    cases = [
        {
            "api": f"{GROUPS[resource.group]}{resource.version.upper()}Api",
            "kind": resource.kind,
            "namespaced": resource.namespaced,
            "body": sample(resource, "one"),
        }
        for resource in OUTER
    ]
    done = subprocess.run(
        [sys.executable, PROGRAM, masters.kubeconfig],
        input="\n".join(json.dumps(case) for case in cases), capture_output=True, text=True, timeout=90, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
