"""What roles and bindings refuse, with Kubernetes' own sentences."""

from __future__ import annotations

import copy

import pytest

from suites.sample_objects import sample
from wherry.api.rbac.clusterrole import CLUSTER_ROLES
from wherry.api.rbac.clusterrolebinding import CLUSTER_ROLE_BINDINGS
from wherry.api.rbac.role import ROLES
from wherry.api.rbac.rolebinding import ROLE_BINDINGS
from wherry.apimachinery.document import Document
from wherry.apimachinery.resource_type import AnyResourceType

GROUP = "rbac.authorization.k8s.io"
READ: Document = {"verbs": ["get"], "apiGroups": [""], "resources": ["pods"]}


def errors_of(resource: AnyResourceType, changes: Document, old: Document | None = None) -> list[str]:
    document = copy.deepcopy(old) if old is not None else sample(resource)
    document |= changes
    resource.default(document)
    return [str(error) for error in resource.validate(document, old)]


@pytest.mark.parametrize(
    ("resource", "changes", "wanted"),
    [
        (
            ROLES,
            {"rules": [{**READ, "verbs": []}]},
            "rules[0].verbs: Required value: verbs must contain at least one value",
        ),
        (
            ROLES,
            {"rules": [READ, {**READ, "apiGroups": []}]},
            "rules[1].apiGroups: Required value: resource rules must supply at least one api group",
        ),
        (
            ROLES,
            {"rules": [{**READ, "resources": []}]},
            "rules[0].resources: Required value: resource rules must supply at least one resource",
        ),
        (
            ROLES,
            {"rules": [{"verbs": ["get"], "nonResourceURLs": ["/x"]}]},
            'rules[0].nonResourceURLs: Invalid value: ["/x"]: namespaced rules cannot apply to non-resource URLs',
        ),
        (
            CLUSTER_ROLES,
            {"rules": [{**READ, "nonResourceURLs": ["/x"]}]},
            'rules[0].nonResourceURLs: Invalid value: ["/x"]: '
            "rules cannot apply to both regular resources and non-resource URLs",
        ),
        (
            CLUSTER_ROLES,
            {"aggregationRule": {}},
            "aggregationRule.clusterRoleSelectors: Required value: "
            "at least one clusterRoleSelector required if aggregationRule is non-nil",
        ),
        (
            CLUSTER_ROLES,
            {"aggregationRule": {"clusterRoleSelectors": [{"matchExpressions": [{"key": "a", "operator": "Has"}]}]}},
            "aggregationRule.clusterRoleSelectors[0].matchExpressions[0].operator: "
            'Invalid value: "Has": not a valid selector operator',
        ),
        (
            ROLE_BINDINGS,
            {"roleRef": {"kind": "Deployment", "name": "x"}},
            'roleRef.kind: Unsupported value: "Deployment": supported values: "Role", "ClusterRole"',
        ),
        (
            CLUSTER_ROLE_BINDINGS,
            {"roleRef": {"kind": "Role", "name": "x"}},
            'roleRef.kind: Unsupported value: "Role": supported values: "ClusterRole"',
        ),
        (ROLE_BINDINGS, {"roleRef": {"kind": "Role"}}, "roleRef.name: Required value"),
        (
            ROLE_BINDINGS,
            {"roleRef": {"kind": "Role", "name": "a/b"}},
            "roleRef.name: Invalid value: \"a/b\": may not contain '/'",
        ),
        (
            ROLE_BINDINGS,
            {"roleRef": {"kind": "Role", "name": "x", "apiGroup": "apps"}},
            f'roleRef.apiGroup: Unsupported value: "apps": supported values: "{GROUP}"',
        ),
        (ROLE_BINDINGS, {"subjects": [{"kind": "User"}]}, "subjects[0].name: Required value"),
        (
            ROLE_BINDINGS,
            {"subjects": [{"kind": "Robot", "name": "r"}]},
            'subjects[0].kind: Unsupported value: "Robot": supported values: "ServiceAccount", "User", "Group"',
        ),
        (
            ROLE_BINDINGS,
            {"subjects": [{"kind": "ServiceAccount", "name": "a", "apiGroup": "apps"}]},
            'subjects[0].apiGroup: Unsupported value: "apps": supported values: ""',
        ),
        (
            CLUSTER_ROLE_BINDINGS,
            {"subjects": [{"kind": "ServiceAccount", "name": "a"}]},
            "subjects[0].namespace: Required value",
        ),
    ],
)
def test_what_is_wrong_is_said(resource: AnyResourceType, changes: Document, wanted: str) -> None:
    assert errors_of(resource, changes) == [wanted]


def test_a_bindings_role_is_for_life() -> None:
    old = sample(ROLE_BINDINGS)
    ROLE_BINDINGS.default(old)
    assert errors_of(ROLE_BINDINGS, {"roleRef": {"kind": "ClusterRole", "name": "edit"}}, old) == [
        f'roleRef: Invalid value: {{"apiGroup":"{GROUP}","kind":"ClusterRole","name":"edit"}}: cannot change roleRef'
    ]


def test_users_and_groups_get_their_group_and_service_accounts_none() -> None:
    binding: Document = {
        "roleRef": {"kind": "Role", "name": "x"},
        "subjects": [{"kind": kind, "name": "n"} for kind in ("User", "Group", "ServiceAccount")],
    }
    ROLE_BINDINGS.default(binding)
    assert [subject.get("apiGroup") for subject in binding["subjects"]] == [GROUP, GROUP, None]  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", ["system:node", "Admin", "a.b", "kubeadm:get-nodes"])
def test_names_may_hold_colons_and_capitals(name: str) -> None:
    assert CLUSTER_ROLES.name_rule is not None
    assert CLUSTER_ROLES.name_rule(name) == ""


def test_a_binding_is_shown_with_its_role_and_who_gets_it() -> None:
    binding = sample(ROLE_BINDINGS)
    binding["subjects"] = [
        {"kind": "User", "name": "ana"},
        {"kind": "User", "name": "bob"},
        {"kind": "Group", "name": "web"},
        {"kind": "ServiceAccount", "name": "till", "namespace": "shop"},
    ]
    assert ROLE_BINDINGS.row is not None
    cells = ROLE_BINDINGS.row(binding, 0.0)
    assert [cells[1], *cells[3:]] == ["ClusterRole/view", "ana, bob", "web", "shop/till"]
