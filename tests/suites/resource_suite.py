"""What every kind must be able to do, run on every entry of RESOURCE_TYPES.

The objects come from `sample_objects.BODIES`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import cast

import orjson
import pytest

from suites.api_harness import MERGE, PARTIAL, TABLE, Api, make_api
from suites.sample_objects import body_of
from wherry.api.registry import RESOURCE_TYPES
from wherry.apimachinery.document import Document
from wherry.apimachinery.resource_type import AnyResourceType

# Where the suite needs another object than the smallest one: a pod that is gone as soon as it is deleted.
SPECIAL: dict[str, Document] = {
    "pods": {"spec": {"containers": [{"name": "app", "image": "app:1"}], "terminationGracePeriodSeconds": 0}},
}
STORED = [resource for resource in RESOURCE_TYPES if "get" in resource.verbs]


def object_of(resource: AnyResourceType, name: str = "sample", **metadata: object) -> Document:
    """A valid object of this kind."""
    return {
        "apiVersion": resource.api_version,
        "kind": resource.kind,
        "metadata": {"name": name, **metadata},
        **(SPECIAL.get(resource.plural) or body_of(resource)),
    }


@pytest.mark.parametrize("resource", STORED, ids=[resource.plural for resource in STORED])
class ResourceSuite:
    """Inherit from this in a test file, and the whole suite runs there."""

    @pytest.fixture
    async def api(self) -> Api:
        return await make_api()

    async def test_create_answers_the_object_with_its_identity(self, api: Api, resource: AnyResourceType) -> None:
        answer = await api.ask("POST", resource.url("default"), object_of(resource))
        assert answer.status == 201, answer.body
        assert answer.at("kind") == resource.kind
        assert answer.at("metadata.uid")
        assert answer.at("metadata.creationTimestamp") == "2027-01-15T08:00:00Z"
        assert answer.at("metadata.namespace") == ("default" if resource.namespaced else None)

    async def test_get_answers_what_create_answered(self, api: Api, resource: AnyResourceType) -> None:
        created = await api.must("POST", resource.url("default"), object_of(resource))
        assert await api.must("GET", resource.url("default", "sample")) == created

    async def test_a_second_create_is_refused(self, api: Api, resource: AnyResourceType) -> None:
        await api.must("POST", resource.url("default"), object_of(resource))
        answer = await api.ask("POST", resource.url("default"), object_of(resource))
        assert (answer.status, answer.at("reason")) == (409, "AlreadyExists")

    async def test_generate_name_adds_five_safe_characters(self, api: Api, resource: AnyResourceType) -> None:
        body = object_of(resource)
        body["metadata"] = {"generateName": "some-"}
        name = (await api.ask("POST", resource.url("default"), body)).at("metadata.name")
        assert isinstance(name, str)
        assert name.startswith("some-")
        assert len(name) == 10

    async def test_a_dry_run_stores_nothing(self, api: Api, resource: AnyResourceType) -> None:
        answer = await api.ask("POST", resource.url("default"), object_of(resource), dryRun="All")
        assert answer.status == 201
        assert (await api.ask("GET", resource.url("default", "sample"))).status == 404

    async def test_an_update_with_an_old_revision_is_a_conflict(self, api: Api, resource: AnyResourceType) -> None:
        created = await api.must("POST", resource.url("default"), object_of(resource))
        changed = {**created, "metadata": {**cast("Document", created["metadata"]), "labels": {"a": "b"}}}
        await api.must("PUT", resource.url("default", "sample"), changed)
        answer = await api.ask("PUT", resource.url("default", "sample"), changed)
        assert (answer.status, answer.at("reason")) == (409, "Conflict")

    async def test_a_merge_patch_changes_the_labels(self, api: Api, resource: AnyResourceType) -> None:
        await api.must("POST", resource.url("default"), object_of(resource))
        patch = {"metadata": {"labels": {"tier": "front"}}}
        answer = await api.ask("PATCH", resource.url("default", "sample"), patch, content_type=MERGE)
        assert answer.at("metadata.labels.tier") == "front", answer.body

    async def test_an_update_that_changes_nothing_keeps_the_revision(self, api: Api, resource: AnyResourceType) -> None:
        created = await api.must("POST", resource.url("default"), object_of(resource))
        assert await api.must("PUT", resource.url("default", "sample"), created) == created

    async def test_an_unknown_field_is_refused_when_strict_and_warned_of_otherwise(
        self, api: Api, resource: AnyResourceType
    ) -> None:
        body = {**object_of(resource), "nonsense": 1}
        strict = await api.ask("POST", resource.url("default"), body, fieldValidation="Strict")
        assert strict.status == 400
        assert 'strict decoding error: unknown field "nonsense"' in str(strict.at("message"))
        lenient = await api.ask("POST", resource.url("default"), body)
        assert lenient.status == 201
        assert '299 - "unknown field \\"nonsense\\""' in lenient.warnings

    async def test_a_list_selects_by_label(self, api: Api, resource: AnyResourceType) -> None:
        await api.must("POST", resource.url("default"), object_of(resource, "one", labels={"pick": "yes"}))
        await api.must("POST", resource.url("default"), object_of(resource, "two"))
        answer = await api.must("GET", resource.url("default"), labelSelector="pick=yes")
        assert answer["kind"] == resource.list_kind
        assert [item["metadata"]["name"] for item in cast("list[Document]", answer["items"])] == ["one"]  # type: ignore[index]

    async def test_a_table_has_a_cell_for_each_column(self, api: Api, resource: AnyResourceType) -> None:
        await api.must("POST", resource.url("default"), object_of(resource))
        for path in (resource.url("default"), resource.url("default", "sample")):
            answer = await api.ask("GET", path, accept=TABLE)
            assert answer.at("kind") == "Table"
            columns, cells = answer.at("columnDefinitions"), answer.at("rows.0.cells")
            assert isinstance(columns, list)
            assert isinstance(cells, list)
            assert len(cells) == len(columns)

    async def test_metadata_can_be_had_alone(self, api: Api, resource: AnyResourceType) -> None:
        created = await api.must("POST", resource.url("default"), object_of(resource))
        answer = await api.must("GET", resource.url("default", "sample"), accept=PARTIAL)
        assert answer["kind"] == "PartialObjectMetadata"
        assert answer["metadata"] == created["metadata"]

    async def test_a_watch_tells_of_creation_change_and_deletion(self, api: Api, resource: AnyResourceType) -> None:
        revision = str(api.server.environment.store.revision)
        response = await api.raw("GET", resource.url("default"), watch="true", resourceVersion=revision)
        url = resource.url("default", "sample")
        await api.must("POST", resource.url("default"), object_of(resource))
        await api.must("PATCH", url, {"metadata": {"labels": {"a": "b"}}}, content_type=MERGE)
        await api.must("DELETE", url, {"gracePeriodSeconds": 0})
        if resource.plural == "namespaces":
            await api.must("PUT", f"{url}/finalize", {"metadata": {"name": "sample"}, "spec": {}})
        types = [event["type"] for event in await take_events(response.body, "DELETED")]
        assert [name for name in types if name != "MODIFIED"] == ["ADDED", "DELETED"]
        assert "MODIFIED" in types

    async def test_deletion_makes_it_unknown(self, api: Api, resource: AnyResourceType) -> None:
        await api.must("POST", resource.url("default"), object_of(resource))
        answer = await api.ask("DELETE", resource.url("default", "sample"))
        assert answer.status == 200
        if resource.delete_returns_object:
            assert answer.at("kind") == resource.kind
        else:
            assert answer.at("status") == "Success"
        if resource.plural != "namespaces":
            gone = await api.ask("GET", resource.url("default", "sample"))
            assert (gone.status, gone.at("reason")) == (404, "NotFound")

    async def test_a_finalizer_keeps_it_until_it_is_taken_away(self, api: Api, resource: AnyResourceType) -> None:
        body = object_of(resource, finalizers=["example.com/wait"])
        await api.must("POST", resource.url("default"), body)
        url = resource.url("default", "sample")
        await api.must("DELETE", url)
        assert (await api.ask("GET", url)).at("metadata.deletionTimestamp")
        await api.must("PATCH", url, {"metadata": {"finalizers": None}}, content_type=MERGE)
        if resource.plural != "namespaces":
            assert (await api.ask("GET", url)).status == 404

    async def test_deletecollection_deletes_what_is_selected(self, api: Api, resource: AnyResourceType) -> None:
        if "deletecollection" not in resource.verbs:
            answer = await api.ask("DELETE", resource.url("default"))
            assert answer.status == 405
            return
        await api.must("POST", resource.url("default"), object_of(resource, "one", labels={"pick": "yes"}))
        await api.must("POST", resource.url("default"), object_of(resource, "two"))
        await api.must("DELETE", resource.url("default"), labelSelector="pick=yes")
        assert (await api.ask("GET", resource.url("default", "one"))).status == 404
        assert (await api.ask("GET", resource.url("default", "two"))).status == 200


async def take_events(body: object, last_type: str) -> list[Document]:
    """Read a watch until an event of this type (and close it)."""
    assert isinstance(body, AsyncIterator)
    events: list[Document] = []
    try:
        async for piece in body:
            events.extend(orjson.loads(line) for line in piece.splitlines())
            if any(event["type"] == last_type for event in events):
                break
    finally:
        await body.aclose()  # type: ignore[attr-defined]  # a watch's body is a generator
    return events
