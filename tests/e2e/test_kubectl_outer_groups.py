"""The real kubectl on every kind of the outer groups: apply, get, describe, apply on the server's side, delete."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from suites.running_cluster import RunningCluster, cluster_in
from suites.sample_objects import name_of, sample
from wherry.api.registry import RESOURCE_TYPES
from wherry.apimachinery.resource_type import AnyResourceType

pytestmark = pytest.mark.kubectl

GROUPS = (
    "admissionregistration.k8s.io", "apiregistration.k8s.io", "autoscaling", "events.k8s.io",
    "flowcontrol.apiserver.k8s.io", "networking.k8s.io", "node.k8s.io", "policy", "resource.k8s.io", "storage.k8s.io",
)  # fmt: skip
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
