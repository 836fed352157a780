from __future__ import annotations

import pytest

from suites.api_harness import Api, make_api, pod
from wherry.kit.clock import FakeClock
from wherry.kit.http.types import Peer, read_body

ACCOUNTS = "/api/v1/namespaces/default/serviceaccounts"
WHO = "/apis/authentication.k8s.io/v1/selfsubjectreviews"


@pytest.fixture
async def api(clock: FakeClock) -> Api:
    return await make_api(clock)


async def token_of(api: Api, spec: dict[str, object] | None = None) -> str:
    answer = await api.ask("POST", f"{ACCOUNTS}/default/token", {"spec": spec or {}})
    assert answer.status == 201, answer.body
    return str(answer.at("status.token"))


async def status_with(api: Api, token: str, path: str = "/api/v1") -> int:
    api.peer = None
    response = await api.raw("GET", path, headers={"authorization": f"Bearer {token}"})
    return response.status


async def test_a_certificate_names_the_user(api: Api) -> None:
    answer = await api.ask("POST", WHO, {})
    assert answer.at("status.userInfo.username") == "kubernetes-admin"
    assert answer.at("status.userInfo.groups") == ["system:masters", "system:authenticated"]


async def test_nobody_sees_only_whether_the_server_lives(api: Api) -> None:
    api.peer = None
    for path in ("/healthz", "/livez", "/readyz", "/version"):
        assert (await api.ask("GET", path)).status == 200
    for path in ("/api/v1/pods", "/metrics", "/", "/apis"):
        answer = await api.ask("GET", path)
        assert (answer.status, answer.at("reason"), answer.at("message")) == (401, "Unauthorized", "Unauthorized")


@pytest.mark.parametrize(
    "header",
    [
        "Bearer",
        "Bearer ",
        "Basic YTpi",
        "Bearer a, Bearer b",
        "Bearer a b",
        "Bearer nonsense",
        "Bearer " + "x" * 100000,
    ],
)
async def test_bad_credentials_are_refused_everywhere(api: Api, header: str) -> None:
    api.peer = None
    for path in ("/version", "/api/v1/pods"):
        assert (await api.raw("GET", path, headers={"authorization": header})).status == 401


async def test_an_account_without_rights_is_told_so_in_kubernetes_words(api: Api) -> None:
    token = await token_of(api)
    api.peer = None
    response = await api.raw("GET", "/api/v1/namespaces/default/pods", headers={"authorization": f"Bearer {token}"})
    assert response.status == 403
    assert (
        b'pods is forbidden: User \\"system:serviceaccount:default:default\\" cannot list resource \\"pods\\" '
        b'in API group \\"\\" in the namespace \\"default\\"'
    ) in response.body  # type: ignore[operator]


async def test_a_token_ends_with_its_time(api: Api, clock: FakeClock) -> None:
    token = await token_of(api, {"expirationSeconds": 600})
    assert await status_with(api, token) == 200
    await clock.advance(601)
    assert await status_with(api, token) == 401


async def test_a_token_ends_with_its_account(api: Api, clock: FakeClock) -> None:
    token = await token_of(api)
    await api.must("DELETE", f"{ACCOUNTS}/default")
    await api.must("POST", ACCOUNTS, {"metadata": {"name": "default"}})
    assert await status_with(api, token) == 401


async def test_a_token_ends_with_its_pod_within_ten_seconds(api: Api, clock: FakeClock) -> None:
    await api.must("POST", "/api/v1/namespaces/default/pods", pod())
    token = await token_of(api, {"boundObjectRef": {"kind": "Pod", "apiVersion": "v1", "name": "web"}})
    peer = api.peer
    assert await status_with(api, token) == 200
    api.peer = peer
    await api.must("DELETE", "/api/v1/namespaces/default/pods/web", {"gracePeriodSeconds": 0})
    await clock.advance(10)
    assert await status_with(api, token) == 401


async def test_a_token_for_somebody_else_is_not_for_us(api: Api) -> None:
    assert await status_with(api, await token_of(api, {"audiences": ["vault"]})) == 401


async def test_a_review_tells_whose_token_it_is(api: Api) -> None:
    token = await token_of(api, {"audiences": ["vault"]})
    path = "/apis/authentication.k8s.io/v1/tokenreviews"
    good = await api.ask("POST", path, {"spec": {"token": token, "audiences": ["vault"]}})
    assert good.at("status.user.username") == "system:serviceaccount:default:default"
    assert good.at("status.audiences") == ["vault"]
    bad = await api.ask("POST", path, {"spec": {"token": token}})
    assert bad.at("status.authenticated") is None


@pytest.mark.parametrize("forged", ["none", "HS256"])
async def test_forged_tokens_are_refused(api: Api, forged: str) -> None:
    import base64

    import orjson

    token = await token_of(api)
    head = base64.urlsafe_b64encode(orjson.dumps({"alg": forged, "typ": "JWT"})).rstrip(b"=").decode()
    _, claims, signature = token.split(".")
    assert await status_with(api, f"{head}.{claims}.{signature if forged != 'none' else ''}") == 401


async def test_too_short_a_lifetime_is_invalid(api: Api) -> None:
    answer = await api.ask("POST", f"{ACCOUNTS}/default/token", {"spec": {"expirationSeconds": 10}})
    assert answer.status == 422
    assert "may not specify a duration less than 10 minutes" in str(answer.at("message"))


async def test_nodes_and_the_masters_may_see_what_they_need(api: Api) -> None:
    api.peer = Peer("system:kube-scheduler")
    assert (await api.ask("GET", "/api/v1/pods")).status == 200
    api.peer = Peer("system:node:n1", ("system:nodes",))
    assert (await api.ask("GET", "/api/v1/pods")).status == 403
    assert (await api.ask("GET", "/api/v1/pods", fieldSelector="spec.nodeName=n1")).status == 200


async def test_access_reviews_answer_from_the_authorizer(api: Api) -> None:
    spec = {"resourceAttributes": {"verb": "list", "resource": "pods", "namespace": "default"}}
    mine = await api.ask("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", {"spec": spec})
    assert (mine.status, mine.at("status.allowed")) == (201, True)
    theirs = {**spec, "user": "bob", "groups": ["system:authenticated"]}
    other = await api.ask("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", {"spec": theirs})
    assert other.at("status.allowed") is False
    rules = await api.ask(
        "POST", "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews", {"spec": {"namespace": "default"}}
    )
    assert rules.at("status.resourceRules.0") == {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}


async def test_a_review_is_no_table(api: Api) -> None:
    only_table = "application/json;as=Table;v=v1;g=meta.k8s.io"
    spec = {"spec": {"nonResourceAttributes": {"verb": "get", "path": "/"}}}
    answer = await api.ask("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", spec, accept=only_table)
    assert (answer.status, answer.at("reason")) == (406, "NotAcceptable")


async def test_an_administrator_may_act_as_somebody_else(api: Api) -> None:
    async def ask(method: str, path: str, **headers: str) -> tuple[int, str]:
        given = {name.replace("_", "-"): value.split(",") for name, value in headers.items()}
        response = await api.raw(method, path, {} if method == "POST" else b"", repeated=given)
        return response.status, (await read_body(response)).decode()

    status, text = await ask("GET", "/api/v1/pods", impersonate_user="bob")
    assert status == 403
    assert 'User \\"bob\\" cannot list resource \\"pods\\"' in text
    _, text = await ask("POST", WHO, impersonate_user="bob", impersonate_group="dev,ops")
    assert '"groups":["dev","ops","system:authenticated"]' in text
    _, text = await ask("POST", WHO, impersonate_user="system:serviceaccount:shop:till")
    assert '"groups":["system:serviceaccounts","system:serviceaccounts:shop","system:authenticated"]' in text
    assert (await ask("GET", "/api/v1/pods", impersonate_user="system:anonymous"))[0] == 403
    assert (await ask("GET", "/api/v1/pods", impersonate_group="dev"))[0] == 400


async def test_who_may_not_do_everything_may_not_act_as_somebody_else(api: Api) -> None:
    api.peer = Peer("bob", ())
    answer = await api.raw("GET", "/api", headers={"impersonate-user": "kubernetes-admin"})
    assert answer.status == 403
    assert b'cannot impersonate resource \\"users\\"' in await read_body(answer)
