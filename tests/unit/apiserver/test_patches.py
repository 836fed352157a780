"""PATCH with the three older types: what a patch may not do, and how the server says so."""

from __future__ import annotations

import pytest

from suites.api_harness import JSON_PATCH, MERGE, STRATEGIC, Answer, Api, make_api, pod
from wherry.apimachinery.document import Document

CONFIG_MAP = "/api/v1/namespaces/default/configmaps/c"
PODS = "/api/v1/namespaces/default/pods"
DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments"


@pytest.fixture
async def api() -> Api:
    api = await make_api()
    await api.must("POST", CONFIG_MAP.removesuffix("/c"), {"metadata": {"name": "c"}, "data": {"a": "1"}})
    return api


async def patch(api: Api, body: object, content_type: str = MERGE, query: str = "", path: str = CONFIG_MAP) -> Answer:
    return await api.ask("PATCH", path + query, body, content_type=content_type)


def adding(path: str, value: object) -> list[Document]:
    return [{"op": "add", "path": path, "value": value}]


@pytest.mark.parametrize(
    ("content_type", "body", "shown"),
    [
        (STRATEGIC, {"data": {"a": 1}}, "map[data:map[a:1]]"),
        (MERGE, {"data": {"a": 1}}, '{"kind":"ConfigMap"'),
        (JSON_PATCH, adding("/data/a", 1), '{"kind":"ConfigMap"'),
    ],
)
async def test_a_patch_that_leads_to_a_wrong_type_is_an_invalid_patch(
    api: Api, content_type: str, body: object, shown: str
) -> None:
    answer = await patch(api, body, content_type)
    assert (answer.status, answer.at("reason")) == (422, "Invalid")
    message = str(answer.at("message"))
    assert message.startswith(' "" is invalid: patch: Invalid value: ' + '"' + shown.replace('"', '\\"'))
    assert message.endswith("json: cannot unmarshal number into Go struct field ConfigMap.data of type string")
    assert answer.at("details.causes.0.field") == "patch"


@pytest.mark.parametrize(
    ("content_type", "body"),
    [(STRATEGIC, {"nonsense": 1}), (MERGE, {"nonsense": 1}), (JSON_PATCH, adding("/nonsense", 1))],
)
async def test_an_unknown_field_in_a_patch_is_treated_as_the_client_asks(
    api: Api, content_type: str, body: object
) -> None:
    strict = await patch(api, body, content_type, "?fieldValidation=Strict")
    assert strict.status == 422
    assert str(strict.at("message")).endswith('strict decoding error: unknown field "nonsense"')
    warned = await patch(api, body, content_type)
    assert (warned.status, warned.warnings) == (200, ['299 - "unknown field \\"nonsense\\""'])
    ignored = await patch(api, body, content_type, "?fieldValidation=Ignore")
    assert (ignored.status, ignored.warnings) == (200, [])


@pytest.mark.parametrize(
    ("content_type", "body", "complaint"),
    [
        (STRATEGIC, b'{"data":{"a":"2","a":"3"}}', 'duplicate field "data.a"'),
        (MERGE, b'{"data":{"a":"2","a":"3"}}', 'duplicate field "data.a"'),
        (
            JSON_PATCH,
            b'[{"op":"add","path":"/data/a","value":"1","value":"3"}]',
            'json patch duplicate field "[0].value"',
        ),
        (
            JSON_PATCH,
            b'[{"op":"add","path":"/data/a","value":"3","note":"x"}]',
            'json patch unknown field "[0].note"',
        ),
    ],
)
async def test_a_doubled_field_in_a_patch_is_treated_as_the_client_asks(
    api: Api, content_type: str, body: bytes, complaint: str
) -> None:
    strict = await patch(api, body, content_type, "?fieldValidation=Strict")
    assert strict.status == 422
    assert str(strict.at("message")).endswith(f"strict decoding error: {complaint}")
    warned = await patch(api, body, content_type)
    assert (warned.status, warned.at("data.a")) == (200, "3")
    assert complaint.replace('"', '\\"') in warned.warnings[0]


async def test_a_patch_cannot_change_who_an_object_is(api: Api) -> None:
    before = await api.must("GET", CONFIG_MAP)
    for change, status in (({"name": "x"}, 400), ({"namespace": "x"}, 400), ({"uid": "x"}, 409)):
        assert (await patch(api, {"metadata": change})).status == status
    kept: Document = {"creationTimestamp": "2001-01-01T00:00:00Z", "generation": 7, "deletionTimestamp": None}
    assert (await patch(api, {"metadata": {**kept, "selfLink": "/x"}})).json == before
    assert (await patch(api, {"metadata": None})).json == before


async def test_a_patch_may_name_the_state_that_it_was_made_for(api: Api) -> None:
    before = await api.must("GET", CONFIG_MAP)
    metadata = before["metadata"]
    assert isinstance(metadata, dict)
    body: Document = {"metadata": {"resourceVersion": metadata["resourceVersion"]}, "data": {"a": "2"}}
    assert (await patch(api, body)).status == 200
    body["data"] = {"a": "3"}
    refused = await patch(api, body)
    assert (refused.status, refused.at("reason")) == (409, "Conflict")
    testing = [{"op": "test", "path": "/metadata/resourceVersion", "value": "1"}, *adding("/data/a", "4")]
    assert (await patch(api, testing, JSON_PATCH)).status == 422
    assert (await api.must("GET", CONFIG_MAP))["data"] == {"a": "2"}


async def test_a_patch_cannot_make_an_object_too_big(api: Api) -> None:
    value = "x" * 1_000_000
    assert (await patch(api, {"data": {"b": value}})).status == 200
    answer = await patch(api, {"data": {"c": value}})
    assert answer.status in (413, 422)
    assert (await patch(api, [{"op": "copy", "from": "/data/b", "path": "/data/c"}], JSON_PATCH)).status in (413, 422)
    assert "c" not in str((await api.must("GET", CONFIG_MAP))["data"])[:100]


async def test_subresources_are_patched_with_all_types(api: Api) -> None:
    await api.must("POST", PODS, pod())
    bodies: list[tuple[str, object]] = [
        (MERGE, {"status": {"phase": "Running"}}),
        (STRATEGIC, {"status": {"conditions": [{"type": "Ready", "status": "True"}]}}),
        (JSON_PATCH, adding("/status/reason", "Because")),
    ]
    answer = None
    for content_type, body in bodies:
        answer = await patch(api, body, content_type, path=f"{PODS}/web/status")
        assert answer.status == 200
    assert answer is not None
    assert (answer.at("status.phase"), answer.at("status.reason")) == ("Running", "Because")
    spec = await patch(api, {"spec": {"nodeName": "n"}, "status": {"phase": "Failed"}}, path=f"{PODS}/web/status")
    assert (spec.at("spec.nodeName"), spec.at("status.phase")) == (None, "Failed")
    wrong = await patch(api, {"status": {"phase": 1}}, path=f"{PODS}/web/status")
    assert wrong.status == 422


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (MERGE, {"spec": {"replicas": 3}}),
        (STRATEGIC, {"spec": {"replicas": 3}}),
        (JSON_PATCH, adding("/spec/replicas", 3)),
    ],
)
async def test_a_scale_is_patched_with_all_types(api: Api, content_type: str, body: object) -> None:
    template = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
    spec: Document = {"selector": {"matchLabels": {"a": "b"}}, "template": template}
    await api.must("POST", DEPLOYMENTS, {"metadata": {"name": "d"}, "spec": spec})
    answer = await patch(api, body, content_type, path=f"{DEPLOYMENTS}/d/scale")
    assert (answer.status, answer.at("spec.replicas")) == (200, 3)
    assert (await patch(api, {"spec": {"replicas": "x"}}, path=f"{DEPLOYMENTS}/d/scale")).status == 422
    assert (await patch(api, {"spec": {"replicas": -1}}, path=f"{DEPLOYMENTS}/d/scale")).status == 422
