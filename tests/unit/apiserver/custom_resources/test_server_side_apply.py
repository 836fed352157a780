"""Server-side apply of custom resources: their schemas say how they are shared."""

from __future__ import annotations

from suites.api_harness import MERGE, STRATEGIC, Answer, Api
from suites.custom_resources import DEFINITIONS, WIDGETS, definition, serving, version_of, widget, with_spec
from wherry.apimachinery.document import Document

APPLY = "application/apply-patch+yaml"
RULES: Document = {
    "type": "array",
    "x-kubernetes-list-type": "map",
    "x-kubernetes-list-map-keys": ["host", "path"],
    "items": {
        "type": "object",
        "required": ["host"],
        "properties": {
            "host": {"type": "string"},
            "path": {"type": "string", "default": "/"},
            "to": {"type": "string"},
        },
    },
}
SPEC = with_spec(
    rules=RULES,
    tags={"type": "array", "x-kubernetes-list-type": "set", "items": {"type": "string"}},
    order={"type": "array", "items": {"type": "string"}},
    sealed={"type": "object", "x-kubernetes-map-type": "atomic", "additionalProperties": {"type": "string"}},
    labels={"type": "object", "additionalProperties": {"type": "string"}},
    port={"x-kubernetes-int-or-string": True},
    free={"type": "object", "x-kubernetes-preserve-unknown-fields": True},
)


async def apply(api: Api, body: Document, query: str = "fieldManager=me", path: str = f"{WIDGETS}/one") -> Answer:
    return await api.ask("PATCH", f"{path}?{query}", body, content_type=APPLY)


def owned(document: Document) -> dict[str, object]:
    metadata = document["metadata"]
    assert isinstance(metadata, dict)
    return {
        "/".join(entry[key] for key in ("manager", "subresource") if key in entry): entry["fieldsV1"]
        for entry in metadata["managedFields"]
    }


async def test_each_part_is_owned_as_the_schema_says() -> None:
    spec: Document = {
        "rules": [{"host": "a", "to": "x"}],
        "tags": ["t"],
        "order": ["1", "2"],
        "sealed": {"a": "b"},
        "labels": {"a": "b"},
        "port": "http",
        "free": {"deep": {"er": [1]}},
    }
    async with serving(definition(version_of(SPEC))) as api:
        answer = await apply(api, widget(spec))
        assert answer.status == 201
        assert owned(answer.json)["me"] == {
            "f:spec": {
                "f:free": {"f:deep": {".": {}, "f:er": {}}},
                "f:labels": {"f:a": {}},
                "f:order": {},
                "f:port": {},
                "f:rules": {'k:{"host":"a","path":"/"}': {".": {}, "f:host": {}, "f:to": {}}},
                "f:sealed": {},
                "f:tags": {'v:"t"': {}},
            }
        }
        again = await apply(api, widget(spec))
        assert (again.status, again.json) == (200, answer.json)


async def test_two_managers_share_a_list_by_its_keys() -> None:
    async with serving(definition(version_of(SPEC))) as api:
        await apply(api, widget({"rules": [{"host": "a", "to": "x"}], "tags": ["one"]}))
        await apply(api, widget({"rules": [{"host": "a", "path": "/b"}], "tags": ["two"]}), "fieldManager=other")
        answer = await apply(api, widget({"tags": ["three"]}))
        assert answer.at("spec.rules") == [{"host": "a", "path": "/b"}]
        assert sorted(answer.at("spec.tags")) == ["three", "two"]  # type: ignore[call-overload]
        refused = await apply(api, widget({"rules": [{"host": "a", "path": "/b", "to": "y"}]}))
        assert refused.status == 200
        refused = await apply(api, widget({"rules": [{"host": "a", "path": "/b", "to": "z"}]}), "fieldManager=third")
        assert refused.at("message") == (
            'Apply failed with 1 conflict: conflict with "me": .spec.rules[host="a",path="/b"].to'
        )


async def test_who_creates_owns_the_spec_itself_too() -> None:
    async with serving(definition(version_of(SPEC))) as api:
        made = await api.must("POST", f"{WIDGETS}?fieldManager=maker", widget({"labels": {"a": "b"}}))
        assert owned(made) == {"maker": {"f:spec": {".": {}, "f:labels": {".": {}, "f:a": {}}}}}


async def test_a_field_that_the_schema_does_not_have_is_refused() -> None:
    async with serving(definition(version_of(SPEC))) as api:
        for validation in ("Strict", "Warn", "Ignore"):
            answer = await apply(api, widget({"nonsense": 1}), f"fieldManager=me&fieldValidation={validation}")
            assert (answer.status, answer.at("message")) == (
                400,
                "failed to create typed patch object (/one; example.com/v1, Kind=Widget): "
                ".spec.nonsense: field not declared in schema",
            )
        doubled = await apply(api, widget({"rules": [{"host": "a"}, {"host": "a", "path": "/"}]}))
        assert str(doubled.at("message")).endswith('.spec.rules: duplicate entries for key [host="a",path="/"]')


async def test_without_a_schema_maps_are_shared_and_lists_are_not() -> None:
    async with serving(definition()) as api:
        await apply(api, widget({"a": {"b": 1}, "list": [1]}))
        answer = await apply(api, widget({"a": {"c": 1}}), "fieldManager=other")
        assert answer.at("spec.a") == {"b": 1, "c": 1}
        refused = await apply(api, widget({"list": [1, 2]}), "fieldManager=other")
        assert refused.at("message") == 'Apply failed with 1 conflict: conflict with "me": .spec.list'


async def test_status_and_scale_have_owners_of_their_own() -> None:
    schema = with_spec(size={"type": "integer"})
    schema["properties"]["status"] = {"type": "object", "properties": {"size": {"type": "integer"}}}  # type: ignore[index]
    scale = {"specReplicasPath": ".spec.size", "statusReplicasPath": ".status.size"}
    async with serving(definition(version_of(schema, subresources={"status": {}, "scale": scale}))) as api:
        await apply(api, widget({"size": 1}, status={"size": 9}))
        status = await apply(api, widget({"size": 5}, status={"size": 1}), path=f"{WIDGETS}/one/status")
        assert (status.at("spec.size"), status.at("status.size")) == (1, 1)
        scaled: Document = {"apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": {"name": "one"}}
        scaled["spec"] = {"replicas": 3}
        refused = await apply(api, scaled, "fieldManager=scaler", f"{WIDGETS}/one/scale")
        assert refused.at("message") == 'Apply failed with 1 conflict: conflict with "me": .spec.replicas'
        assert (await apply(api, scaled, "fieldManager=scaler&force=true", f"{WIDGETS}/one/scale")).status == 200
        after = await api.must("GET", f"{WIDGETS}/one")
        assert owned(after) == {
            "me/status": {"f:status": {"f:size": {}}},
            "scaler/scale": {"f:spec": {"f:size": {}}},
        }


async def test_strategic_patches_are_for_built_in_kinds_only() -> None:
    async with serving(definition(version_of(SPEC))) as api:
        await apply(api, widget({}))
        answer = await api.ask("PATCH", f"{WIDGETS}/one", {"spec": {"port": 1}}, content_type=STRATEGIC)
        assert (answer.status, answer.at("reason")) == (415, "UnsupportedMediaType")


async def test_a_manager_stays_the_same_in_another_version() -> None:
    second = version_of(SPEC, "v2", storage=False)
    async with serving(definition(version_of(SPEC), second)) as api:
        await apply(api, widget({"labels": {"a": "1"}}))
        path = f"{WIDGETS}/one".replace("/v1/", "/v2/")
        answer = await apply(api, widget({"labels": {"b": "1"}}, version="v2"), path=path)
        assert answer.at("spec.labels") == {"b": "1"}
        await api.must("PATCH", f"{WIDGETS}/one", {"spec": {"labels": {"b": "2"}}}, content_type=MERGE)
        after = await api.must("GET", path)
        assert "me" not in owned(after)


async def test_a_list_that_becomes_atomic_is_owned_as_a_whole() -> None:
    async with serving(definition(version_of(SPEC))) as api:
        await apply(api, widget({"rules": [{"host": "a"}]}))
        atomic = {**SPEC, "properties": with_spec(rules={**RULES, "x-kubernetes-list-type": "atomic"})["properties"]}
        atomic["properties"]["spec"]["properties"]["rules"].pop("x-kubernetes-list-map-keys")  # type: ignore[index]
        patch = [{"op": "replace", "path": "/spec/versions/0/schema/openAPIV3Schema", "value": atomic}]
        json_patch = "application/json-patch+json"
        await api.must("PATCH", f"{DEFINITIONS}/widgets.example.com", patch, content_type=json_patch)
        await api.server.custom_resources.load()
        refused = await apply(api, widget({"rules": [{"host": "b"}]}), "fieldManager=other")
        assert refused.at("message") == 'Apply failed with 1 conflict: conflict with "me": .spec.rules'
