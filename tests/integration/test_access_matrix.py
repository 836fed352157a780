"""All verbs x resources x places x a dozen and more identities, against a table; and real requests for a sample."""

from __future__ import annotations

from collections.abc import AsyncIterator
from random import Random

import pytest

from suites.access_matrix import IDENTITIES, Identity, is_expected, questions
from suites.api_harness import ADMIN, Api, make_api
from wherry.apimachinery.document import Document
from wherry.client.client import Client
from wherry.client.informer import SharedInformers
from wherry.client.transport import InProcess
from wherry.controllers.clusterrole_aggregation import CLUSTER_ROLE_AGGREGATION_CONTROLLER
from wherry.kit.clock import FakeClock, settle
from wherry.kit.http.types import Peer
from wherry.kit.tasks import TaskScope
from wherry.reconcile.journal import Journal
from wherry.reconcile.manager import ControllerManager

RBAC = "/apis/rbac.authorization.k8s.io/v1"
REVIEWS = "/apis/authorization.k8s.io/v1/subjectaccessreviews"


@pytest.fixture
async def api(clock: FakeClock) -> AsyncIterator[Api]:
    """A server on which admin, edit and view have gathered their rules, and everybody has what they are given."""
    api = await make_api(clock)
    client = Client(InProcess(api.server.app, user="system:kube-controller-manager"))
    informers = SharedInformers(client, clock, Random(1))
    controllers = (CLUSTER_ROLE_AGGREGATION_CONTROLLER,)
    manager = ControllerManager(client, informers, clock, controllers, Journal(), Random(1))
    async with TaskScope("masters") as scope:
        _ = scope.start("informers", informers.run())
        _ = scope.start("manager", manager.run())
        await manager.ready.wait()
        for name in ("shop", "other"):
            await api.must("POST", "/api/v1/namespaces", {"metadata": {"name": name}})
        for identity in IDENTITIES.values():
            await give(api, identity)
        await settle(1000)
        yield api


async def give(api: Api, identity: Identity) -> None:
    subject: Document = {"kind": "User", "name": identity.user}
    if "web" in identity.groups:
        subject = {"kind": "Group", "name": "web"}
    for number, (namespace, given) in enumerate(identity.given):
        name = f"{identity.user}-{number}"
        where = f"{RBAC}/namespaces/{namespace}/" if namespace else f"{RBAC}/cluster"
        reference: Document = {"kind": "ClusterRole", "name": given}
        if not isinstance(given, str):
            await api.must("POST", f"{where}roles", {"metadata": {"name": name}, "rules": list(given)})
            reference = {"kind": "Role" if namespace else "ClusterRole", "name": name}
        binding = {"metadata": {"name": name}, "roleRef": reference, "subjects": [subject]}
        await api.must("POST", f"{where}rolebindings", binding)


def groups_of(identity: Identity) -> list[str]:
    return [*identity.groups, *([] if identity.user == "system:anonymous" else ["system:authenticated"])]


@pytest.mark.parametrize("who", IDENTITIES)
async def test_everybody_may_what_the_table_says_and_nothing_else(api: Api, who: str) -> None:
    identity = IDENTITIES[who]
    wrong = []
    for verb, place, namespace in questions():
        group, resource, subresource = place
        attributes: Document = {
            "verb": verb, "group": group, "resource": resource, "subresource": subresource, "namespace": namespace,
        }  # fmt: skip
        spec: Document = {"user": identity.user, "groups": groups_of(identity), "resourceAttributes": attributes}
        answer = await api.ask("POST", REVIEWS, {"spec": spec})
        assert answer.status == 201, answer.body
        allowed = answer.at("status.allowed")
        if allowed != is_expected(identity, verb, place, namespace):
            wrong.append(f"{verb} {resource}/{subresource}.{group} in {namespace!r}: {allowed}")
    assert wrong == []


# Requests that would change nothing, or are refused for another reason than permission when they are allowed.
REQUESTS: tuple[tuple[str, str, str, tuple[str, str, str], str], ...] = (
    ("GET", "/api/v1/namespaces/shop/pods", "list", ("", "pods", ""), "shop"),
    ("GET", "/api/v1/namespaces/other/pods", "list", ("", "pods", ""), "other"),
    ("GET", "/api/v1/pods", "list", ("", "pods", ""), ""),
    ("GET", "/api/v1/namespaces/shop/secrets/none", "get", ("", "secrets", ""), "shop"),
    ("GET", "/api/v1/namespaces/shop/pods/none/log", "get", ("", "pods", "log"), "shop"),
    ("POST", "/api/v1/namespaces/shop/pods/none/exec", "create", ("", "pods", "exec"), "shop"),
    ("GET", "/api/v1/namespaces/shop/pods/none/exec", "create", ("", "pods", "exec"), "shop"),
    ("POST", "/api/v1/namespaces/shop/serviceaccounts/none/token", "create", ("", "serviceaccounts", "token"), "shop"),
    ("PATCH", "/apis/apps/v1/namespaces/shop/deployments/none", "patch", ("apps", "deployments", ""), "shop"),
    (
        "PATCH", "/apis/apps/v1/namespaces/shop/deployments/none/status", "patch",
        ("apps", "deployments", "status"), "shop",
    ),
    ("GET", "/apis/apps/v1/namespaces/shop/deployments/none/scale", "get", ("apps", "deployments", "scale"), "shop"),
    ("DELETE", "/api/v1/namespaces/shop/configmaps/none", "delete", ("", "configmaps", ""), "shop"),
    ("DELETE", "/api/v1/namespaces/shop/events", "deletecollection", ("", "events", ""), "shop"),
    ("GET", "/api/v1/nodes", "list", ("", "nodes", ""), ""),
    ("GET", "/apis/storage.k8s.io/v1/storageclasses", "list", ("storage.k8s.io", "storageclasses", ""), ""),
    # A namespace lies in itself.
    ("GET", "/api/v1/namespaces/shop", "get", ("", "namespaces", ""), "shop"),
    ("GET", "/api/v1/namespaces/other", "get", ("", "namespaces", ""), "other"),
    ("GET", "/api/v1/namespaces", "list", ("", "namespaces", ""), ""),
    ("DELETE", "/api/v1/namespaces/none", "delete", ("", "namespaces", ""), "none"),
    (
        "DELETE", f"{RBAC}/namespaces/shop/roles/none", "delete", ("rbac.authorization.k8s.io", "roles", ""), "shop",
    ),
    (
        "GET", "/apis/certificates.k8s.io/v1/certificatesigningrequests", "list",
        ("certificates.k8s.io", "certificatesigningrequests", ""), "",
    ),
)  # fmt: skip


async def test_real_requests_get_the_same_answers(api: Api) -> None:
    for who, identity in IDENTITIES.items():
        if identity.user == "system:anonymous":
            continue
        for method, path, verb, place, namespace in REQUESTS:
            api.peer = Peer(identity.user, identity.groups)
            content_type = "application/merge-patch+json" if method == "PATCH" else "application/json"
            answer = await api.ask(method, path, {} if method in ("POST", "PATCH") else b"", content_type=content_type)
            expected = is_expected(identity, verb, place, namespace)
            assert (answer.status != 403) is expected, (who, method, path, answer.status, answer.body)
            if not expected:
                assert f'User "{identity.user}" cannot {verb} resource' in str(answer.at("message"))
    api.peer = ADMIN
