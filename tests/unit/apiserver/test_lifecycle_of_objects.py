from __future__ import annotations

import asyncio

import pytest

from suites.api_harness import JSON_PATCH, MERGE, STRATEGIC, Api, make_api, pod
from wherry.kit.clock import FakeClock

MAPS = "/api/v1/namespaces/default/configmaps"
PODS = "/api/v1/namespaces/default/pods"
DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments"
DEPLOYMENT = {
    "metadata": {"name": "web"},
    "spec": {"selector": {"matchLabels": {"app": "web"}}, "template": {**pod(app="web")}},
}


@pytest.fixture
async def api(clock: FakeClock) -> Api:
    return await make_api(clock)


async def test_what_only_the_server_writes_is_not_taken_from_clients(api: Api) -> None:
    metadata = {"name": "m", "uid": "mine", "generation": 9, "selfLink": "/x", "managedFields": [{"manager": "me"}]}
    created = (await api.must("POST", MAPS, {"metadata": metadata}))["metadata"]
    assert isinstance(created, dict)
    assert created["uid"] != "mine"
    assert not {"generation", "selfLink", "managedFields"} & created.keys()


async def test_a_new_object_may_not_have_a_revision(api: Api) -> None:
    answer = await api.ask("POST", MAPS, {"metadata": {"name": "m", "resourceVersion": "5"}})
    assert answer.at("message") == "resourceVersion should not be set on objects to be created"


async def test_a_new_workload_has_a_status_that_clients_can_read_at_once(api: Api) -> None:
    created = await api.must("POST", DEPLOYMENTS, {**DEPLOYMENT, "status": {"replicas": 7}})
    assert created["status"] == {}


async def test_the_generation_counts_wishes_not_reports(api: Api) -> None:
    await api.must("POST", DEPLOYMENTS, DEPLOYMENT)
    url = f"{DEPLOYMENTS}/web"
    labelled = await api.ask("PATCH", url, {"metadata": {"labels": {"a": "b"}}}, content_type=MERGE)
    assert labelled.at("metadata.generation") == 1
    reported = await api.ask("PATCH", f"{url}/status", {"status": {"replicas": 3}}, content_type=MERGE)
    assert (reported.at("metadata.generation"), reported.at("status.replicas")) == (1, 3)
    scaled = await api.ask("PATCH", url, {"spec": {"replicas": 3}, "status": {"replicas": 9}}, content_type=MERGE)
    assert (scaled.at("metadata.generation"), scaled.at("status.replicas")) == (2, 3)


async def test_a_status_update_changes_no_wish(api: Api) -> None:
    await api.must("POST", DEPLOYMENTS, DEPLOYMENT)
    change = {"spec": {"replicas": 7}, "metadata": {"labels": {"a": "b"}, "annotations": {"c": "d"}}}
    answer = await api.ask("PATCH", f"{DEPLOYMENTS}/web/status", {**change, "status": {}}, content_type=MERGE)
    assert answer.at("spec.replicas") == 1
    assert answer.at("metadata.labels") is None
    assert answer.at("metadata.annotations") == {"c": "d"}


async def test_writers_at_once_lose_nothing(api: Api) -> None:
    await api.must("POST", MAPS, {"metadata": {"name": "m"}})
    patches = [{"data": {f"k{number}": "v"}} for number in range(20)]
    await asyncio.gather(*(api.must("PATCH", f"{MAPS}/m", patch, content_type=MERGE) for patch in patches))
    assert len((await api.must("GET", f"{MAPS}/m"))["data"]) == 20  # type: ignore[arg-type]


async def test_a_patch_that_names_its_revision_is_not_repeated(api: Api) -> None:
    created = await api.must("POST", MAPS, {"metadata": {"name": "m"}})
    await api.must("PATCH", f"{MAPS}/m", {"data": {"a": "1"}}, content_type=MERGE)
    stale = {"metadata": {"resourceVersion": created["metadata"]["resourceVersion"]}, "data": {"a": "2"}}  # type: ignore[index]
    answer = await api.ask("PATCH", f"{MAPS}/m", stale, content_type=MERGE)
    assert (answer.status, answer.at("reason")) == (409, "Conflict")


async def test_a_strategic_patch_merges_containers_by_name(api: Api) -> None:
    await api.must("POST", PODS, pod())
    patch = {"spec": {"containers": [{"name": "app", "image": "app:2"}]}}
    answer = await api.ask("PATCH", f"{PODS}/web", patch, content_type=STRATEGIC)
    assert answer.at("spec.containers.0.image") == "app:2"
    assert answer.at("spec.containers.0.terminationMessagePath") == "/dev/termination-log"


async def test_a_json_patch_is_applied_in_order(api: Api) -> None:
    await api.must("POST", MAPS, {"metadata": {"name": "m"}, "data": {"a": "1"}})
    operations = [{"op": "test", "path": "/data/a", "value": "1"}, {"op": "replace", "path": "/data/a", "value": "2"}]
    answer = await api.ask("PATCH", f"{MAPS}/m", operations, content_type=JSON_PATCH)
    assert answer.at("data.a") == "2"


async def test_a_scheduled_pod_stays_for_its_grace_period(api: Api, clock: FakeClock) -> None:
    await api.must("POST", PODS, pod())
    await api.must("POST", f"{PODS}/web/binding", {"metadata": {"name": "web"}, "target": {"name": "n1"}})
    answer = await api.ask("DELETE", f"{PODS}/web")
    assert answer.at("metadata.deletionGracePeriodSeconds") == 30
    assert answer.at("metadata.deletionTimestamp") == "2027-01-15T08:00:30Z"
    again = await api.ask("DELETE", f"{PODS}/web", {"gracePeriodSeconds": 60})
    assert again.at("metadata.deletionGracePeriodSeconds") == 30
    await api.must("DELETE", f"{PODS}/web", {"gracePeriodSeconds": 0})
    assert (await api.ask("GET", f"{PODS}/web")).status == 404


async def test_a_dry_run_deletes_nothing(api: Api) -> None:
    await api.must("POST", MAPS, {"metadata": {"name": "m"}})
    await api.must("DELETE", f"{MAPS}/m", {"dryRun": ["All"]})
    assert (await api.ask("GET", f"{MAPS}/m")).status == 200


@pytest.mark.parametrize(("policy", "finalizer"), [("Foreground", "foregroundDeletion"), ("Orphan", "orphan")])
async def test_propagation_is_left_to_the_garbage_collector(api: Api, policy: str, finalizer: str) -> None:
    await api.must("POST", DEPLOYMENTS, DEPLOYMENT)
    answer = await api.ask("DELETE", f"{DEPLOYMENTS}/web", {"propagationPolicy": policy})
    assert answer.at("metadata.finalizers") == [finalizer]
    assert answer.at("metadata.deletionTimestamp")


async def test_a_revision_precondition_guards_a_deletion(api: Api) -> None:
    await api.must("POST", MAPS, {"metadata": {"name": "m"}})
    answer = await api.ask("DELETE", f"{MAPS}/m", {"preconditions": {"resourceVersion": "1"}})
    assert answer.status == 409
    assert "the ResourceVersion in the precondition (1) does not match" in str(answer.at("message"))


async def test_a_namespace_goes_when_it_is_finalized(api: Api) -> None:
    await api.must("POST", "/api/v1/namespaces", {"metadata": {"name": "team"}})
    answer = await api.ask("DELETE", "/api/v1/namespaces/team")
    assert answer.at("status.phase") == "Terminating"
    refused = await api.ask("POST", "/api/v1/namespaces/team/configmaps", {"metadata": {"name": "m"}})
    assert refused.status == 403
    assert refused.at("details.causes.0.reason") == "NamespaceTerminating"
    body = {"metadata": {"name": "team"}, "spec": {"finalizers": []}}
    await api.must("PUT", "/api/v1/namespaces/team/finalize", body)
    assert (await api.ask("GET", "/api/v1/namespaces/team")).status == 404


async def test_fields_without_effect_are_named(api: Api) -> None:
    body = pod()
    body["spec"]["hostIPC"] = True  # type: ignore[index]
    answer = await api.ask("POST", PODS, body)
    assert any("spec.hostIPC" in warning for warning in answer.warnings)
    patched = await api.ask("PATCH", f"{PODS}/web", {"metadata": {"labels": {"a": "b"}}}, content_type=MERGE)
    assert patched.warnings == []


async def test_a_wrong_type_is_told_in_the_decoders_words(api: Api) -> None:
    answer = await api.ask("POST", MAPS, {"metadata": {"name": "m"}, "data": {"a": 1}})
    assert answer.status == 400
    assert str(answer.at("message")).startswith(
        'ConfigMap in version "v1" cannot be handled as a ConfigMap: json: cannot unmarshal number into Go struct field'
    )


async def test_metadata_of_a_wrong_type_is_refused_in_every_verb(api: Api) -> None:
    await api.must("POST", MAPS, {"metadata": {"name": "m"}})
    for method, path, content_type in (("POST", MAPS, ""), ("PUT", f"{MAPS}/m", ""), ("PATCH", f"{MAPS}/m", MERGE)):
        answer = await api.ask(method, path, {"metadata": ["x"]}, content_type=content_type)
        assert answer.status == 400, (method, answer.body)
