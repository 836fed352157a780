"""Roles at work, through the API."""

from __future__ import annotations

import asyncio

import pytest

from suites.api_harness import ADMIN, MERGE, Api, make_api
from wherry.api.rbac.policy_rule import PolicyRule
from wherry.apimachinery.document import Document
from wherry.apiserver.admission.rbac_escalation import RbacEscalation
from wherry.apiserver.authorization.bootstrap_policy import cluster_role_bindings, cluster_roles, role_bindings, roles
from wherry.apiserver.authorization.rules import compact, describe, is_path_allowed, names_allowed, uncovered
from wherry.apiserver.bootstrap import BootstrapConfig, bootstrap
from wherry.kit.http.types import Peer

RBAC = "/apis/rbac.authorization.k8s.io/v1"
IN_DEFAULT = f"{RBAC}/namespaces/default"
BOB = Peer("bob", ("devs",))
PODS = "/api/v1/namespaces/default/pods"


@pytest.fixture
async def api() -> Api:
    return await make_api()


async def ask_as(api: Api, peer: Peer, method: str, path: str, body: object = b"", **options: str) -> tuple[int, str]:
    api.peer = peer
    answer = await api.ask(method, path, body, **options)
    api.peer = ADMIN
    return answer.status, "" if answer.status < 300 else str(answer.at("message"))


async def grant(api: Api, *rules: Document, to: Document | None = None, namespace: str = "default") -> None:
    """Make a role of these rules and bind it."""
    subject = to or {"kind": "User", "name": "bob"}
    where, kind = (
        (f"{RBAC}/namespaces/{namespace}/roles", "Role") if namespace else (f"{RBAC}/clusterroles", "ClusterRole")
    )
    await api.must("POST", where, {"metadata": {"name": "granted"}, "rules": list(rules)})
    binding = {"metadata": {"name": "granted"}, "roleRef": {"kind": kind, "name": "granted"}, "subjects": [subject]}
    await api.must("POST", where.replace("roles", "rolebindings"), binding)


def rule(verbs: str, resources: str, group: str = "", names: str = "") -> Document:
    listed: Document = {"verbs": verbs.split(), "apiGroups": [group], "resources": resources.split()}
    return {**listed, "resourceNames": names.split()} if names else listed


async def test_a_role_counts_from_the_next_request_on_and_no_longer_than_it_is_there(api: Api) -> None:
    assert (await ask_as(api, BOB, "GET", PODS))[0] == 403
    await grant(api, rule("list", "pods"))
    assert (await ask_as(api, BOB, "GET", PODS))[0] == 200
    assert (await ask_as(api, BOB, "GET", "/api/v1/pods"))[0] == 403
    await api.must("DELETE", f"{IN_DEFAULT}/rolebindings/granted")
    assert (await ask_as(api, BOB, "GET", PODS))[0] == 403


@pytest.mark.parametrize(
    "subject",
    [
        {"kind": "Group", "name": "devs"},
        {"kind": "Group", "name": "system:authenticated"},
        {"kind": "ServiceAccount", "name": "till"},
    ],
)
async def test_groups_and_service_accounts_are_subjects_too(api: Api, subject: Document) -> None:
    await grant(api, rule("list", "pods"), to=subject)
    peer = Peer("system:serviceaccount:default:till") if subject["kind"] == "ServiceAccount" else BOB
    assert (await ask_as(api, peer, "GET", PODS))[0] == 200


async def test_a_cluster_role_counts_everywhere_and_a_role_binding_lends_it_to_one_namespace(api: Api) -> None:
    await grant(api, rule("list", "pods"), namespace="")
    assert (await ask_as(api, BOB, "GET", "/api/v1/pods"))[0] == 200
    binding = {
        "metadata": {"name": "lent"},
        "roleRef": {"kind": "ClusterRole", "name": "granted"},
        "subjects": [{"kind": "User", "name": "eve"}],
    }
    await api.must("POST", f"{IN_DEFAULT}/rolebindings", binding)
    assert (await ask_as(api, Peer("eve"), "GET", PODS))[0] == 200
    assert (await ask_as(api, Peer("eve"), "GET", "/api/v1/pods"))[0] == 403


async def test_names_are_looked_at_also_in_field_selectors_and_never_help_to_create(api: Api) -> None:
    await grant(api, rule("get list watch create update", "configmaps", names="mine"))
    maps = "/api/v1/namespaces/default/configmaps"
    assert (await ask_as(api, BOB, "GET", f"{maps}/mine"))[0] == 404
    assert (await ask_as(api, BOB, "GET", f"{maps}/other"))[0] == 403
    assert (await ask_as(api, BOB, "GET", maps))[0] == 403
    assert (await ask_as(api, BOB, "GET", maps, fieldSelector="metadata.name=mine"))[0] == 200
    assert (await ask_as(api, BOB, "GET", maps, fieldSelector="metadata.name!=mine"))[0] == 403
    status, message = await ask_as(api, BOB, "GET", maps, fieldSelector="metadata.name=other")
    assert (status, message) == (
        403,
        'configmaps "other" is forbidden: User "bob" cannot list resource "configmaps" in API group "" '
        'in the namespace "default"',
    )
    assert (await ask_as(api, BOB, "POST", maps, {"metadata": {"name": "mine"}}))[0] == 403


async def test_a_binding_to_a_role_that_is_missing_is_named_in_the_refusal(api: Api) -> None:
    binding = {
        "metadata": {"name": "lost"},
        "roleRef": {"kind": "Role", "name": "nowhere"},
        "subjects": [{"kind": "User", "name": "bob"}],
    }
    await api.must("POST", f"{IN_DEFAULT}/rolebindings", binding)
    _, message = await ask_as(api, BOB, "GET", PODS)
    assert message.endswith('in the namespace "default": RBAC: role.rbac.authorization.k8s.io "nowhere" not found')


def test_rules_match_as_kubernetes_matches_them() -> None:
    def allowed(held: PolicyRule, verb: str, resource: str, subresource: str = "", group: str = "") -> object:
        return names_allowed([held], verb, group, resource, subresource)

    pods = PolicyRule(verbs=("get",), api_groups=("",), resources=("pods",))
    assert allowed(pods, "get", "pods") is True
    assert not allowed(pods, "get", "pods", "log")
    assert not allowed(pods, "GET", "pods")
    assert not allowed(pods, "get", "Pods")
    assert not allowed(pods, "get", "pods", group="apps")
    scale = PolicyRule(verbs=("*",), api_groups=("*",), resources=("*/scale",))
    assert allowed(scale, "update", "deployments", "scale", "apps") is True
    assert not allowed(scale, "update", "deployments", "", "apps")
    # Only one star has a meaning: this one is a resource's name that nothing has.
    below = PolicyRule(verbs=("get",), api_groups=("",), resources=("pods/*",))
    assert not allowed(below, "get", "pods", "log")
    everything = PolicyRule(verbs=("*",), api_groups=("*",), resources=("*",))
    assert allowed(everything, "get", "pods", "log") is True
    paths = [PolicyRule(verbs=("get",), non_resource_urls=("/logs/*", "/version"))]
    assert is_path_allowed(paths, "get", "/logs/a/b")
    assert is_path_allowed(paths, "get", "/version")
    assert not is_path_allowed(paths, "get", "/version/")
    assert not is_path_allowed(paths, "post", "/version")


def test_what_is_missing_is_told_in_the_fewest_lines() -> None:
    held = [PolicyRule(verbs=("get",), api_groups=("",), resources=("pods",))]
    wanted = [PolicyRule(verbs=("get", "list", "watch"), api_groups=("", "apps"), resources=("pods",))]
    assert [describe(one) for one in compact(uncovered(held, wanted))] == [
        '{APIGroups:[""], Resources:["pods"], Verbs:["list" "watch"]}',
        '{APIGroups:["apps"], Resources:["pods"], Verbs:["get" "list" "watch"]}',
    ]


WRITER = rule("create update patch", "roles rolebindings", "rbac.authorization.k8s.io")


async def test_nobody_gives_more_than_they_have(api: Api) -> None:
    await grant(api, WRITER, rule("get", "pods"))
    small = {"metadata": {"name": "small"}, "rules": [rule("get", "pods")]}
    big = {"metadata": {"name": "big"}, "rules": [rule("get delete", "pods"), rule("get", "secrets")]}
    assert (await ask_as(api, BOB, "POST", f"{IN_DEFAULT}/roles", small))[0] == 201
    status, message = await ask_as(api, BOB, "POST", f"{IN_DEFAULT}/roles", big)
    assert (status, message) == (
        403,
        'roles.rbac.authorization.k8s.io "big" is forbidden: user "bob" (groups=["devs" "system:authenticated"]) '
        "is attempting to grant RBAC permissions not currently held:\n"
        '{APIGroups:[""], Resources:["pods"], Verbs:["delete"]}\n'
        '{APIGroups:[""], Resources:["secrets"], Verbs:["get"]}',
    )
    patch = {"rules": [rule("*", "*", "*")]}
    assert (await ask_as(api, BOB, "PATCH", f"{IN_DEFAULT}/roles/small", patch, content_type=MERGE))[0] == 403
    label = {"metadata": {"labels": {"a": "b"}}}
    assert (await ask_as(api, BOB, "PATCH", f"{IN_DEFAULT}/roles/small", label, content_type=MERGE))[0] == 200


async def test_nobody_binds_more_than_they_have(api: Api) -> None:
    await grant(api, WRITER, rule("get", "pods"))

    def binding(role: str) -> Document:
        reference: Document = {"kind": "ClusterRole", "name": role}
        return {"metadata": {"name": "b"}, "roleRef": reference, "subjects": [{"kind": "User", "name": "bob"}]}

    status, message = await ask_as(api, BOB, "POST", f"{IN_DEFAULT}/rolebindings", binding("cluster-admin"))
    assert status == 403
    assert '{APIGroups:["*"], Resources:["*"], Verbs:["*"]}' in message
    assert '{NonResourceURLs:["*"], Verbs:["*"]}' in message
    assert (await ask_as(api, BOB, "POST", f"{IN_DEFAULT}/rolebindings", binding("missing")))[0] == 404
    await api.must("PATCH", f"{IN_DEFAULT}/roles/granted", content_type=MERGE, body={
        "rules": [WRITER, rule("bind", "clusterroles", "rbac.authorization.k8s.io", names="cluster-admin")]
    })  # fmt: skip
    assert (await ask_as(api, BOB, "POST", f"{IN_DEFAULT}/rolebindings", binding("cluster-admin")))[0] == 201


async def test_escalate_is_a_right_of_its_own(api: Api) -> None:
    await grant(api, WRITER, rule("escalate", "roles", "rbac.authorization.k8s.io"))
    big = {"metadata": {"name": "big"}, "rules": [rule("*", "*", "*")]}
    assert (await ask_as(api, BOB, "POST", f"{IN_DEFAULT}/roles", big))[0] == 201
    assert RbacEscalation.name == "RBACEscalation"


async def test_aggregation_is_for_those_who_may_do_everything(api: Api) -> None:
    await grant(api, rule("create", "clusterroles", "rbac.authorization.k8s.io"), namespace="")
    role = {"metadata": {"name": "all"}, "aggregationRule": {"clusterRoleSelectors": [{"matchLabels": {"a": "b"}}]}}
    status, message = await ask_as(api, BOB, "POST", f"{RBAC}/clusterroles", role)
    assert (status, message.partition("forbidden: ")[2]) == (
        403,
        "must have cluster-admin privileges to use an aggregationRule",
    )


def test_every_role_that_is_bound_exists() -> None:
    def names(documents: list[Document]) -> set[tuple[object, object]]:
        metas = [document["metadata"] for document in documents]
        return {(meta.get("namespace"), meta["name"]) for meta in metas if isinstance(meta, dict)}

    def bound(documents: list[Document]) -> set[tuple[object, object]]:
        return {(d["metadata"].get("namespace"), d["roleRef"]["name"]) for d in documents}  # type: ignore[attr-defined, index]

    assert bound(cluster_role_bindings()) <= names(cluster_roles())
    assert bound(role_bindings()) <= names(roles())
    assert len(cluster_roles()) > 70


async def test_a_start_gives_roles_back_what_they_lack_and_leaves_alone_what_people_have_added(api: Api) -> None:
    async def start_again() -> None:
        await bootstrap(api.server.app, BootstrapConfig("10.96.0.0/16", "192.0.2.1", 6443, "192.0.2.53"))

    basic, mine = f"{RBAC}/clusterroles/system:basic-user", rule("get", "pods")
    await api.must("PATCH", basic, {"rules": [mine]}, content_type=MERGE)
    await api.must("PATCH", f"{RBAC}/clusterrolebindings/system:discovery", {"subjects": []}, content_type=MERGE)
    frozen = {"metadata": {"annotations": {"rbac.authorization.kubernetes.io/autoupdate": "false"}}, "rules": []}
    await api.must("PATCH", f"{RBAC}/clusterroles/system:heapster", frozen, content_type=MERGE)
    await api.must("DELETE", f"{RBAC}/clusterrolebindings/system:node")
    await start_again()
    assert len((await api.must("GET", basic))["rules"]) == 3  # type: ignore[arg-type]
    assert (await api.ask("GET", f"{RBAC}/clusterrolebindings/system:discovery")).at("subjects.0.name") == (
        "system:authenticated"
    )
    assert (await api.must("GET", f"{RBAC}/clusterroles/system:heapster"))["rules"] == []
    await api.must("GET", f"{RBAC}/clusterrolebindings/system:node")
    revision = api.server.environment.store.revision
    await start_again()
    assert api.server.environment.store.revision == revision


async def test_many_changes_between_two_requests_are_all_seen(api: Api) -> None:
    await grant(api, rule("list", "pods"))
    store = api.server.environment.store
    role = await store.get("/rbac.authorization.k8s.io/roles/default/granted")
    assert role is not None
    await asyncio.gather(*(store.put(f"{role.key}-{number}", role.value) for number in range(5000)))
    assert (await ask_as(api, BOB, "GET", PODS))[0] == 200
