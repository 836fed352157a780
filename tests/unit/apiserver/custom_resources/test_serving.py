"""Custom resources through the whole server."""

# ruff: noqa: E501 - one case, one line
from __future__ import annotations

from typing import cast

import pytest

from suites.api_harness import JSON_PATCH, MERGE, STRATEGIC, TABLE
from suites.custom_resources import DEFINITIONS, GROUP, WIDGETS, definition, serving, version_of, widget, with_spec
from suites.resource_suite import take_events
from wherry.apimachinery.document import Document

TEXT: Document = {"type": "string"}
ONE = f"{WIDGETS}/one"


def name_in(shown: object) -> object:
    """An object's name."""
    return cast("dict[str, Document]", shown)["metadata"]["name"]


def names_in(listed: Document) -> list[object]:
    """The names of a list's objects."""
    return [name_in(item) for item in cast("list[object]", listed["items"])]


async def test_an_object_lives_as_any_other() -> None:
    async with serving(definition(version_of(with_spec(size=TEXT)))) as api:
        created = await api.must("POST", WIDGETS, widget({"size": "S"}))
        assert await api.must("GET", ONE) == created
        assert cast("Document", created["metadata"])["generation"] == 1
        await api.must("PUT", ONE, {**created, "spec": {"size": "M"}})
        await api.must("PATCH", ONE, {"metadata": {"labels": {"a": "b"}}}, content_type=MERGE)
        patch = [{"op": "replace", "path": "/spec/size", "value": "L"}]
        patched = await api.must("PATCH", ONE, patch, content_type=JSON_PATCH)
        assert patched["spec"] == {"size": "L"}
        assert cast("Document", patched["metadata"])["generation"] == 3
        listed = await api.must("GET", WIDGETS, labelSelector="a=b")
        assert (listed["kind"], listed["apiVersion"]) == ("WidgetList", f"{GROUP}/v1")
        # As upstream: objects without a Go type name their kind in lists too.
        assert listed["items"] == [patched]
        await api.must("DELETE", WIDGETS, labelSelector="a=b")
        assert (await api.ask("GET", ONE)).status == 404


async def test_a_strategic_merge_patch_and_protobuf_are_not_for_custom_resources() -> None:
    async with serving(definition()) as api:
        await api.must("POST", WIDGETS, widget({}))
        answer = await api.ask("PATCH", ONE, {"spec": {"a": 1}}, content_type=STRATEGIC)
        assert (answer.status, answer.at("reason")) == (415, "UnsupportedMediaType")
        assert "application/merge-patch+json" in str(answer.at("message"))
        protobuf = await api.ask("GET", ONE, accept="application/vnd.kubernetes.protobuf")
        assert protobuf.status == 406


async def test_all_that_is_wrong_is_said_at_once() -> None:
    schema = with_spec(replicas={"type": "integer"}, size={**TEXT, "enum": ["S"]})
    async with serving(definition(version_of(schema))) as api:
        answer = await api.ask("POST", WIDGETS, widget({"replicas": "many", "size": "XL"}))
        assert (answer.status, answer.at("reason")) == (422, "Invalid")
        assert answer.at("message") == (
            'Widget.example.com "one" is invalid: [spec.replicas: Invalid value: "string": spec.replicas in body must be of '
            'type integer: "string", spec.size: Unsupported value: "XL": supported values: "S"]'
        )
        assert answer.at("details.kind") == "Widget"
        assert answer.at("details.causes.0.reason") == "FieldValueTypeInvalid"


@pytest.mark.parametrize("name", ["Bad_Name", "x" * 300])
async def test_names_are_checked(name: str) -> None:
    async with serving(definition()) as api:
        answer = await api.ask("POST", WIDGETS, widget({}, name))
        assert answer.status == 422
        assert str(answer.at("details.causes.0.field")) == "metadata.name"


async def test_unknown_fields_are_pruned_and_told() -> None:
    async with serving(definition(version_of(with_spec(a=TEXT)))) as api:
        body = widget({"a": "1", "b": 1}, metadata={"name": "one", "unknownMeta": "x"})
        strict = await api.ask("POST", WIDGETS, body, fieldValidation="Strict")
        assert strict.status == 400
        assert strict.at("message") == (
            'Widget in version "v1" cannot be handled as a Widget: strict decoding error: unknown field '
            '"metadata.unknownMeta", unknown field "spec.b"'
        )
        ignored = await api.ask("POST", WIDGETS, widget({"b": 1}, "other"), fieldValidation="Ignore")
        assert (ignored.status, ignored.warnings) == (201, [])
        lenient = await api.ask("POST", WIDGETS, body, fieldValidation="Warn")
        assert lenient.at("spec") == {"a": "1"}
        assert lenient.warnings == [
            '299 - "unknown field \\"metadata.unknownMeta\\""',
            '299 - "unknown field \\"spec.b\\""',
        ]


async def test_duplicate_fields_are_told_even_where_unknown_ones_are_kept() -> None:
    async with serving(definition()) as api:
        body = b'{"apiVersion":"example.com/v1","kind":"Widget","metadata":{"name":"one"},"spec":{"a":1,"a":2}}'
        answer = await api.ask("POST", WIDGETS, body, fieldValidation="Strict")
        assert answer.status == 400
        assert 'strict decoding error: duplicate field "spec.a"' in str(answer.at("message"))


async def test_metadata_of_a_wrong_type_cannot_be_decoded() -> None:
    async with serving(definition()) as api:
        answer = await api.ask("POST", WIDGETS, widget({}, metadata={"name": "one", "labels": {"a": 1}}))
        assert answer.status == 400


EMBEDDED = {
    "type": "object",
    "x-kubernetes-embedded-resource": True,
    "x-kubernetes-preserve-unknown-fields": True,
}


async def test_objects_within_objects_are_checked() -> None:
    async with serving(definition(version_of(with_spec(t=EMBEDDED)))) as api:
        good: Document = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "x", "unknownSub": 1},
            "spec": {"a": 1},
        }
        strict = await api.ask("POST", WIDGETS, widget({"t": good}), fieldValidation="Strict")
        assert 'unknown field "spec.t.metadata.unknownSub"' in str(strict.at("message"))
        created = await api.ask("POST", WIDGETS, widget({"t": good}))
        assert created.at("spec.t") == {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x"}, "spec": {"a": 1}}
        for embedded, error in (
            ({}, "spec.t.apiVersion: Required value: must not be empty"),
            ({"apiVersion": "v1", "kind": "x_y"}, 'spec.t.kind: Invalid value: "x_y": may have mixed case'),
            (
                {"apiVersion": "v1", "kind": "Pod", "metadata": {"labels": {"a": "-"}}},
                "spec.t.metadata.labels: Invalid",
            ),
        ):
            refused = await api.ask("POST", WIDGETS, widget({"t": embedded}, "two"))
            assert error in str(refused.at("message"))
        wrong = await api.ask("POST", WIDGETS, widget({"t": {**good, "metadata": {"labels": {"a": 1}}}}, "two"))
        assert wrong.status == 400
        assert str(wrong.at("message")).startswith("spec.t.metadata: Invalid value: ")


async def test_defaults_are_filled_in_on_the_way_in_and_on_the_way_out() -> None:
    before, after = (
        with_spec(a={**TEXT, "default": "A"}),
        with_spec(a={**TEXT, "default": "A2"}, b={**TEXT, "default": "B"}),
    )
    async with serving(definition(version_of(before))) as api:
        created = await api.must("POST", WIDGETS, widget({}))
        assert created["spec"] == {"a": "A"}
        patch = [{"op": "replace", "path": "/spec/versions/0/schema/openAPIV3Schema", "value": after}]
        await api.must("PATCH", f"{DEFINITIONS}/widgets.example.com", patch, content_type=JSON_PATCH)
        await api.server.custom_resources.load()
        # What has been stored stays; what is new is added, though nobody has written the object since.
        assert (await api.must("GET", ONE))["spec"] == {"a": "A", "b": "B"}
        listed = await api.must("GET", WIDGETS)
        assert cast("list[Document]", listed["items"])[0]["spec"] == {"a": "A", "b": "B"}
        await api.must("PATCH", ONE, {"metadata": {"labels": {"x": "y"}}}, content_type=MERGE)
        gone = [
            {"op": "remove", "path": "/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/b/default"}
        ]
        await api.must("PATCH", f"{DEFINITIONS}/widgets.example.com", gone, content_type=JSON_PATCH)
        await api.server.custom_resources.load()
        assert (await api.must("GET", ONE))["spec"] == {"a": "A", "b": "B"}


async def test_what_a_schema_no_longer_has_is_not_shown() -> None:
    async with serving(definition(version_of(with_spec(a=TEXT, b=TEXT)))) as api:
        await api.must("POST", WIDGETS, widget({"a": "1", "b": "2"}))
        gone = [{"op": "remove", "path": "/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/b"}]
        await api.must("PATCH", f"{DEFINITIONS}/widgets.example.com", gone, content_type=JSON_PATCH)
        await api.server.custom_resources.load()
        assert (await api.must("GET", ONE))["spec"] == {"a": "1"}


async def test_what_became_wrong_may_stay_until_it_is_touched() -> None:
    async with serving(definition(version_of(with_spec(a=TEXT, b=TEXT)))) as api:
        await api.must("POST", WIDGETS, widget({"a": "long", "b": "x"}))
        limit = [
            {
                "op": "add",
                "path": "/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/a/maxLength",
                "value": 3,
            }
        ]
        await api.must("PATCH", f"{DEFINITIONS}/widgets.example.com", limit, content_type=JSON_PATCH)
        await api.server.custom_resources.load()
        await api.must("PATCH", ONE, {"spec": {"b": "y"}}, content_type=MERGE)
        refused = await api.ask("PATCH", ONE, {"spec": {"a": "longer"}}, content_type=MERGE)
        assert refused.status == 422
        assert (await api.ask("POST", WIDGETS, widget({"a": "long"}, "two"))).status == 422


STATUS_SCHEMA: Document = {
    "type": "object",
    "properties": {
        "spec": {"type": "object", "properties": {"replicas": {"type": "integer"}}},
        "status": {"type": "object", "properties": {"replicas": {"type": "integer"}, "selector": TEXT}},
    },
}
SCALE = {
    "specReplicasPath": ".spec.replicas",
    "statusReplicasPath": ".status.replicas",
    "labelSelectorPath": ".status.selector",
}


async def test_the_status_is_written_apart() -> None:
    async with serving(definition(version_of(STATUS_SCHEMA, subresources={"status": {}}))) as api:
        created = await api.must("POST", WIDGETS, widget({"replicas": 1}, status={"replicas": 9}))
        assert "status" not in created
        told = await api.must("PUT", f"{ONE}/status", {**created, "spec": {"replicas": 7}, "status": {"replicas": 1}})
        assert (told["spec"], told["status"]) == ({"replicas": 1}, {"replicas": 1})
        assert cast("Document", told["metadata"])["generation"] == 1
        wished = await api.must("PUT", ONE, {**told, "spec": {"replicas": 2}, "status": {"replicas": 5}})
        assert (wished["spec"], wished["status"]) == ({"replicas": 2}, {"replicas": 1})
        assert cast("Document", wished["metadata"])["generation"] == 2
        wrong = await api.ask("PATCH", f"{ONE}/status", {"status": {"replicas": "x"}}, content_type=MERGE)
        assert wrong.status == 422


async def test_without_the_subresource_a_status_is_a_field_like_any_other() -> None:
    async with serving(definition(version_of(STATUS_SCHEMA))) as api:
        created = await api.must("POST", WIDGETS, widget({}, status={"replicas": 9}))
        assert created["status"] == {"replicas": 9}
        changed = await api.must("PATCH", ONE, {"status": {"replicas": 8}}, content_type=MERGE)
        assert cast("Document", changed["metadata"])["generation"] == 2
        assert (await api.ask("GET", f"{ONE}/status")).status == 404


async def test_a_kind_can_be_scaled() -> None:
    async with serving(definition(version_of(STATUS_SCHEMA, subresources={"status": {}, "scale": SCALE}))) as api:
        await api.must("POST", WIDGETS, widget({"replicas": 2}))
        await api.must("PATCH", f"{ONE}/status", {"status": {"replicas": 1, "selector": "a=b"}}, content_type=MERGE)
        scale = await api.must("GET", f"{ONE}/scale")
        assert (scale["kind"], scale["spec"]) == ("Scale", {"replicas": 2})
        assert scale["status"] == {"replicas": 1, "selector": "a=b"}
        await api.must("PATCH", f"{ONE}/scale", {"spec": {"replicas": 5}}, content_type=MERGE)
        assert (await api.must("GET", ONE))["spec"] == {"replicas": 5}


async def test_columns_are_filled_from_the_object() -> None:
    columns = [
        {"name": "Replicas", "type": "integer", "jsonPath": ".spec.replicas"},
        {"name": "Wide", "type": "string", "jsonPath": ".status.selector", "priority": 1},
        {"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"},
    ]
    async with serving(definition(version_of(STATUS_SCHEMA, additionalPrinterColumns=columns))) as api:
        await api.must("POST", WIDGETS, widget({"replicas": 2}))
        answer = await api.ask("GET", WIDGETS, accept=TABLE)
        assert [column["name"] for column in cast("list[Document]", answer.at("columnDefinitions"))] == [
            "Name", "Replicas", "Wide", "Age",
        ]  # fmt: skip
        assert answer.at("columnDefinitions.2.priority") == 1
        assert answer.at("rows.0.cells") == ["one", 2, None, "0s"]


async def test_fields_can_be_selected_and_what_leaves_is_deleted_for_the_watcher() -> None:
    version = version_of(
        with_spec(color=TEXT, on={"type": "boolean"}),
        selectableFields=[{"jsonPath": ".spec.color"}, {"jsonPath": ".spec.on"}],
    )
    async with serving(definition(version)) as api:
        await api.must("POST", WIDGETS, widget({"color": "blue", "on": True}))
        await api.must("POST", WIDGETS, widget({"color": "red"}, "two"))
        blue = await api.must("GET", WIDGETS, fieldSelector="spec.color=blue,spec.on=true")
        assert names_in(blue) == ["one"]
        refused = await api.ask("GET", WIDGETS, fieldSelector="spec.size=1")
        assert refused.at("message") == "field label not supported: spec.size"
        watch = await api.raw(
            "GET",
            WIDGETS,
            watch="true",
            fieldSelector="spec.color=blue",
            resourceVersion=str(api.server.environment.store.revision),
        )
        await api.must("PATCH", f"{WIDGETS}/two", {"spec": {"color": "blue"}}, content_type=MERGE)
        await api.must("PATCH", ONE, {"spec": {"color": "red"}}, content_type=MERGE)
        events = await take_events(watch.body, "DELETED")
        assert [(event["type"], name_in(event["object"])) for event in events] == [
            ("ADDED", "two"),
            ("DELETED", "one"),
        ]
        await api.must("DELETE", WIDGETS, fieldSelector="spec.color=red")
        left = await api.must("GET", WIDGETS)
        assert names_in(left) == ["two"]


V1, V2 = with_spec(a=TEXT), with_spec(a=TEXT, b={**TEXT, "default": "B"})
OTHER = f"/apis/{GROUP}/v2/namespaces/default/widgets"


async def test_an_object_is_served_in_every_version() -> None:
    async with serving(definition(version_of(V1), version_of(V2, "v2", storage=False))) as api:
        await api.must("POST", WIDGETS, widget({"a": "1"}))
        other = await api.must("GET", f"{OTHER}/one")
        assert (other["apiVersion"], other["spec"]) == (f"{GROUP}/v2", {"a": "1", "b": "B"})
        await api.must("POST", OTHER, widget({"a": "2", "b": "x"}, "two", "v2"))
        # What the version does not have it does not show, and what is stored does not forget.
        assert (await api.must("GET", f"{WIDGETS}/two"))["spec"] == {"a": "2"}
        assert (await api.must("GET", f"{OTHER}/two"))["spec"] == {"a": "2", "b": "x"}
        revision = str(api.server.environment.store.revision)
        watches = [await api.raw("GET", path, watch="true", resourceVersion=revision) for path in (WIDGETS, OTHER)]
        await api.must("DELETE", f"{OTHER}/two")
        for watch, shown in zip(watches, ({"a": "2"}, {"a": "2", "b": "x"}), strict=True):
            (event,) = await take_events(watch.body, "DELETED")
            assert cast("Document", event["object"])["spec"] == shown


async def test_a_version_that_is_not_served_is_not_there() -> None:
    async with serving(definition(version_of(V1), version_of(V2, "v2", storage=False, served=False))) as api:
        assert (await api.ask("GET", OTHER)).status == 404
        patch = [{"op": "replace", "path": "/spec/versions/1/served", "value": True}]
        await api.must("PATCH", f"{DEFINITIONS}/widgets.example.com", patch, content_type=JSON_PATCH)
        await api.server.custom_resources.load()
        assert (await api.ask("GET", OTHER)).status == 200
        groups = await api.must("GET", f"/apis/{GROUP}")
        assert cast("Document", groups["preferredVersion"])["version"] == "v2"


async def test_the_storage_version_can_be_switched() -> None:
    async with serving(definition(version_of(V1), version_of(V2, "v2", storage=False))) as api:
        await api.must("POST", WIDGETS, widget({"a": "1"}))
        patch = [
            {"op": "replace", "path": "/spec/versions/0/storage", "value": False},
            {"op": "replace", "path": "/spec/versions/1/storage", "value": True},
        ]
        path = f"{DEFINITIONS}/widgets.example.com"
        switched = await api.ask("PATCH", path, patch, content_type=JSON_PATCH)
        assert switched.at("status.storedVersions") == ["v1", "v2"]
        await api.server.custom_resources.load()
        assert (await api.must("GET", ONE))["spec"] == {"a": "1"}
        assert (await api.must("GET", f"{OTHER}/one"))["spec"] == {"a": "1", "b": "B"}


async def test_conversion_by_webhook_is_refused_with_a_reason_and_the_storage_version_works() -> None:
    made = definition(version_of(V1), version_of(V2, "v2", storage=False))
    webhook = {"clientConfig": {"url": "https://127.0.0.1:1/convert"}, "conversionReviewVersions": ["v1"]}
    cast("Document", made["spec"])["conversion"] = {"strategy": "Webhook", "webhook": webhook}
    async with serving(made) as api:
        await api.must("POST", WIDGETS, widget({"a": "1"}))
        answer = await api.ask("GET", f"{OTHER}/one")
        assert answer.status == 500
        assert str(answer.at("message")).startswith("conversion webhook for example.com/v2, Kind=Widget failed: ")


async def test_a_deprecated_version_says_so() -> None:
    versions = (
        version_of(V1, deprecated=True),
        version_of(V2, "v2", storage=False, deprecated=True, deprecationWarning="use v3"),
    )
    async with serving(definition(*versions)) as api:
        assert (await api.ask("GET", WIDGETS)).warnings == ['299 - "example.com/v1 Widget is deprecated"']
        assert (await api.ask("GET", OTHER)).warnings == ['299 - "use v3"']


async def test_a_kind_may_live_outside_of_namespaces() -> None:
    made = definition()
    cast("Document", made["spec"])["scope"] = "Cluster"
    async with serving(made) as api:
        created = await api.must("POST", f"/apis/{GROUP}/v1/widgets", widget({"a": 1}))
        assert "namespace" not in cast("Document", created["metadata"])
        assert (await api.ask("GET", f"/apis/{GROUP}/v1/widgets/one")).status == 200
        assert (await api.ask("GET", WIDGETS)).status == 404


async def test_nothing_is_created_in_a_namespace_that_does_not_exist() -> None:
    async with serving(definition()) as api:
        answer = await api.ask("POST", f"/apis/{GROUP}/v1/namespaces/nowhere/widgets", widget({}))
        assert answer.status == 404


async def test_dry_runs_prune_and_fill_in_and_store_nothing() -> None:
    async with serving(definition(version_of(V2))) as api:
        answer = await api.ask("POST", WIDGETS, widget({"x": 1}), dryRun="All")
        assert (answer.status, answer.at("spec")) == (201, {"b": "B"})
        assert (await api.ask("GET", ONE)).status == 404


async def test_a_very_deep_object_is_refused() -> None:
    async with serving(definition()) as api:
        body = b'{"spec":' + b'{"a":' * 5_000 + b"1" + b"}" * 5_001
        assert (await api.ask("POST", WIDGETS, body)).status == 400


RULED = with_spec(
    n={"type": "integer"},
    a={**TEXT, "x-kubernetes-validations": [{"rule": "self == oldSelf", "message": "a is immutable"}]},
)
cast("dict[str, dict[str, Document]]", RULED["properties"])["spec"]["x-kubernetes-validations"] = [  # type: ignore[assignment] # a list of rules
    {"rule": "self.n < 10", "message": "n must stay small"}
]


async def test_rules_are_kept_on_the_way_in() -> None:
    async with serving(definition(version_of(RULED))) as api:
        refused = await api.ask("POST", WIDGETS, widget({"n": 10}))
        assert refused.at("message") == (
            'Widget.example.com "one" is invalid: spec: Invalid value: "object": n must stay small'
        )
        await api.must("POST", WIDGETS, widget({"n": 1, "a": "x"}))
        changed = await api.ask("PATCH", ONE, {"spec": {"a": "y"}}, content_type=MERGE)
        assert (changed.status, changed.at("details.causes.0.field")) == (422, "spec.a")
        wrong = await api.ask("POST", WIDGETS, widget({"n": "x"}, "two"))
        assert "some validation rules were not checked because the object was invalid" in str(wrong.at("message"))


async def test_a_definition_with_a_wrong_rule_is_refused() -> None:
    schema = with_spec(a={**TEXT, "x-kubernetes-validations": [{"rule": "self.nope"}]})
    async with serving() as api:
        answer = await api.ask("POST", DEFINITIONS, definition(version_of(schema)))
        assert answer.status == 422
        assert "compilation failed: ERROR: <input>:1:5: type 'string' does not support field selection" in str(
            answer.at("message")
        )


@pytest.mark.parametrize("place", ["items", "additionalProperties"])
async def test_schemas_within_schemas_are_read_as_strictly_as_the_outermost(place: str) -> None:
    kind = "array" if place == "items" else "object"
    async with serving() as api:
        body = definition(version_of(with_spec(a={"type": kind, place: {"type": "string", "colour": "blue"}})))
        strict = await api.ask("POST", DEFINITIONS, body, fieldValidation="Strict")
        assert strict.status == 400
        assert f'properties.a.{place}.colour"' in str(strict.at("message"))
        wrong = definition(version_of(with_spec(a={"type": kind, place: {"type": 5}})))
        refused = await api.ask("POST", DEFINITIONS, wrong)
        assert refused.status == 400
        assert "json: cannot unmarshal number into Go struct field JSONSchemaProps" in str(refused.at("message"))
        created = await api.ask("POST", DEFINITIONS, body)
        assert created.status == 201
        assert any("colour" in warning for warning in created.warnings)
