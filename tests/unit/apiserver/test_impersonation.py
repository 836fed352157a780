"""Acting as somebody else: every part of it takes a right of its own."""

from __future__ import annotations

import orjson
import pytest

from suites.api_harness import ADMIN, Api, make_api
from wherry.apimachinery.document import Document
from wherry.kit.http.types import Peer, read_body

RBAC = "/apis/rbac.authorization.k8s.io/v1"
WHO = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
BOB = Peer("bob")

Headers = dict[str, list[str]]


@pytest.fixture
async def api() -> Api:
    return await make_api()


async def who(api: Api, peer: Peer, headers: Headers) -> tuple[int, Document]:
    """The answer to `who am I?`: the user, or the Status of a refusal."""
    api.peer = peer
    response = await api.raw("POST", WHO, {}, repeated=headers)
    api.peer = ADMIN
    answer: Document = orjson.loads(await read_body(response))
    status = answer.get("status")
    return response.status, status["userInfo"] if isinstance(status, dict) else answer


async def let(api: Api, group: str, resource: str, *names: str) -> None:
    """Let bob impersonate these."""
    rule: Document = {"verbs": ["impersonate"], "apiGroups": [group], "resources": [resource]}
    if names:
        rule["resourceNames"] = list(names)
    name = f"let-{resource.replace('/', '-')}"
    await api.must("POST", f"{RBAC}/clusterroles", {"metadata": {"name": name}, "rules": [rule]})
    reference = {"kind": "ClusterRole", "name": name}
    binding = {"metadata": {"name": name}, "roleRef": reference, "subjects": [{"kind": "User", "name": "bob"}]}
    await api.must("POST", f"{RBAC}/clusterrolebindings", binding)


async def test_all_headers_together_make_the_user(api: Api) -> None:
    headers: Headers = {
        "impersonate-user": ["ana"],
        "impersonate-group": ["web", "a, b"],
        "impersonate-uid": ["7"],
        "impersonate-extra-acme.com%2fproject": ["x", "y"],
        "impersonate-extra-scopes": ["view"],
    }
    assert await who(api, ADMIN, headers) == (
        201,
        {
            "username": "ana",
            "uid": "7",
            "groups": ["web", "a, b", "system:authenticated"],
            "extra": {"acme.com/project": ["x", "y"], "scopes": ["view"]},
        },
    )


async def test_each_part_takes_its_own_right(api: Api) -> None:
    wanted: Headers = {
        "impersonate-user": ["ana"],
        "impersonate-group": ["web"],
        "impersonate-uid": ["7"],
        "impersonate-extra-scopes": ["view"],
    }
    for place, refused in (
        (("", "users", "ana"), 'cannot impersonate resource "users" in API group ""'),
        (("", "groups", "web"), 'cannot impersonate resource "groups" in API group ""'),
        (
            ("authentication.k8s.io", "userextras/scopes", "view"),
            'cannot impersonate resource "userextras/scopes" in API group "authentication.k8s.io"',
        ),
        (("authentication.k8s.io", "uids", "7"), 'cannot impersonate resource "uids" in API group "authentication'),
    ):
        status, answer = await who(api, BOB, wanted)
        assert (status, refused in str(answer["message"])) == (403, True), answer
        await let(api, *place)
    assert (await who(api, BOB, wanted))[0] == 201
    for header, value in (
        ("impersonate-user", "root"), ("impersonate-group", "system:masters"), ("impersonate-uid", "8"),
        ("impersonate-extra-scopes", "admin"), ("impersonate-extra-other", "view"),
    ):  # fmt: skip
        assert (await who(api, BOB, {**wanted, header: [value]}))[0] == 403, header


async def test_service_accounts_are_a_right_of_their_namespace(api: Api) -> None:
    headers: Headers = {"impersonate-user": ["system:serviceaccount:shop:till"]}
    await let(api, "", "users")
    assert (await who(api, BOB, headers))[0] == 403
    await let(api, "", "serviceaccounts", "till")
    assert await who(api, BOB, headers) == (
        201,
        {
            "username": "system:serviceaccount:shop:till",
            "groups": ["system:serviceaccounts", "system:serviceaccounts:shop", "system:authenticated"],
        },
    )


@pytest.mark.parametrize("header", ["impersonate-group", "impersonate-uid", "impersonate-extra-a"])
async def test_nothing_is_impersonated_without_a_user(api: Api, header: str) -> None:
    status, answer = await who(api, ADMIN, {header: ["x"]})
    assert (status, "without impersonating a user" in str(answer["message"])) == (400, True)


async def test_nobody_impersonates_without_having_said_who_they_are(api: Api) -> None:
    api.peer = None
    for path, status in (("/version", 403), ("/api/v1/pods", 401)):
        assert (await api.raw("GET", path, headers={"impersonate-user": "ana"})).status == status
    anonymous = {"impersonate-user": ["system:anonymous"]}
    assert (await who(api, ADMIN, anonymous))[0] == 403


async def test_the_rights_are_those_of_whom_one_acts_as(api: Api) -> None:
    await let(api, "", "users", "kubernetes-admin")
    await let(api, "", "groups", "web")
    api.peer = BOB
    headers: Headers = {"impersonate-user": ["kubernetes-admin"], "impersonate-group": ["web"]}
    assert (await api.raw("GET", "/api/v1/nodes", repeated=headers)).status == 403
