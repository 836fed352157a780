"""Bearer tokens of every kind: made, bound, checked, reviewed, forged and refused."""

from __future__ import annotations

import base64
import hashlib
import hmac

import jwt
import orjson
import pytest

from suites.api_harness import ADMIN, MERGE, Api, make_api, pod, token_keys
from wherry.apimachinery.document import Document
from wherry.apiserver.authentication.service_account_tokens import BoundObject, ServiceAccountTokens
from wherry.kit.clock import FakeClock
from wherry.kit.http.types import Peer, read_body

ACCOUNTS = "/api/v1/namespaces/default/serviceaccounts"
WHO = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
REVIEWS = "/apis/authentication.k8s.io/v1/tokenreviews"
PODS = "/api/v1/namespaces/default/pods"
SECRETS = "/api/v1/namespaces/default/secrets"
ISSUER = "https://kubernetes.default.svc.cluster.local"


@pytest.fixture
async def api(clock: FakeClock) -> Api:
    return await make_api(clock)


async def ask_token(api: Api, **spec: object) -> tuple[int, Document]:
    answer = await api.ask("POST", f"{ACCOUNTS}/default/token", {"spec": spec})
    return answer.status, answer.json


async def make_token(api: Api, **spec: object) -> str:
    answer = await api.must("POST", f"{ACCOUNTS}/default/token", {"spec": spec})
    return str(answer["status"]["token"])  # type: ignore[index]


async def who(api: Api, token: str) -> Document | None:
    """Who the token speaks for; None when it is refused."""
    api.peer = None
    response = await api.raw("POST", WHO, {}, headers={"authorization": f"Bearer {token}"})
    api.peer = ADMIN
    if response.status == 401:
        return None
    user: Document = orjson.loads(await read_body(response))["status"]["userInfo"]
    return user


def claims_of(token: str) -> Document:
    claims: Document = jwt.decode(token, options={"verify_signature": False})
    return claims


def forge(claims: Document, **header: object) -> str:
    """A token with the right key and any claims."""
    return jwt.encode(claims, token_keys()[0], algorithm="ES256", headers=header or None)


async def test_a_token_of_a_pod_names_pod_and_node_and_so_does_its_user(api: Api) -> None:
    await api.must("POST", "/api/v1/nodes", {"metadata": {"name": "n1"}})
    created = await api.must("POST", PODS, {**pod(), "spec": {**pod()["spec"], "nodeName": "n1"}})  # type: ignore[dict-item]
    token = await make_token(api, boundObjectRef={"kind": "Pod", "apiVersion": "v1", "name": "web"})
    about = claims_of(token)["kubernetes.io"]
    assert isinstance(about, dict)
    assert about["pod"] == {"name": "web", "uid": created["metadata"]["uid"]}  # type: ignore[index]
    assert about["node"]["name"] == "n1"
    user = await who(api, token)
    assert user is not None
    assert user["extra"] == {
        "authentication.kubernetes.io/credential-id": [f"JTI={claims_of(token)['jti']}"],
        "authentication.kubernetes.io/node-name": ["n1"],
        "authentication.kubernetes.io/node-uid": [about["node"]["uid"]],
        "authentication.kubernetes.io/pod-name": ["web"],
        "authentication.kubernetes.io/pod-uid": [about["pod"]["uid"]],
    }


async def test_a_token_dies_with_its_pod_in_the_same_moment(api: Api) -> None:
    await api.must("POST", PODS, pod())
    token = await make_token(api, boundObjectRef={"kind": "Pod", "apiVersion": "v1", "name": "web"})
    assert await who(api, token)
    await api.must("DELETE", f"{PODS}/web", {"gracePeriodSeconds": 0})
    assert await who(api, token) is None
    await api.must("POST", PODS, pod())
    assert await who(api, token) is None


async def test_a_pod_that_ends_has_a_minute_to_say_goodbye(api: Api, clock: FakeClock) -> None:
    await api.must("POST", PODS, {**pod(), "spec": {**pod()["spec"], "nodeName": "n1"}})  # type: ignore[dict-item]
    token = await make_token(api, boundObjectRef={"kind": "Pod", "apiVersion": "v1", "name": "web"})
    await api.must("DELETE", f"{PODS}/web", {"gracePeriodSeconds": 30})
    await clock.advance(85)
    assert await who(api, token)
    await clock.advance(10)
    assert await who(api, token) is None


@pytest.mark.parametrize("kind", ["Secret", "Node"])
async def test_a_token_can_be_bound_to_a_secret_or_a_node(api: Api, kind: str) -> None:
    collection = SECRETS if kind == "Secret" else "/api/v1/nodes"
    await api.must("POST", collection, {"metadata": {"name": "x"}})
    token = await make_token(api, boundObjectRef={"kind": kind, "apiVersion": "v1", "name": "x"})
    assert await who(api, token)
    await api.must("DELETE", f"{collection}/x")
    assert await who(api, token) is None


async def test_an_account_that_is_made_again_does_not_revive_its_tokens(api: Api) -> None:
    token = await make_token(api)
    await api.must("DELETE", f"{ACCOUNTS}/default")
    assert await who(api, token) is None
    await api.must("POST", ACCOUNTS, {"metadata": {"name": "default"}})
    assert await who(api, token) is None


async def test_wrong_bindings_are_refused(api: Api) -> None:
    await api.must("POST", PODS, pod())
    await api.must("POST", ACCOUNTS, {"metadata": {"name": "other"}})
    for reference, code, words in (
        ({"kind": "Pod", "apiVersion": "v1", "name": "none"}, 404, 'pods "none" not found'),
        ({"kind": "Pod", "apiVersion": "v1", "name": "web", "uid": "x"}, 409, "does not match the UID in record"),
        ({"kind": "Job", "apiVersion": "batch/v1", "name": "j"}, 400, "cannot bind token to object of type batch/v1"),
    ):
        status, answer = await ask_token(api, boundObjectRef=reference)
        assert (status, words in str(answer["message"])) == (code, True), answer
    bound = {"kind": "Pod", "apiVersion": "v1", "name": "web"}
    other = await api.ask("POST", f"{ACCOUNTS}/other/token", {"spec": {"boundObjectRef": bound}})
    assert other.status == 400


async def test_a_volumes_token_goes_on_for_those_who_never_read_it_again(api: Api, clock: FakeClock) -> None:
    status, answer = await ask_token(api, expirationSeconds=3607)
    assert status == 201
    token = str(answer["status"]["token"])  # type: ignore[index]
    claims = claims_of(token)
    now_s = int(clock.now_s())
    assert claims["exp"] == now_s + 365 * 24 * 3600
    assert claims["kubernetes.io"]["warnafter"] == now_s + 3607  # type: ignore[index]
    assert answer["status"]["expirationTimestamp"] == "2027-01-15T09:00:07Z"  # type: ignore[index]
    assert claims_of(await make_token(api, expirationSeconds=3600))["exp"] == now_s + 3600


async def test_too_long_a_life_is_refused(api: Api) -> None:
    status, answer = await ask_token(api, expirationSeconds=2**32 + 1)
    assert status == 422
    assert "may not specify a duration larger than 2^32 seconds" in str(answer["message"])


async def test_a_server_may_shorten_what_is_asked_for_and_says_so(api: Api, clock: FakeClock) -> None:
    tokens = api.server.environment.tokens
    assert tokens is not None
    tokens.lifetime_max_s = 1200
    answer = await api.ask("POST", f"{ACCOUNTS}/default/token", {"spec": {"expirationSeconds": 7200}})
    assert answer.at("spec.expirationSeconds") == 1200
    assert claims_of(str(answer.at("status.token")))["exp"] == int(clock.now_s()) + 1200
    assert answer.warnings == ['299 - "requested expiration of 7200 seconds shortened to 1200 seconds"']


async def test_a_review_tells_for_which_audiences_a_token_is_good(api: Api) -> None:
    token = await make_token(api, audiences=["vault", "db"])
    answer = await api.ask("POST", REVIEWS, {"spec": {"token": token, "audiences": ["db", "web"]}})
    assert answer.at("status.audiences") == ["db"]
    assert answer.at("status.authenticated") is True
    for audiences in (["web"], []):
        bad = await api.ask("POST", REVIEWS, {"spec": {"token": token, "audiences": audiences}})
        assert bad.at("status") == {"user": {}, "error": "invalid bearer token"}
    assert (await api.ask("POST", REVIEWS, {"spec": {}})).status == 400


async def test_tokens_that_are_not_ours_or_not_of_this_time_are_refused(api: Api, clock: FakeClock) -> None:
    good = claims_of(await make_token(api))
    now_s = int(clock.now_s())
    assert await who(api, forge(good))
    wrong: list[Document] = [
        {"exp": now_s - 1},
        {"nbf": now_s + 60},
        {"aud": ["vault"]},
        {"aud": "x"},
        {"iss": "https://elsewhere"},
        {"sub": "system:serviceaccount:default:other"},
        {"exp": None},
        {"exp": True},
        {"kubernetes.io": {}},
        {"kubernetes.io": {"namespace": "default", "serviceaccount": {"name": "default", "uid": "another"}}},
    ]
    for changes in wrong:
        assert await who(api, forge({**good, **changes})) is None, changes


async def test_a_token_says_nothing_about_how_it_is_to_be_checked(api: Api) -> None:
    token = await make_token(api)
    _, body, signature = token.split(".")

    def part(document: Document) -> str:
        return base64.urlsafe_b64encode(orjson.dumps(document)).rstrip(b"=").decode()

    unsigned = f"{part({'alg': 'none', 'typ': 'JWT'})}.{body}."
    assert await who(api, unsigned) is None
    head = part({"alg": "HS256", "typ": "JWT"})
    public = token_keys()[1]
    mac = hmac.new(public, f"{head}.{body}".encode(), hashlib.sha256).digest()
    assert await who(api, f"{head}.{body}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}") is None
    for broken in (f"{head}.{body}.{signature}", "a.b.c", "..", f"{token}x", token[:-8], "é.é.é"):
        assert await who(api, broken) is None
    other = ServiceAccountTokens(
        api.server.environment.store, api.server.environment.clock,
        private_key_pem=_other_key(), public_key_pem=public,
    )  # fmt: skip
    account = (await api.must("GET", f"{ACCOUNTS}/default"))["metadata"]
    uid = str(account["uid"])  # type: ignore[index]
    forged = other.make("default", BoundObject("default", uid), audiences=[ISSUER], lifetime_s=600)
    assert await who(api, forged) is None


def _other_key() -> bytes:
    from wherry.kit.pki import create_signing_key

    return create_signing_key()


async def test_a_token_in_the_query_and_headers_of_a_proxy_count_for_nothing(api: Api) -> None:
    token = await make_token(api)
    api.peer = None
    assert (await api.raw("GET", "/api/v1", access_token=token)).status == 401
    pretended = {"x-remote-user": "kubernetes-admin", "x-remote-group": "system:masters"}
    assert (await api.raw("GET", "/api/v1/pods", headers=pretended)).status == 401
    pretended["authorization"] = f"Bearer {token}"
    assert (await api.raw("GET", "/api/v1/pods", headers=pretended)).status == 403
    two = {"authorization": [f"Bearer {token}", f"Bearer {token}"]}
    assert (await api.raw("GET", "/api/v1", repeated=two)).status == 401


async def test_a_certificate_whose_time_is_over_is_refused_in_the_middle_of_a_connection(
    api: Api, clock: FakeClock
) -> None:
    api.peer = Peer("ana", ("web",), not_after_s=clock.now_s() + 10, fingerprint="ab")
    answer = await api.ask("POST", WHO, {})
    assert answer.at("status.userInfo.extra") == {"authentication.kubernetes.io/credential-id": ["X509SHA256=ab"]}
    await clock.advance(11)
    assert (await api.ask("POST", WHO, {})).status == 401
    api.peer = Peer("")
    assert (await api.ask("GET", "/api/v1")).status == 401


async def test_the_discovery_documents_say_how_to_check_a_token(api: Api) -> None:
    configuration = await api.must("GET", "/.well-known/openid-configuration")
    assert configuration["issuer"] == ISSUER
    assert configuration["jwks_uri"] == f"{ISSUER}/openid/v1/jwks"
    response = await api.raw("GET", "/openid/v1/jwks")
    assert response.content_type == "application/jwk-set+json"
    keys = jwt.PyJWKSet.from_json((await read_body(response)).decode())
    token = await make_token(api, audiences=["vault"])
    key = keys[jwt.get_unverified_header(token)["kid"]]
    options = {"verify_exp": False, "verify_nbf": False, "verify_iat": False}
    claims = jwt.decode(token, key, algorithms=["ES256"], audience="vault", issuer=ISSUER, options=options)  # type: ignore[arg-type]
    assert claims["sub"] == "system:serviceaccount:default:default"
    for peer, status in ((Peer("bob"), 403), (Peer("system:serviceaccount:a:b", ("system:serviceaccounts",)), 200)):
        api.peer = peer
        assert (await api.raw("GET", "/openid/v1/jwks")).status == status


async def test_a_token_in_a_secret_lives_as_long_as_the_secret_holds_it(api: Api) -> None:
    tokens = api.server.environment.tokens
    assert tokens is not None
    account = (await api.must("GET", f"{ACCOUNTS}/default"))["metadata"]
    token = tokens.make_legacy("default", BoundObject("default", str(account["uid"])), "old")  # type: ignore[index]
    assert await who(api, token) is None
    annotations = {"kubernetes.io/service-account.name": "default"}
    secret = {
        "metadata": {"name": "old", "annotations": annotations},
        "type": "kubernetes.io/service-account-token",
        "data": {"token": base64.b64encode(token.encode()).decode()},
    }
    await api.must("POST", SECRETS, secret)
    user = await who(api, token)
    assert user is not None
    assert user["username"] == "system:serviceaccount:default:default"
    await api.must("PATCH", f"{SECRETS}/old", {"data": {"token": "eA=="}}, content_type=MERGE)
    assert await who(api, token) is None


BOOTSTRAP = "/api/v1/namespaces/kube-system/secrets"


def bootstrap_secret(**data: str) -> Document:
    fields = {
        "token-id": "abcdef",
        "token-secret": "0123456789abcdef",
        "usage-bootstrap-authentication": "true",
        **data,
    }
    return {
        "metadata": {"name": "bootstrap-token-abcdef"},
        "type": "bootstrap.kubernetes.io/token",
        "stringData": {name: value for name, value in fields.items() if value},
    }


async def test_a_bootstrap_token_makes_a_bootstrapper(api: Api) -> None:
    await api.must("POST", BOOTSTRAP, bootstrap_secret(**{"auth-extra-groups": "system:bootstrappers:web"}))
    user = await who(api, "abcdef.0123456789abcdef")
    assert user == {
        "username": "system:bootstrap:abcdef",
        "groups": ["system:bootstrappers:web", "system:bootstrappers", "system:authenticated"],
    }
    for wrong in ("abcdef.0123456789abcdee", "abcdeg.0123456789abcdef", "ABCDEF.0123456789abcdef", "abcdef."):
        assert await who(api, wrong) is None
    await api.must("DELETE", f"{BOOTSTRAP}/bootstrap-token-abcdef")
    assert await who(api, "abcdef.0123456789abcdef") is None


@pytest.mark.parametrize(
    "data",
    [
        {"expiration": "2027-01-15T07:59:59Z"},
        {"expiration": "tomorrow"},
        {"usage-bootstrap-authentication": "false"},
        {"auth-extra-groups": "system:masters"},
        {"token-id": "another"},
    ],
)
async def test_bootstrap_tokens_that_are_not_for_this_are_refused(api: Api, data: dict[str, str]) -> None:
    await api.must("POST", BOOTSTRAP, bootstrap_secret(**data))
    assert await who(api, "abcdef.0123456789abcdef") is None
