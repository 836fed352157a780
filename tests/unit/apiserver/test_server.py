from __future__ import annotations

import pytest

from suites.api_harness import MERGE, Api, make_api
from wherry.apiserver.bootstrap import BootstrapConfig, bootstrap
from wherry.kit.http.types import Request
from wherry.store.interface import StoreBroken


@pytest.fixture
async def api() -> Api:
    return await make_api()


async def test_a_cluster_starts_with_what_every_cluster_has(api: Api) -> None:
    for path, expected in (
        ("/api/v1/namespaces", ["default", "kube-node-lease", "kube-public", "kube-system"]),
        ("/api/v1/services", ["kubernetes", "kube-dns"]),
        ("/apis/storage.k8s.io/v1/storageclasses", ["local"]),
        ("/apis/scheduling.k8s.io/v1/priorityclasses", ["system-cluster-critical", "system-node-critical"]),
    ):
        items = (await api.must("GET", path))["items"]
        assert [item["metadata"]["name"] for item in items] == expected  # type: ignore[attr-defined]
    for path, address in (
        ("/api/v1/namespaces/default/services/kubernetes", "10.96.0.1"),
        ("/api/v1/namespaces/kube-system/services/kube-dns", "10.96.0.10"),
    ):
        assert (await api.ask("GET", path)).at("spec.clusterIP") == address


async def test_a_second_start_changes_only_addresses(api: Api) -> None:
    store = api.server.environment.store
    before = store.revision
    await bootstrap(api.server.app, BootstrapConfig("10.96.0.0/16", "192.0.2.1", 6443, "192.0.2.53"))
    assert store.revision == before
    await bootstrap(api.server.app, BootstrapConfig("10.96.0.0/16", "192.0.2.9", 6443, "192.0.2.53"))
    endpoints = await api.ask("GET", "/api/v1/namespaces/default/endpoints/kubernetes")
    assert endpoints.at("subsets.0.addresses.0.ip") == "192.0.2.9"
    slices = await api.ask("GET", "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices/kubernetes")
    assert slices.at("endpoints.0.addresses") == ["192.0.2.9"]


async def test_readiness_says_what_is_missing(api: Api) -> None:
    assert (await api.ask("GET", "/readyz")).body == b"ok"
    api.server.ready.clear()
    answer = await api.ask("GET", "/readyz?verbose")
    assert answer.status == 500
    assert b"[+]ping ok\n" in answer.body
    assert b"[-]poststarthook/bootstrap failed: reason withheld\n" in answer.body
    assert (await api.ask("GET", "/livez/ping")).body == b"ok"
    excluded = await api.ask("GET", "/readyz?verbose&exclude=poststarthook/bootstrap&exclude=none")
    assert excluded.status == 200
    assert excluded.body.endswith(
        b"[+]poststarthook/bootstrap excluded: ok\n"
        b'warn: some health checks cannot be excluded: no matches for "none"\n'
        b"readyz check passed\n"
    )
    assert (await api.ask("GET", "/readyz/nosuch")).status == 404


async def test_the_version_is_the_one_that_clients_expect(api: Api) -> None:
    for path in ("/version", "/version/"):
        version = await api.must("GET", path)
        assert (version["major"], version["minor"]) == ("1", "36")
        assert (version["emulationMinor"], version["minCompatibilityMinor"]) == ("36", "35")
        assert str(version["gitVersion"]).startswith("v1.36.")


async def test_metrics_tell_writes_applies_and_dry_runs_apart(api: Api) -> None:
    path = "/api/v1/namespaces/default/configmaps"
    await api.must("POST", path, {"metadata": {"name": "a"}}, dryRun="All")
    await api.must("POST", path, {"metadata": {"name": "a"}})
    await api.must("PATCH", f"{path}/a", {"data": {"x": "y"}}, content_type=MERGE)
    await api.ask("GET", path)
    await api.ask("GET", "/api/v1/configmaps")
    await api.ask("DELETE", path)
    text = (await api.ask("GET", "/metrics")).body.decode()
    for dry_run, scope, verb, code in (
        ("All", "resource", "POST", 201), ("", "resource", "POST", 201), ("", "resource", "PATCH", 200),
        ("", "namespace", "LIST", 200), ("", "cluster", "LIST", 200), ("", "namespace", "DELETE", 200),
    ):  # fmt: skip
        what = f'dry_run="{dry_run}",group="",resource="configmaps",scope="{scope}",subresource="",verb="{verb}"'
        assert f'apiserver_request_total{{code="{code}",component="apiserver",{what},version="v1"}} 1' in text


async def test_service_levels_tell_every_check(api: Api) -> None:
    await api.ask("GET", "/readyz")
    text = (await api.ask("GET", "/metrics/slis")).body.decode()
    assert 'kubernetes_healthcheck{name="etcd",type="livez"} 1' in text
    assert 'kubernetes_healthchecks_total{name="ping",status="success",type="readyz"} 1' in text
    api.server.ready.clear()
    await api.ask("GET", "/readyz")
    text = (await api.ask("GET", "/metrics/slis")).body.decode()
    assert 'kubernetes_healthcheck{name="poststarthook/bootstrap",type="readyz"} 0' in text
    assert 'kubernetes_healthchecks_total{name="poststarthook/bootstrap",status="error",type="readyz"} 1' in text


async def test_the_paths_that_are_served_are_listed_at_the_root(api: Api) -> None:
    answer = await api.ask("GET", "/")
    paths = answer.json["paths"]
    assert isinstance(paths, list)
    assert {"/api", "/apis/apps/v1", "/metrics/slis", "/openapi/v2", "/openapi/v3", "/readyz/etcd", "/version"} <= set(
        paths
    )
    for path in paths:
        assert (await api.ask("GET", path)).status == 200, path
    unknown = await api.ask("GET", "/nothing")
    assert (unknown.status, unknown.json["paths"]) == (404, paths)


async def test_metrics_count_requests(api: Api) -> None:
    await api.ask("GET", "/api/v1/namespaces/default/pods/nope")
    text = (await api.ask("GET", "/metrics")).body.decode()
    what = 'group="",resource="pods",scope="resource",subresource="",verb="GET",version="v1"'
    assert f'apiserver_request_total{{code="404",component="apiserver",dry_run="",{what}}} 1' in text
    assert f'apiserver_request_duration_seconds_count{{component="apiserver",dry_run="",{what}}} 1' in text
    assert 'apiserver_current_inflight_requests{request_kind="readOnly"} 1' in text
    assert "# HELP apiserver_request_total [STABLE] " in text
    assert "process_cpu_seconds_total " in text
    assert f"wherry_store_revision {api.server.environment.store.revision}" in text


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/namespaces/default/pods/..",
        "/api/v1/namespaces/default/pods/../secrets",
        "/api/v1/namespaces/default/pods/%2e%2e",
        "/api/v1/namespaces/default/pods/a%2fb",
        "/api/v1/namespaces/default/pods/a%00b",
        "/api/v1/namespaces//pods",
        "/api/v2/pods",
        "/apis/apps/v1/pods",
        "//api/v1/pods",
        "/api/v1/pods/web",
    ],
)
async def test_tricks_in_the_path_name_nothing(api: Api, path: str) -> None:
    assert (await api.ask("GET", path)).status == 404


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "TRACE", "BREW"])
async def test_other_methods_are_refused(api: Api, method: str) -> None:
    answer = await api.ask(method, "/api/v1/pods")
    assert (answer.status, answer.at("reason")) == (405, "MethodNotAllowed")


async def test_a_huge_body_is_refused(api: Api) -> None:
    answer = await api.ask("POST", "/api/v1/namespaces/default/configmaps", b"x" * (3 * 1024 * 1024 + 1))
    assert (answer.status, answer.at("message")) == (413, "Request entity too large: limit is 3145728")


async def test_a_timeout_that_is_none_is_refused(api: Api) -> None:
    assert (await api.ask("GET", "/api/v1/pods", timeout="32s")).status == 200
    assert (await api.ask("GET", "/api/v1/pods", timeout="soon")).status == 400


async def test_a_bug_becomes_a_500_and_no_more(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(key: str) -> None:
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr(api.server.environment.store, "get", broken)
    answer = await api.ask("GET", "/api/v1/namespaces/default/pods/web")
    assert (answer.status, answer.at("reason")) == (500, "InternalError")
    assert b"secret" not in answer.body


async def test_a_disk_that_refuses_is_told_and_makes_the_server_unhealthy_until_it_recovers(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    maps = "/api/v1/namespaces/default/configmaps"

    async def refuse(key: str, value: bytes, *, expected_revision: int | None = None, signature: object = None) -> None:
        raise StoreBroken("no space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(api.server.environment.store, "put", refuse)
        answer = await api.ask("POST", maps, {"metadata": {"name": "m"}})
        assert (answer.status, answer.at("reason")) == (500, "InternalError")
        assert "no space left on device" in str(answer.at("message"))
    assert (await api.ask("GET", "/livez/etcd")).status == 500
    await api.must("POST", maps, {"metadata": {"name": "m"}})
    assert (await api.ask("GET", "/livez/etcd")).status == 200


async def test_answers_are_not_cached(api: Api) -> None:
    assert ("Cache-Control", "no-cache, private") in (await api.ask("GET", "/api/v1/pods")).headers


async def test_discovery_knows_the_kinds_and_the_questions(api: Api) -> None:
    answer = await api.must("GET", "/apis/authorization.k8s.io/v1")
    names = {resource["name"] for resource in answer["resources"]}  # type: ignore[attr-defined]
    assert {"selfsubjectaccessreviews", "selfsubjectrulesreviews"} <= names


async def test_a_request_without_a_peer_or_token_is_nobodys(api: Api) -> None:
    response = await api.server.app(Request("GET", "/api/v1/pods"))
    assert response.status == 401
