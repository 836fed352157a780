"""What is checked when only the status is written."""

from __future__ import annotations

import pytest

from suites.api_harness import MERGE, make_api, pod
from suites.sample_objects import sample
from wherry.api.apps.deployment import DEPLOYMENTS
from wherry.apimachinery.document import Document
from wherry.apimachinery.resource_type import AnyResourceType
from wherry.apiserver import generic_store


@pytest.mark.parametrize(
    ("status", "complaints"),
    [
        ({"replicas": 2, "readyReplicas": 2, "availableReplicas": 2, "updatedReplicas": 2}, []),
        (
            {"observedGeneration": -1},
            ["status.observedGeneration: Invalid value: -1: must be greater than or equal to 0"],
        ),
        (
            {"replicas": 1, "updatedReplicas": 2},
            ["status.updatedReplicas: Invalid value: 2: cannot be greater than status.replicas"],
        ),
        (
            {"replicas": 2, "readyReplicas": 1, "availableReplicas": 2},
            ["status.availableReplicas: Invalid value: 2: cannot be greater than readyReplicas"],
        ),
        ({"collisionCount": 1}, ["status.collisionCount: Invalid value: 1: cannot be decremented"]),
    ],
)
def test_a_deployments_status_must_add_up(status: Document, complaints: list[str]) -> None:
    old: Document = {**sample(DEPLOYMENTS), "status": {"collisionCount": 2}}
    new: Document = {**old, "status": {"collisionCount": 2, **status}}
    assert DEPLOYMENTS.validate_status is not None
    assert [f"{error.field}: {error.message}" for error in DEPLOYMENTS.validate_status(new, old)] == complaints


async def test_a_write_to_the_status_leaves_the_rest_as_it_is_and_judges_only_what_it_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    api = await make_api()
    path = "/api/v1/namespaces/default/pods"
    made = await api.must("POST", path, pod())

    def whole(resource: AnyResourceType, *rest: object) -> None:
        raise AssertionError(f"a whole {resource.kind} was judged")

    monkeypatch.setattr(generic_store, "check_schema", whole)
    patch: Document = {"status": {"podIP": "10.0.0.1", "nonsense": 1}, "spec": {"nodeName": "n"}}
    answer = await api.ask("PATCH", f"{path}/web/status", patch, content_type=MERGE)
    assert (answer.status, answer.at("spec")) == (200, made["spec"])
    assert [*answer.json] == ["kind", "apiVersion", "metadata", "spec", "status"]
    assert (answer.at("status.podIP"), answer.at("status.nonsense")) == ("10.0.0.1", None)
    for wrong in ({"phase": 7}, {"podIPs": [{"ip": "ten"}]}, None):
        refused = await api.ask("PATCH", f"{path}/web/status", {"status": wrong}, content_type=MERGE)
        assert refused.status == 422, refused.body
