"""Whose fields are whose after creates, updates, patches and what the server does itself."""

from __future__ import annotations

import pytest

from suites.api_harness import JSON_PATCH, MERGE, STRATEGIC, Api, make_api, pod
from wherry.apimachinery.document import Document
from wherry.kit.clock import FakeClock

CONFIG_MAPS = "/api/v1/namespaces/default/configmaps"
PODS = "/api/v1/namespaces/default/pods"
DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments"
CURL = {"user-agent": "curl/7.88.1"}


@pytest.fixture
async def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def api(clock: FakeClock) -> Api:
    return await make_api(clock)


def entries(document: Document) -> list[Document]:
    metadata = document["metadata"]
    assert isinstance(metadata, dict)
    found: list[Document] = metadata.get("managedFields", [])
    return found


def owners(document: Document) -> dict[str, object]:
    """The owned fields by manager, with the subresource after a slash."""
    return {
        "/".join(str(entry[key]) for key in ("manager", "subresource") if key in entry): entry["fieldsV1"]
        for entry in entries(document)
    }


async def config_map(api: Api, **data: str) -> Document:
    return await api.must("POST", CONFIG_MAPS, {"metadata": {"name": "c"}, "data": data}, headers=CURL)  # type: ignore[arg-type]


async def test_a_new_object_belongs_to_the_program_that_has_made_it(api: Api) -> None:
    made = await config_map(api, a="1")
    (entry,) = entries(made)
    metadata = made["metadata"]
    assert isinstance(metadata, dict)
    assert entry == {
        "manager": "curl",
        "operation": "Update",
        "apiVersion": "v1",
        "time": metadata["creationTimestamp"],
        "fieldsType": "FieldsV1",
        "fieldsV1": {"f:data": {".": {}, "f:a": {}}},
    }


async def test_what_strategy_and_admission_add_belongs_to_nobody(api: Api) -> None:
    made = await api.must("POST", PODS, pod("web", app="web"), headers=CURL)  # type: ignore[arg-type]
    assert owners(made) == {
        "curl": {
            "f:metadata": {"f:labels": {".": {}, "f:app": {}}},
            "f:spec": {
                "f:containers": {
                    'k:{"name":"app"}': {
                        ".": {}, "f:image": {}, "f:imagePullPolicy": {}, "f:name": {}, "f:resources": {},
                        "f:terminationMessagePath": {}, "f:terminationMessagePolicy": {},
                    }
                },
                "f:dnsPolicy": {}, "f:enableServiceLinks": {}, "f:restartPolicy": {}, "f:schedulerName": {},
                "f:securityContext": {}, "f:terminationGracePeriodSeconds": {},
            },
        }
    }  # fmt: skip


@pytest.mark.parametrize(
    ("agent", "query", "manager"),
    [
        ("curl/7.88", "", "curl"),
        ("curl/7.88", "?fieldManager=me", "me"),
        ("OpenAPI-Generator/36.0.0/python", "", "OpenAPI-Generator"),
        ("kubectl\x00 x/1", "", "kubectl x"),
        ("ä" * 100, "", "ä" * 64),
    ],
)
async def test_the_manager_is_named_by_the_client_or_its_user_agent(
    api: Api, agent: str, query: str, manager: str
) -> None:
    document: Document = {"metadata": {"name": "c"}, "data": {"a": "1"}}
    made = await api.must("POST", CONFIG_MAPS + query, document, headers={"user-agent": agent})  # type: ignore[arg-type]
    assert list(owners(made)) == [manager]


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("x" * 129, "fieldManager: Too long: may not be more than 128 bytes"),
        ("a%07", 'fieldManager: Invalid value: "a\\u0007": invalid character U+0007 (at position 1)'),
    ],
)
async def test_a_manager_must_have_a_short_printable_name(api: Api, name: str, complaint: str) -> None:
    for method, path, options in (
        ("POST", CONFIG_MAPS, "CreateOptions"),
        ("PATCH", f"{CONFIG_MAPS}/c", "PatchOptions"),
    ):
        answer = await api.ask(method, f"{path}?fieldManager={name}", {"metadata": {"name": "c"}}, content_type=MERGE)
        assert (answer.status, answer.at("message")) == (422, f'{options}.meta.k8s.io "" is invalid: {complaint}')


async def test_who_changes_a_field_takes_it_over(api: Api, clock: FakeClock) -> None:
    made = await config_map(api, a="1", b="1")
    await clock.advance(5)
    patch: Document = {"data": {"a": "2", "c": "3"}}
    after = await api.must("PATCH", f"{CONFIG_MAPS}/c?fieldManager=two", patch, content_type=MERGE)
    assert owners(after) == {"curl": {"f:data": {".": {}, "f:b": {}}}, "two": {"f:data": {"f:a": {}, "f:c": {}}}}
    assert entries(after)[0]["time"] == entries(made)[0]["time"]
    assert entries(after)[1]["time"] != entries(made)[0]["time"]


async def test_every_kind_of_patch_is_an_update(api: Api) -> None:
    await config_map(api, a="1")
    patches: list[tuple[str, object]] = [
        (MERGE, {"data": {"m": "1"}}),
        (STRATEGIC, {"data": {"s": "1"}}),
        (JSON_PATCH, [{"op": "add", "path": "/data/j", "value": "1"}]),
    ]
    after: Document = {}
    for content_type, patch in patches:
        after = await api.must("PATCH", f"{CONFIG_MAPS}/c?fieldManager=me", patch, content_type=content_type)
    assert owners(after)["me"] == {"f:data": {"f:j": {}, "f:m": {}, "f:s": {}}}
    assert {entry["operation"] for entry in entries(after)} == {"Update"}


async def test_a_write_that_changes_nothing_is_none(api: Api, clock: FakeClock) -> None:
    made = await config_map(api, a="1", b="2")
    await clock.advance(5)
    assert await api.must("PATCH", f"{CONFIG_MAPS}/c?fieldManager=me", {"data": {"a": "1"}}, content_type=MERGE) == made
    assert await api.must("PUT", f"{CONFIG_MAPS}/c?fieldManager=me", made) == made
    in_another_order: Document = {"data": {"b": "2", "a": "1"}, "metadata": {"name": "c"}}
    assert await api.must("PUT", f"{CONFIG_MAPS}/c?fieldManager=me", in_another_order) == made


async def test_a_subresource_has_owners_of_its_own(api: Api) -> None:
    await api.must("POST", PODS, pod(), headers=CURL)  # type: ignore[arg-type]
    condition: Document = {"type": "Ready", "status": "True"}
    patch: Document = {"status": {"phase": "Running", "conditions": [condition]}}
    after = await api.must("PATCH", f"{PODS}/web/status?fieldManager=kubelet", patch, content_type=STRATEGIC)
    assert owners(after)["kubelet/status"] == {
        "f:status": {
            "f:conditions": {".": {}, 'k:{"type":"Ready"}': {".": {}, "f:status": {}, "f:type": {}}},
            "f:phase": {},
        }
    }


async def test_scaling_is_owned_in_the_object_that_is_scaled(api: Api) -> None:
    template = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
    spec: Document = {"replicas": 1, "selector": {"matchLabels": {"a": "b"}}, "template": template}
    await api.must("POST", DEPLOYMENTS, {"metadata": {"name": "d"}, "spec": spec}, headers=CURL)  # type: ignore[arg-type]
    scale = f"{DEPLOYMENTS}/d/scale?fieldManager=scaler"
    await api.must("PATCH", scale, {"spec": {"replicas": 3}}, content_type=MERGE)
    after = await api.must("GET", f"{DEPLOYMENTS}/d")
    assert owners(after)["scaler/scale"] == {"f:spec": {"f:replicas": {}}}
    assert entries(after)[-1]["apiVersion"] == "apps/v1"


async def test_the_schedulers_decision_belongs_to_nobody(api: Api) -> None:
    made = await api.must("POST", PODS, pod(), headers=CURL)  # type: ignore[arg-type]
    binding: Document = {"metadata": {"name": "web"}, "target": {"kind": "Node", "name": "n"}}
    await api.must("POST", f"{PODS}/web/binding", binding, headers={"user-agent": "kube-scheduler/v1"})  # type: ignore[arg-type]
    assert entries(await api.must("GET", f"{PODS}/web")) == entries(made)


async def test_a_deletion_that_waits_leaves_the_owners_alone(api: Api) -> None:
    made = await api.must("POST", PODS, pod(), headers=CURL)  # type: ignore[arg-type]
    await api.must("PATCH", f"{PODS}/web", {"metadata": {"finalizers": ["a.example/b"]}}, content_type=MERGE)
    await api.ask("DELETE", f"{PODS}/web")
    assert owners(await api.must("GET", f"{PODS}/web"))["curl"] == owners(made)["curl"]


async def test_owners_can_be_forgotten_and_come_back_when_somebody_applies(api: Api) -> None:
    await config_map(api, a="1")
    reset: Document = {"metadata": {"managedFields": [{}]}}
    assert entries(await api.must("PATCH", f"{CONFIG_MAPS}/c", reset, content_type=MERGE)) == []
    untracked = await api.must("PATCH", f"{CONFIG_MAPS}/c", {"data": {"b": "2"}}, content_type=MERGE)
    assert entries(untracked) == []


@pytest.mark.parametrize(
    "sent", [[], None, [{"manager": "x"}], [{}, {}], [{"operation": "Update", "apiVersion": "v1"}]]
)
async def test_owners_that_say_nothing_sensible_are_ignored(api: Api, sent: object) -> None:
    made = await config_map(api, a="1")
    patch: Document = {"metadata": {"managedFields": sent}}
    assert await api.must("PATCH", f"{CONFIG_MAPS}/c", patch, content_type=MERGE) == made


async def test_owners_can_be_rewritten_by_a_client_that_knows_how(api: Api) -> None:
    made = await config_map(api, a="1")
    mine: Document = {**entries(made)[0], "manager": "me", "operation": "Apply"}
    patch: Document = {"metadata": {"managedFields": [mine]}}
    after = await api.must("PATCH", f"{CONFIG_MAPS}/c", patch, content_type=MERGE)
    assert entries(after) == [mine]
    stale = await api.must("PATCH", f"{CONFIG_MAPS}/c/", {"data": {"a": "2"}}, content_type=MERGE, headers=CURL)  # type: ignore[arg-type]
    assert owners(stale) == {"me": {"f:data": {}}, "curl": {"f:data": {"f:a": {}}}}


async def test_a_manager_in_rewritten_owners_must_have_a_good_name(api: Api) -> None:
    made = await config_map(api, a="1")
    entry: Document = {**entries(made)[0], "manager": "x" * 200}
    answer = await api.ask("PATCH", f"{CONFIG_MAPS}/c", {"metadata": {"managedFields": [entry]}}, content_type=MERGE)
    assert answer.status == 422
    assert answer.at("details.causes.0.field") == "metadata.managedFields[0].manager"


async def test_nobody_rewrites_owners_through_a_subresource(api: Api) -> None:
    made = await api.must("POST", PODS, pod(), headers=CURL)  # type: ignore[arg-type]
    patch: Document = {"metadata": {"managedFields": [{}]}, "status": {"phase": "Running"}}
    after = await api.must("PATCH", f"{PODS}/web/status", patch, content_type=MERGE)
    assert owners(after)["curl"] == owners(made)["curl"]


async def test_fields_are_owned_in_the_version_in_which_they_were_written(api: Api) -> None:
    autoscalers = "/apis/autoscaling/{}/namespaces/default/horizontalpodautoscalers"
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "d"}
    first: Document = {
        "metadata": {"name": "h"},
        "spec": {"scaleTargetRef": target, "maxReplicas": 3, "minReplicas": 1},
    }
    first["spec"]["targetCPUUtilizationPercentage"] = 50  # type: ignore[index]
    made = await api.must("POST", f"{autoscalers.format('v1')}?fieldManager=one", first)
    assert "f:targetCPUUtilizationPercentage" in str(owners(made)["one"])
    metric = {
        "type": "Resource",
        "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 60}},
    }
    patch: Document = {"spec": {"metrics": [metric]}}
    path = f"{autoscalers.format('v2')}/h?fieldManager=two"
    after = await api.must("PATCH", path, patch, content_type=MERGE)
    assert owners(after)["two"] == {"f:spec": {"f:metrics": {}}}
    assert "f:targetCPUUtilizationPercentage" not in str(owners(after)["one"])
    assert "f:maxReplicas" in str(owners(after)["one"])


async def test_other_parts_of_an_object_have_owners_of_their_own_too(api: Api) -> None:
    await api.must("POST", PODS, pod(), headers=CURL)  # type: ignore[arg-type]
    debugger: Document = {"spec": {"ephemeralContainers": [{"name": "debugger", "image": "i"}]}}
    path = f"{PODS}/web/ephemeralcontainers?fieldManager=kubectl"
    patched = owners(await api.must("PATCH", path, debugger, content_type=STRATEGIC))
    assert 'k:{"name":"debugger"}' in str(patched["kubectl/ephemeralcontainers"])
    config: Document = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "annotations": {"a": "b"}}}
    config["spec"] = {"ephemeralContainers": [{"name": "other", "image": "i"}]}
    apply = "application/apply-patch+yaml"
    after = await api.must("PATCH", f"{PODS}/web/ephemeralcontainers?fieldManager=me", config, content_type=apply)
    assert 'k:{"name":"other"}' in str(owners(after)["me/ephemeralcontainers"])
    metadata = after["metadata"]
    assert isinstance(metadata, dict)
    assert "annotations" not in metadata
