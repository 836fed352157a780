"""What every kind must be able to do, run on every entry of RESOURCE_TYPES.

The objects come from `sample_objects.BODIES`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import cast

import orjson
import pytest

from suites.api_harness import JSON_PATCH, MERGE, PARTIAL, STRATEGIC, TABLE, Api, make_api
from suites.sample_objects import NAMES, body_of, name_of, status_of
from wherry.api.registry import RESOURCE_TYPES
from wherry.apimachinery.document import Document
from wherry.apimachinery.resource_type import AnyResourceType
from wherry.apiserver.own_words import OBJECT_WITHOUT_EFFECT

# Where the suite needs another object than the smallest one: a pod that is gone as soon as it is deleted.
SPECIAL: dict[str, Document] = {
    "pods": {"spec": {"containers": [{"name": "app", "image": "app:1"}], "terminationGracePeriodSeconds": 0}},
}
# As kubectl asks for it: at once, and without keeping what belongs to it.
GONE: Document = {"gracePeriodSeconds": 0, "propagationPolicy": "Background"}
# What they contain goes first; see `let_go`.
FINALIZED = frozenset(("CustomResourceDefinition",))
STORED = [resource for resource in RESOURCE_TYPES if {"get", "create"} <= set(resource.verbs)]


def object_of(resource: AnyResourceType, name: str = "sample", **metadata: object) -> Document:
    """A valid object of this kind."""
    return {
        "apiVersion": resource.api_version,
        "kind": resource.kind,
        "metadata": {"name": name_of(resource, name), **metadata},
        **(SPECIAL.get(resource.plural) or body_of(resource, name)),
    }


def path_of(resource: AnyResourceType, name: str, subresource: str = "") -> str:
    """Where that object is."""
    return resource.url("default", name_of(resource, name), subresource)


@pytest.mark.parametrize("resource", STORED, ids=[resource.plural for resource in STORED])
class ResourceSuite:
    """Inherit from this in a test file, and the whole suite runs there."""

    @pytest.fixture
    async def api(self) -> Api:
        # Without controllers nobody takes the finalizers of claims and volumes away.
        return await make_api(disabled=frozenset({"StorageObjectInUseProtection"}))

    async def test_create_answers_the_object_with_its_identity(self, api: Api, resource: AnyResourceType) -> None:
        answer = await api.ask("POST", resource.url("default"), object_of(resource))
        assert answer.status == 201, answer.body
        assert answer.at("kind") == resource.kind
        assert answer.at("metadata.uid")
        assert answer.at("metadata.creationTimestamp") == "2027-01-15T08:00:00Z"
        assert answer.at("metadata.namespace") == ("default" if resource.namespaced else None)

    async def test_get_answers_what_create_answered(self, api: Api, resource: AnyResourceType) -> None:
        created = await api.must("POST", resource.url("default"), object_of(resource))
        assert await api.must("GET", path_of(resource, "sample")) == created

    async def test_a_second_create_is_refused(self, api: Api, resource: AnyResourceType) -> None:
        await api.must("POST", resource.url("default"), object_of(resource))
        answer = await api.ask("POST", resource.url("default"), object_of(resource))
        assert (answer.status, answer.at("reason")) == (409, "AlreadyExists")

    async def test_generate_name_adds_five_safe_characters(self, api: Api, resource: AnyResourceType) -> None:
        body = object_of(resource)
        body["metadata"] = {"generateName": "some-"}
        answer = await api.ask("POST", resource.url("default"), body)
        if resource.kind in NAMES:
            assert (answer.status, answer.at("reason")) == (422, "Invalid")
            return
        name = answer.at("metadata.name")
        assert isinstance(name, str)
        assert name.startswith("some-")
        assert len(name) == 10

    async def test_a_dry_run_stores_nothing(self, api: Api, resource: AnyResourceType) -> None:
        answer = await api.ask("POST", resource.url("default"), object_of(resource), dryRun="All")
        assert answer.status == 201
        assert (await api.ask("GET", path_of(resource, "sample"))).status == 404

    async def test_an_update_with_an_old_revision_is_a_conflict(self, api: Api, resource: AnyResourceType) -> None:
        created = await api.must("POST", resource.url("default"), object_of(resource))
        changed = {**created, "metadata": {**cast("Document", created["metadata"]), "labels": {"a": "b"}}}
        await api.must("PUT", path_of(resource, "sample"), changed)
        answer = await api.ask("PUT", path_of(resource, "sample"), changed)
        assert (answer.status, answer.at("reason")) == (409, "Conflict")

    async def test_a_merge_patch_changes_the_labels(self, api: Api, resource: AnyResourceType) -> None:
        await api.must("POST", resource.url("default"), object_of(resource))
        patch = {"metadata": {"labels": {"tier": "front"}}}
        answer = await api.ask("PATCH", path_of(resource, "sample"), patch, content_type=MERGE)
        assert answer.at("metadata.labels.tier") == "front", answer.body

    async def test_an_update_that_changes_nothing_keeps_the_revision(self, api: Api, resource: AnyResourceType) -> None:
        created = await api.must("POST", resource.url("default"), object_of(resource))
        assert await api.must("PUT", path_of(resource, "sample"), created) == created

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
        assert names_in(answer) == [name_of(resource, "one")]

    async def test_a_list_of_all_namespaces_selects_by_label(self, api: Api, resource: AnyResourceType) -> None:
        await api.must("POST", resource.url("default"), object_of(resource, "one", labels={"pick": "yes"}))
        await api.must("POST", resource.url("default"), object_of(resource, "two"))
        answer = await api.must("GET", resource.url(), labelSelector="pick=yes")
        assert names_in(answer) == [name_of(resource, "one")]

    async def test_discovery_names_it_with_its_verbs(self, api: Api, resource: AnyResourceType) -> None:
        group = await api.must("GET", resource.url_prefix)
        found = {str(one["name"]): one for one in cast("list[Document]", group["resources"])}
        entry = found[resource.plural]
        assert (entry["kind"], entry["namespaced"]) == (resource.kind, resource.namespaced)
        assert sorted(cast("list[str]", entry["verbs"])) == sorted(resource.verbs)
        assert tuple(cast("list[str]", entry.get("shortNames", []))) == resource.short_names
        for subresource in resource.subresources:
            below = found[f"{resource.plural}/{subresource.name}"]
            assert sorted(cast("list[str]", below["verbs"])) == sorted(subresource.verbs)

    @pytest.mark.parametrize("content_type", [MERGE, STRATEGIC, JSON_PATCH])
    async def test_each_kind_of_patch_writes_an_annotation(
        self, api: Api, resource: AnyResourceType, content_type: str
    ) -> None:
        await api.must("POST", resource.url("default"), object_of(resource, annotations={"kept": "yes"}))
        patch: object = {"metadata": {"annotations": {"patched": "true"}}}
        if content_type == JSON_PATCH:
            patch = [{"op": "add", "path": "/metadata/annotations/patched", "value": "true"}]
        answer = await api.ask("PATCH", path_of(resource, "sample"), patch, content_type=content_type)
        assert includes(answer.at("metadata.annotations"), {"kept": "yes", "patched": "true"}), answer.body

    async def test_a_watch_from_a_list_sees_the_update_and_the_end(self, api: Api, resource: AnyResourceType) -> None:
        created = await api.must("POST", resource.url("default"), object_of(resource, labels={"pick": "yes"}))
        listed = await api.must("GET", resource.url("default"), labelSelector="pick=yes")
        revision = str(cast("Document", listed["metadata"])["resourceVersion"])
        response = await api.raw(
            "GET", resource.url("default"), watch="true", labelSelector="pick=yes", resourceVersion=revision
        )
        metadata = {**cast("Document", created["metadata"]), "annotations": {"updated": "true"}}
        await api.must("PUT", path_of(resource, "sample"), {**created, "metadata": metadata})
        if "deletecollection" in resource.verbs:
            await api.must("DELETE", resource.url("default"), GONE, labelSelector="pick=yes")
        else:
            await api.must("DELETE", path_of(resource, "sample"), GONE)
        await let_go(api, resource, "sample")
        events = await take_events(response.body, "DELETED")
        annotations = [cast("dict[str, Document]", event["object"])["metadata"].get("annotations") for event in events]
        assert events[0]["type"] == "MODIFIED"
        assert {"updated": "true"}.items() <= cast("Document", annotations[0]).items()
        assert events[-1]["type"] == "DELETED"

    async def test_the_status_is_written_apart_from_the_rest(self, api: Api, resource: AnyResourceType) -> None:
        if not resource.has_status:
            answer = await api.ask("GET", path_of(resource, "sample", "status"))
            assert answer.status == 404
            return
        created = await api.must(
            "POST", resource.url("default"), {**object_of(resource), "status": status_of(resource)}
        )
        assert not includes(created["status"], status_of(resource))
        path = path_of(resource, "sample", "status")
        assert await api.must("GET", path) == created
        patch: Document = {"metadata": {"annotations": {"patched": "true"}}, "status": status_of(resource)}
        patched = await api.must("PATCH", path, patch, content_type=MERGE)
        assert includes(patched["status"], status_of(resource))
        assert includes(patched["metadata"], {"annotations": {"patched": "true"}})
        assert patched.get("spec") == created.get("spec")
        again = {**created, "metadata": patched["metadata"]}
        kept = await api.must("PUT", path_of(resource, "sample"), again)
        assert includes(kept["status"], status_of(resource))
        emptied = await api.must("PUT", path, {**kept, "status": created["status"]})
        assert emptied["status"] == created["status"]

    async def test_it_says_once_when_nothing_acts_on_it(self, api: Api, resource: AnyResourceType) -> None:
        said = f'299 - "{OBJECT_WITHOUT_EFFECT.format(kind=resource.qualified_plural)}"'
        answer = await api.ask("POST", resource.url("default"), object_of(resource))
        old = [f'299 - "{resource.deprecation_warning}"'] if resource.deprecation_warning else []
        assert answer.warnings == old + ([said] if resource.acted_on_by == "nobody" else [])
        patch = {"metadata": {"labels": {"a": "b"}}}
        answer = await api.ask("PATCH", path_of(resource, "sample"), patch, content_type=MERGE)
        assert answer.warnings == old

    async def test_a_table_has_a_cell_for_each_column(self, api: Api, resource: AnyResourceType) -> None:
        await api.must("POST", resource.url("default"), object_of(resource))
        for path in (resource.url("default"), path_of(resource, "sample")):
            answer = await api.ask("GET", path, accept=TABLE)
            assert answer.at("kind") == "Table"
            columns, cells = answer.at("columnDefinitions"), answer.at("rows.0.cells")
            assert isinstance(columns, list)
            assert isinstance(cells, list)
            assert len(cells) == len(columns)

    async def test_metadata_can_be_had_alone(self, api: Api, resource: AnyResourceType) -> None:
        created = await api.must("POST", resource.url("default"), object_of(resource))
        answer = await api.must("GET", path_of(resource, "sample"), accept=PARTIAL)
        assert answer["kind"] == "PartialObjectMetadata"
        assert answer["metadata"] == created["metadata"]

    async def test_a_watch_tells_of_creation_change_and_deletion(self, api: Api, resource: AnyResourceType) -> None:
        revision = str(api.server.environment.store.revision)
        response = await api.raw("GET", resource.url("default"), watch="true", resourceVersion=revision)
        url = path_of(resource, "sample")
        await api.must("POST", resource.url("default"), object_of(resource))
        await api.must("PATCH", url, {"metadata": {"labels": {"a": "b"}}}, content_type=MERGE)
        await api.must("DELETE", url, GONE)
        await let_go(api, resource, "sample")
        types = [event["type"] for event in await take_events(response.body, "DELETED")]
        assert [name for name in types if name != "MODIFIED"] == ["ADDED", "DELETED"]
        assert "MODIFIED" in types

    async def test_deletion_makes_it_unknown(self, api: Api, resource: AnyResourceType) -> None:
        await api.must("POST", resource.url("default"), object_of(resource))
        answer = await api.ask("DELETE", path_of(resource, "sample"), propagationPolicy="Background")
        assert answer.status == 200
        if resource.delete_returns_object or resource.kind in FINALIZED:
            assert answer.at("kind") == resource.kind
        else:
            assert answer.at("status") == "Success"
        await let_go(api, resource, "sample")
        gone = await api.ask("GET", path_of(resource, "sample"))
        assert (gone.status, gone.at("reason")) == (404, "NotFound")

    async def test_a_finalizer_keeps_it_until_it_is_taken_away(self, api: Api, resource: AnyResourceType) -> None:
        body = object_of(resource, finalizers=["example.com/wait"])
        await api.must("POST", resource.url("default"), body)
        url = path_of(resource, "sample")
        await api.must("DELETE", url, propagationPolicy="Background")
        assert (await api.ask("GET", url)).at("metadata.deletionTimestamp")
        await api.must("PATCH", url, {"metadata": {"finalizers": None}}, content_type=MERGE)
        await let_go(api, resource, "sample")
        assert (await api.ask("GET", url)).status == 404

    async def test_deletecollection_deletes_what_is_selected(self, api: Api, resource: AnyResourceType) -> None:
        if "deletecollection" not in resource.verbs:
            answer = await api.ask("DELETE", resource.url("default"))
            assert answer.status == 405
            return
        await api.must("POST", resource.url("default"), object_of(resource, "one", labels={"pick": "yes"}))
        await api.must("POST", resource.url("default"), object_of(resource, "two"))
        await api.must("DELETE", resource.url("default"), labelSelector="pick=yes", propagationPolicy="Background")
        await let_go(api, resource, "one")
        assert (await api.ask("GET", path_of(resource, "one"))).status == 404
        assert (await api.ask("GET", path_of(resource, "two"))).status == 200


async def let_go(api: Api, resource: AnyResourceType, name: str) -> None:
    """Do what the cluster does about an object that is being deleted and has contents: here it has none."""
    if resource.kind == "Namespace":
        await api.must("PUT", path_of(resource, name, "finalize"), {"metadata": {"name": name}, "spec": {}})
    elif resource.kind in FINALIZED:
        await api.ask("PATCH", path_of(resource, name), {"metadata": {"finalizers": None}}, content_type=MERGE)


def names_in(listed: Document) -> list[object]:
    """The names of the objects in a list."""
    return [cast("Document", item["metadata"])["name"] for item in cast("list[Document]", listed["items"])]


def includes(whole: object, part: object) -> bool:
    """Whether all of `part` stands in `whole`."""
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(includes(whole.get(name), value) for name, value in part.items())
    return whole == part


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
