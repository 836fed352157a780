"""apimachinery/table_conversion.go: a Table where there can be one, and a plain no where there cannot."""

from __future__ import annotations

from suites.conformance import box
from suites.conformance_cluster import Cluster

TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"


@box(
    "Servers with support for Table transformation should return a 406 for a backend which does not implement metadata"
)
async def test_a_question_about_access_is_no_table(cluster: Cluster) -> None:
    attributes = {"verb": "get", "version": "v1", "resource": "services", "namespace": "default"}
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": attributes},
    }
    path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
    answer = await cluster.ask("POST", path, review, accept=TABLE)
    assert (answer.status, answer.at("reason")) == (406, "NotAcceptable")
