from __future__ import annotations

import copy
from collections.abc import Iterator

import orjson
import pytest

from suites.api_harness import JSON_PATCH, MERGE, Api, make_api, pod
from suites.sample_objects import sample
from wherry.api.registry import RESOURCE_TYPES
from wherry.apimachinery.resource_type import AnyResourceType
from wherry.kit.clock import FakeClock

MAPS = "/api/v1/namespaces/default/configmaps"
PODS = "/api/v1/namespaces/default/pods"
STORED = [resource for resource in RESOURCE_TYPES if {"get", "create"} <= set(resource.verbs)]
DOUBLED = b'{"metadata":{"name":"m"},"data":{"a":"1","a":"2"}}'


@pytest.fixture
async def api(clock: FakeClock) -> Api:
    return await make_api(clock)


@pytest.mark.parametrize("query", ["", "?fieldValidation=Warn"])
async def test_doubled_keys_are_warned_about_when_writing(api: Api, query: str) -> None:
    created = await api.ask("POST", MAPS + query, DOUBLED)
    assert created.warnings == ['299 - "duplicate field \\"data.a\\""']
    replaced = await api.ask("PUT", f"{MAPS}/m{query}", DOUBLED)
    assert replaced.warnings == created.warnings
    assert replaced.at("data.a") == "2"


@pytest.mark.parametrize(
    ("content_type", "body", "complaints"),
    [
        ("application/json", DOUBLED, 'duplicate field "data.a"'),
        (
            "application/json",
            DOUBLED[:-1] + b',"spec":{}}',
            'duplicate field "data.a", unknown field "spec"',
        ),
        (
            "application/yaml",
            b"metadata: {name: m}\ndata:\n  a: '1'\n  a: '2'\n",
            'yaml: unmarshal errors:\n  line 4: key "a" already set in map',
        ),
    ],
)
async def test_doubled_and_unknown_keys_are_refused_together_when_strict(
    api: Api, content_type: str, body: bytes, complaints: str
) -> None:
    answer = await api.ask("POST", f"{MAPS}?fieldValidation=Strict", body, content_type=content_type)
    assert answer.status == 400
    assert answer.at("message") == (
        f'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: {complaints}'
    )


async def test_doubled_keys_are_no_matter_when_told_to_ignore_them(api: Api) -> None:
    assert (await api.ask("POST", f"{MAPS}?fieldValidation=Ignore", DOUBLED)).warnings == []


@pytest.mark.parametrize("content_type", [MERGE, JSON_PATCH])
async def test_a_bottomless_patch_is_refused(api: Api, content_type: str) -> None:
    await api.must("POST", MAPS, {"metadata": {"name": "m"}})
    answer = await api.ask("PATCH", f"{MAPS}/m", b'{"a":' * 20_000 + b"1" + b"}" * 20_000, content_type=content_type)
    assert answer.status == 400
    assert "exceeded max depth" in str(answer.at("message"))


async def test_all_that_is_wrong_is_told_at_once(api: Api) -> None:
    body = pod()
    body["spec"] = {"containers": [{"image": "a:1"}], "restartPolicy": "Sometimes"}
    answer = await api.ask("POST", PODS, body)
    assert answer.status == 422
    assert "spec.containers[0].name: Required value" in str(answer.at("message"))
    assert "spec.restartPolicy: Unsupported value" in str(answer.at("message"))


async def test_a_missing_number_is_zero(api: Api) -> None:
    service = {"metadata": {"name": "s"}, "spec": {"ports": [{"name": "http"}]}}
    answer = await api.ask("POST", "/api/v1/namespaces/default/services", service)
    assert "spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive" in str(answer.at("message"))
    revision = {"metadata": {"name": "r"}, "data": {"spec": {}}}
    await api.must("POST", "/apis/apps/v1/namespaces/default/controllerrevisions", revision)


async def test_a_report_need_not_be_complete(api: Api) -> None:
    await api.must("POST", "/api/v1/nodes", {"metadata": {"name": "n"}})
    status = {"nodeInfo": {"kubeletVersion": "v1"}, "conditions": [{"type": "Ready"}]}
    answer = await api.ask("PATCH", "/api/v1/nodes/n/status", {"status": status}, content_type=MERGE)
    assert answer.status == 200, answer.body


def lacking_one_field(value: object) -> Iterator[object]:
    """Copies of a value, each without one of its fields, at whatever depth."""
    if isinstance(value, dict):
        for name, below in value.items():
            yield {other: copy.deepcopy(item) for other, item in value.items() if other != name}
            for changed in lacking_one_field(below):
                yield {**copy.deepcopy(value), name: changed}
    elif isinstance(value, list):
        for position, below in enumerate(value):
            for changed in lacking_one_field(below):
                yield [*copy.deepcopy(value[:position]), changed, *copy.deepcopy(value[position + 1 :])]


@pytest.mark.parametrize("resource", STORED, ids=lambda resource: resource.plural)
async def test_whatever_field_is_missing_the_answer_is_no_failure_of_ours(api: Api, resource: AnyResourceType) -> None:
    prefix = f"/apis/{resource.group}/{resource.version}" if resource.group else f"/api/{resource.version}"
    path = f"{prefix}/namespaces/default/{resource.plural}" if resource.namespaced else f"{prefix}/{resource.plural}"
    for lacking in lacking_one_field(sample(resource)):
        answer = await api.ask("POST", path, orjson.dumps(lacking), dryRun="All")
        assert answer.status in (201, 400, 422), (lacking, answer.body)
