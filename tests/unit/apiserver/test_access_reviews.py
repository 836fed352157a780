"""The questions about permissions, checked and answered."""

from __future__ import annotations

import pytest

from suites.api_harness import Api, make_api
from wherry.apimachinery.document import Document
from wherry.kit.http.types import Peer

GROUP = "/apis/authorization.k8s.io/v1"
SELF, OTHERS, RULES = (f"{GROUP}/{kind}" for kind in (
    "selfsubjectaccessreviews", "subjectaccessreviews", "selfsubjectrulesreviews"
))  # fmt: skip
LOCAL = f"{GROUP}/namespaces/default/localsubjectaccessreviews"
LIST_PODS: Document = {"verb": "list", "resource": "pods", "namespace": "default"}


@pytest.fixture
async def api() -> Api:
    api = await make_api()
    binding = {
        "metadata": {"name": "readers"},
        "roleRef": {"kind": "ClusterRole", "name": "system:aggregate-to-view"},
        "subjects": [{"kind": "User", "name": "bob"}, {"kind": "ServiceAccount", "name": "till"}],
    }
    await api.must("POST", "/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings", binding)
    return api


async def test_the_reason_names_the_binding_that_allows(api: Api) -> None:
    by = 'RBAC: allowed by RoleBinding "readers/default" of ClusterRole "system:aggregate-to-view" to'
    spec = {"user": "bob", "resourceAttributes": LIST_PODS}
    answer = await api.ask("POST", OTHERS, {"spec": spec})
    assert (answer.status, answer.at("status")) == (201, {"allowed": True, "reason": f'{by} User "bob"'})
    assert answer.at("spec") == spec
    spec["user"] = "system:serviceaccount:default:till"
    answer = await api.ask("POST", OTHERS, {"spec": spec})
    assert answer.at("status.reason") == f'{by} ServiceAccount "till/default"'
    spec["user"] = "eve"
    assert (await api.ask("POST", OTHERS, {"spec": spec})).at("status") == {"allowed": False}


async def test_paths_are_asked_about_too(api: Api) -> None:
    spec = {"user": "x", "groups": ["system:authenticated"], "nonResourceAttributes": {"verb": "get", "path": "/apis"}}
    answer = await api.ask("POST", OTHERS, {"spec": spec})
    assert answer.at("status.reason") == (
        'RBAC: allowed by ClusterRoleBinding "system:discovery" of ClusterRole "system:discovery" '
        'to Group "system:authenticated"'
    )


@pytest.mark.parametrize(
    ("path", "body", "wanted"),
    [
        (SELF, {"spec": {}}, "spec.resourceAttributes: Invalid value: null: exactly one of nonResourceAttributes or"),
        (
            SELF,
            {"spec": {"resourceAttributes": LIST_PODS, "nonResourceAttributes": {"path": "/"}}},
            'spec.nonResourceAttributes: Invalid value: {"path":"/"}: cannot be specified in combination with',
        ),
        (OTHERS, {"spec": {"resourceAttributes": LIST_PODS}}, 'spec.user: Invalid value: "": at least one of user or'),
        (
            OTHERS,
            {"metadata": {"name": "x"}, "spec": {"user": "u", "resourceAttributes": LIST_PODS}},
            'metadata: Invalid value: {"name":"x"}: must be empty',
        ),
        (
            LOCAL,
            {"spec": {"user": "u", "resourceAttributes": {**LIST_PODS, "namespace": "other"}}},
            'spec.resourceAttributes.namespace: Invalid value: "other": must match metadata.namespace',
        ),
        (
            LOCAL,
            {"spec": {"user": "u", "nonResourceAttributes": {"path": "/"}}},
            "disallowed on this kind of request",
        ),
        (
            SELF,
            {"spec": {"resourceAttributes": {**LIST_PODS, "fieldSelector": {}}}},
            "spec.resourceAttributes.fieldSelector.requirements: Required value",
        ),
        (
            SELF,
            {"spec": {"resourceAttributes": {
                **LIST_PODS, "labelSelector": {"requirements": [{"key": "a", "operator": "In"}]}
            }}},
            "spec.resourceAttributes.labelSelector.requirements[0].values: Required value",
        ),
    ],
)  # fmt: skip
async def test_what_is_no_question_is_invalid(api: Api, path: str, body: Document, wanted: str) -> None:
    answer = await api.ask("POST", path, body)
    assert (answer.status, answer.at("reason")) == (422, "Invalid"), answer.body
    assert wanted in str(answer.at("message"))


async def test_a_local_question_is_answered_for_its_namespace(api: Api) -> None:
    answer = await api.ask("POST", LOCAL, {"spec": {"user": "bob", "resourceAttributes": LIST_PODS}})
    assert answer.at("status.allowed") is True
    missing = await api.ask("POST", RULES, {"spec": {}})
    assert (missing.status, missing.at("message")) == (400, "no namespace on request")


async def test_a_selector_says_which_objects_are_meant(api: Api) -> None:
    def spec(selector: Document) -> Document:
        attributes: Document = {"verb": "list", "resource": "pods", "fieldSelector": selector}
        return {"user": "system:node:n1", "groups": ["system:nodes"], "resourceAttributes": attributes}

    requirement = {"key": "spec.nodeName", "operator": "In", "values": ["n1"]}
    selectors: list[Document] = [{"requirements": [requirement]}, {"rawSelector": "spec.nodeName=n1"}]
    for selector in selectors:
        assert (await api.ask("POST", OTHERS, {"spec": spec(selector)})).at("status.allowed") is True
    refused = await api.ask("POST", OTHERS, {"spec": spec({"rawSelector": "spec.nodeName=n2"})})
    assert refused.at("status") == {
        "allowed": False,
        "reason": "can only list/watch pods with spec.nodeName field selector",
    }


async def test_somebody_may_ask_for_the_list_of_their_rights(api: Api) -> None:
    api.peer = Peer("bob")
    answer = await api.ask("POST", RULES, {"spec": {"namespace": "default"}})
    rules = answer.at("status.resourceRules")
    assert isinstance(rules, list)
    assert any("pods" in rule["resources"] and "list" in rule["verbs"] for rule in rules)
    assert answer.at("status.incomplete") is False
    api.peer = Peer("system:node:n1", ("system:nodes",))
    answer = await api.ask("POST", RULES, {"spec": {"namespace": "default"}})
    assert answer.at("status.incomplete") is True
    assert answer.at("status.evaluationError") == "node authorizer does not support user rule resolution"
