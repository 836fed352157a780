"""Answers in protobuf, YAML and with line breaks, through the whole server."""

from __future__ import annotations

import orjson
import pytest
import yaml

from suites.api_harness import JSON, MERGE, PARTIAL, TABLE, Answer, Api, make_api, pod
from suites.protobuf_encoding import PROTOBUF, envelope, field
from suites.resource_suite import STORED
from suites.sample_objects import sample
from wherry.apimachinery.document import Document
from wherry.apimachinery.protobuf.decode import decode_message, open_envelope
from wherry.apimachinery.protobuf.layout import message_for
from wherry.apimachinery.resource_type import AnyResourceType

DEFAULT = "/api/v1/namespaces/default"
KUBECTL = f"{PROTOBUF},{JSON}"


@pytest.fixture
async def api() -> Api:
    api = await make_api()
    await api.must("POST", f"{DEFAULT}/pods", pod("web", app="web"))
    return api


def read(answer: Answer) -> Document:
    assert answer.content_type == PROTOBUF
    found = open_envelope(answer.body)
    message = message_for(found.api_version, found.kind)
    return {"kind": found.kind, "apiVersion": found.api_version, **decode_message(message, found.raw)}


def without_empty(value: object) -> object:
    """Go writes structs without anything in them, JSON need not."""
    if isinstance(value, dict):
        kept = {name: without_empty(item) for name, item in value.items()}
        return {name: item for name, item in kept.items() if item not in ({}, [], None, "", 0, False)}
    return [without_empty(item) for item in value] if isinstance(value, list) else value


def same(one: object, other: object) -> bool:
    return without_empty(one) == without_empty(other)


async def both(api: Api, path: str, method: str = "GET", body: object = b"") -> Document:
    """The answer in protobuf, which has to say what the one in JSON says."""
    found = read(await api.ask(method, path, body, accept=KUBECTL))
    assert same(found, (await api.ask(method, path, body)).json)
    return found


@pytest.mark.parametrize(
    "path",
    [
        f"{DEFAULT}/pods/web",
        f"{DEFAULT}/pods",
        f"{DEFAULT}/pods/web/status",
        "/api/v1/pods?labelSelector=app%3Dweb",
        f"{DEFAULT}/pods?limit=1",
        f"{DEFAULT}/pods/missing",
        f"{DEFAULT}/pods?limit=x",
        "/api/v1/namespaces",
        f"{DEFAULT}/services/kubernetes",
        f"{DEFAULT}/nothings",
        "/api",
        "/apis",
        "/api/v1",
        "/apis/apps",
        "/apis/apps/v1",
    ],
)
async def test_protobuf_says_what_json_says(api: Api, path: str) -> None:
    await both(api, path)


async def test_a_written_object_comes_back_in_protobuf(api: Api) -> None:
    raw = field(1, field(1, "settings")) + field(2, field(1, "a") + field(2, "1"))
    sent = envelope("v1", "ConfigMap", raw)
    answer = await api.ask("POST", f"{DEFAULT}/configmaps", sent, content_type=PROTOBUF, accept=KUBECTL)
    assert answer.status == 201
    assert read(answer)["data"] == {"a": "1"}
    gone = await api.ask("DELETE", f"{DEFAULT}/configmaps/settings", accept=KUBECTL)
    assert read(gone)["status"] == "Success"


async def test_a_dry_run_in_protobuf_shows_no_revision_and_is_not_remembered(api: Api) -> None:
    path = f"{DEFAULT}/configmaps"
    for value in ("1", "2"):
        body = {"metadata": {"name": "a"}, "data": {"x": value}}
        found = read(await api.ask("POST", path, body, accept=KUBECTL, dryRun="All"))
        assert found["data"] == {"x": value}
        metadata = found["metadata"]
        assert isinstance(metadata, dict)
        assert "resourceVersion" not in metadata


async def test_a_changed_object_is_shown_changed(api: Api) -> None:
    path = f"{DEFAULT}/configmaps"
    await api.must("POST", path, {"metadata": {"name": "a"}, "data": {"x": "1"}})
    await both(api, f"{path}/a")
    await api.must("PATCH", f"{path}/a", {"data": {"x": "2"}}, content_type=MERGE)
    assert (await both(api, f"{path}/a"))["data"] == {"x": "2"}


async def test_a_scale_a_token_and_a_review_come_in_protobuf(api: Api) -> None:
    template = {"metadata": {"labels": {"app": "w"}}, "spec": {"containers": [{"name": "c", "image": "c:1"}]}}
    spec = {"replicas": 0, "selector": {"matchLabels": {"app": "w"}}, "template": template}
    await api.must("POST", "/apis/apps/v1/namespaces/default/deployments", {"metadata": {"name": "w"}, "spec": spec})
    scale = await both(api, "/apis/apps/v1/namespaces/default/deployments/w/scale")
    assert scale["kind"] == "Scale"
    token = await api.ask("POST", f"{DEFAULT}/serviceaccounts/default/token", {"spec": {}}, accept=KUBECTL)
    status = read(token)["status"]
    assert isinstance(status, dict)
    assert str(status["token"]).count(".") == 2
    review = {"spec": {"resourceAttributes": {"verb": "get", "resource": "pods"}}}
    path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
    answer = await api.ask("POST", path, review, accept=KUBECTL)
    assert read(answer)["status"] == {"allowed": True}


async def test_metadata_alone_comes_in_protobuf_too(api: Api) -> None:
    accept = PARTIAL.replace("application/json;as", f"{PROTOBUF};as")
    answer = await api.ask("GET", f"{DEFAULT}/pods/web", accept=accept)
    found = read(answer)
    assert (found["kind"], found["apiVersion"]) == ("PartialObjectMetadata", "meta.k8s.io/v1")
    listed = read(await api.ask("GET", f"{DEFAULT}/pods", accept=accept.replace("Metadata;", "MetadataList;")))
    assert listed["kind"] == "PartialObjectMetadataList"
    items = listed["items"]
    assert isinstance(items, list)
    assert items[0]["metadata"]["name"] == "web"


async def test_a_table_is_json_whatever_else_the_client_takes(api: Api) -> None:
    answer = await api.ask("GET", f"{DEFAULT}/pods", accept=f"{TABLE},{PROTOBUF}")
    assert answer.content_type == JSON
    assert answer.json["kind"] == "Table"


async def test_nothing_is_written_for_somebody_who_cannot_take_the_answer(api: Api) -> None:
    refused = await api.ask("POST", f"{DEFAULT}/pods", pod("other"), accept="text/html")
    assert refused.status == 406
    assert (await api.ask("GET", f"{DEFAULT}/pods/other")).status == 404


async def test_yaml_and_line_breaks_for_people(api: Api) -> None:
    plain = (await api.ask("GET", f"{DEFAULT}/pods/web")).json
    answer = await api.ask("GET", f"{DEFAULT}/pods/web", accept="application/yaml")
    assert answer.content_type == "application/yaml"
    assert yaml.safe_load(answer.body) == plain
    pretty = await api.ask("GET", f"{DEFAULT}/pods/web", pretty="true")
    assert pretty.body.startswith(b'{\n  "kind": "Pod",\n')
    assert orjson.loads(pretty.body) == plain
    listed = await api.ask("GET", f"{DEFAULT}/pods", accept="application/json;pretty=1")
    assert listed.body.startswith(b'{\n  "kind": "PodList",\n')


async def test_curl_gets_line_breaks_unless_it_says_otherwise(api: Api) -> None:
    for query, start in (("", b'{\n  "kind"'), ("?pretty=0", b'{"kind"')):
        response = await api.raw("GET", f"{DEFAULT}/pods/web{query}", headers={"user-agent": "curl/8.5.0"})
        assert isinstance(response.body, bytes)
        assert response.body.startswith(start)


@pytest.mark.parametrize("resource", STORED, ids=lambda resource: f"{resource.api_version}.{resource.kind}")
async def test_every_kind_and_its_list_say_in_protobuf_what_they_say_in_json(resource: AnyResourceType) -> None:
    api = await make_api()
    collection = resource.url("default" if resource.namespaced else "")
    created = await api.ask("POST", collection, sample(resource), accept=KUBECTL)
    assert created.status == 201
    metadata = read(created)["metadata"]
    assert isinstance(metadata, dict)
    await both(api, f"{collection}/{metadata['name']}")
    await both(api, collection)
