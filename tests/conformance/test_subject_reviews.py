"""auth/subjectreviews.go: reviews of what somebody may do agree with what they may do."""

from __future__ import annotations

from suites.conformance import box
from suites.conformance_cluster import Cluster
from wherry.apimachinery.document import Document
from wherry.kit.http.types import read_body

GROUP = "/apis/authorization.k8s.io/v1"


@box("SubjectReview should support SubjectReview API operations")
async def test_reviews_tell_what_an_account_may(cluster: Cluster) -> None:
    namespace = await cluster.namespace()
    await cluster.must("POST", f"/api/v1/namespaces/{namespace}/serviceaccounts", {"metadata": {"name": "e2e"}})
    user = f"system:serviceaccount:{namespace}:e2e"
    may_list: Document = {"verb": "list", "resource": "configmaps", "namespace": namespace, "version": "v1"}

    async def answers() -> tuple[object, object, object]:
        spec = {"user": user, "resourceAttributes": may_list}
        review = await cluster.ask("POST", f"{GROUP}/subjectaccessreviews", {"spec": spec})
        local = {"metadata": {"namespace": namespace}, "spec": spec}
        local_review = await cluster.ask("POST", f"{GROUP}/namespaces/{namespace}/localsubjectaccessreviews", local)
        real = await cluster.api.raw(
            "GET", f"/api/v1/namespaces/{namespace}/configmaps", headers={"impersonate-user": user}
        )
        await read_body(real)
        return review.at("status.allowed"), local_review.at("status.allowed"), real.status

    assert await answers() == (False, False, 403)
    binding = {
        "metadata": {"name": "viewers"},
        "roleRef": {"kind": "ClusterRole", "name": "view", "apiGroup": "rbac.authorization.k8s.io"},
        "subjects": [{"kind": "ServiceAccount", "name": "e2e", "namespace": namespace}],
    }
    roles = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}/rolebindings"
    await cluster.must("POST", roles, binding)
    assert await answers() == (True, True, 200)
