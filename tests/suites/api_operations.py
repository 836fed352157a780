"""What the conformance list calls "API operations": all that can be done with the objects of one kind, step by step.

    await ApiOperations(cluster, OperatedKind("networking.k8s.io/v1", "Ingress")).run()

Four objects carry a label, three of them in one namespace (of a kind without namespaces there are three in all);
one more does not, and must outlive them. A watch runs from the first list to the last deletion.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from suites.api_harness import JSON_PATCH, MERGE, STRATEGIC
from suites.conformance_cluster import Cluster, Watching, watching
from suites.sample_objects import body_of, name_of, status_of
from wherry.api.registry import RESOURCE_TYPES
from wherry.apimachinery.document import Document
from wherry.apimachinery.resource_type import ALL_VERBS, AnyResourceType

APPLY = "application/apply-patch+yaml"
LABEL = "special-label"
SELECTOR = f"{LABEL}=battery"
NAMES = ("web", "one", "two")
BYSTANDER = "sample"
TRIES_MAX = 5

TYPES = {(resource.api_version, resource.kind): resource for resource in RESOURCE_TYPES}


@dataclass(frozen=True, slots=True)
class OperatedKind:
    """One kind, and in what it differs from others.

    `change` is a merge patch that alters what the object says, besides its metadata; `fields` replaces fields
    of the sample; `written_status` is what somebody reports of it.
    """

    api_version: str
    kind: str
    change: Document = field(default_factory=dict)
    fields: Document = field(default_factory=dict)
    written_status: Document | None = None

    @property
    def resource(self) -> AnyResourceType:
        """How it is declared."""
        return TYPES[self.api_version, self.kind]


class ApiOperations:
    """One run through everything."""

    def __init__(self, cluster: Cluster, kind: OperatedKind) -> None:
        self.cluster = cluster
        self.kind = kind
        self.resource = kind.resource
        self.here = ""
        self.there = ""

    async def run(self) -> None:
        """Do it all; each step checks what it has done."""
        await self._is_discovered()
        if self.resource.namespaced:
            self.here, self.there = await self.cluster.namespace(), await self.cluster.namespace()
        await self._are_created()
        revision = await self._are_listed()
        selection = {"labelSelector": SELECTOR, "resourceVersion": revision}
        async with watching(self.cluster, self.resource.url(self.here), **selection) as seen:
            await self._is_patched()
            await self._is_replaced()
            if self.resource.has_status:
                await self._has_its_status_written()
            await self._are_deleted()
        check_story(seen, {self._name(name) for name in NAMES})

    def _name(self, name: str) -> str:
        return name_of(self.resource, name)

    def _path(self, name: str = NAMES[0], subresource: str = "", namespace: str = "") -> str:
        return self.resource.url(namespace or self.here, self._name(name), subresource)

    async def _read(self, path: str, **query: str) -> Any:
        return await self.cluster.must("GET", path, **query)

    async def _is_discovered(self) -> None:
        """Group, version and resource are in the three documents that say what there is."""
        group, version = self.resource.group, self.resource.version
        if group:
            groups = (await self._read("/apis"))["groups"]
            assert group in [each["name"] for each in groups]
            versions = (await self._read(f"/apis/{group}"))["versions"]
            assert {"groupVersion": self.resource.api_version, "version": version} in versions
        entries = {each["name"]: each for each in (await self._read(self.resource.url_prefix))["resources"]}
        entry = entries[self.resource.plural]
        assert (entry["kind"], entry["namespaced"]) == (self.kind.kind, self.resource.namespaced)
        assert set(ALL_VERBS) <= set(entry["verbs"])
        if self.resource.has_status:
            assert {"get", "patch", "update"} <= set(entries[f"{self.resource.plural}/status"]["verbs"])

    def _sample(self, name: str, labels: Mapping[str, str]) -> Document:
        metadata: Document = {"name": self._name(name), "labels": dict(labels)}
        identity: Document = {"apiVersion": self.resource.api_version, "kind": self.kind.kind, "metadata": metadata}
        return {**identity, **body_of(self.resource, name), **copy.deepcopy(self.kind.fields)}

    async def _are_created(self) -> None:
        for name in NAMES:
            await self._create(self.here, name, {LABEL: "battery"})
        await self._create(self.here, BYSTANDER, {})
        if self.resource.namespaced:
            await self._create(self.there, NAMES[0], {LABEL: "battery"})

    async def _create(self, namespace: str, name: str, labels: Mapping[str, str]) -> None:
        sample, path = self._sample(name, labels), self.resource.url(namespace)
        answer = await self.cluster.ask("POST", path, sample, fieldValidation="Strict")
        assert answer.status == 201, answer.body
        found = await self._read(self._path(name, namespace=namespace))
        for identity in ("uid", "name", "namespace", "labels", "creationTimestamp"):
            assert found["metadata"].get(identity) == answer.at(f"metadata.{identity}")

    async def _are_listed(self) -> str:
        """Returns the revision of the list."""
        everywhere = await self.cluster.items(self.resource.url(), labelSelector=SELECTOR)
        assert len(everywhere) == len(NAMES) + (1 if self.resource.namespaced else 0)
        listed = await self._read(self.resource.url(self.here), labelSelector=SELECTOR)
        assert listed["kind"] == self.resource.list_kind
        names = [each["metadata"]["name"] for each in listed["items"]]
        assert sorted(names) == sorted(self._name(name) for name in NAMES)
        return str(listed["metadata"]["resourceVersion"])

    async def _is_patched(self) -> None:
        for content_type, note in ((MERGE, "merged"), (STRATEGIC, "strategic")):
            await self._noted(note, await self.cluster.patch(self._path(), _note(note), content_type=content_type))
        added: list[Document] = [{"op": "add", "path": "/metadata/annotations/jsonpatched", "value": "true"}]
        await self._noted("jsonpatched", await self.cluster.patch(self._path(), added, content_type=JSON_PATCH))
        applied: Any = await self._apply(self._path(), _note("applied"))
        await self._noted("applied", applied)
        managers = [(each.get("manager"), each["operation"]) for each in applied["metadata"]["managedFields"]]
        assert ("battery", "Apply") in managers
        if self.kind.change:
            changed = await self.cluster.patch(self._path(), self.kind.change)
            assert contains(changed, self.kind.change), changed

    async def _noted(self, note: str, answered: Any) -> None:
        for document in (answered, await self._read(self._path())):
            assert document["metadata"]["annotations"][note] == "true"

    async def _apply(self, path: str, body: dict[str, Any]) -> Document:
        metadata = {"name": self._name(NAMES[0]), **body["metadata"]}
        sent = {"apiVersion": self.resource.api_version, "kind": self.kind.kind, **body, "metadata": metadata}
        return await self.cluster.must("PATCH", path, sent, content_type=APPLY, fieldManager="battery", force="true")

    async def _is_replaced(self) -> None:
        stale = await self.cluster.must("GET", self._path())
        await self.cluster.patch(self._path(), _note("between"))
        refused = await self.cluster.ask("PUT", self._path(), stale)
        assert (refused.status, refused.at("reason")) == (409, "Conflict")
        await self._noted("updated", await self._replace(self._path(), _note("updated")))

    async def _replace(self, path: str, change: Document) -> Document:
        """Read, change, write back; again when somebody else was quicker."""
        for _ in range(TRIES_MAX):
            answer = await self.cluster.ask("PUT", path, merged(await self.cluster.must("GET", self._path()), change))
            if answer.status != 409:
                assert answer.status == 200, answer.body
                return answer.json
        raise AssertionError(f"{path} is changed by others all the time")

    async def _has_its_status_written(self) -> None:
        path = self._path(subresource="status")
        before = await self._read(path)
        assert before["metadata"]["uid"] == (await self._read(self._path()))["metadata"]["uid"]
        status = self.kind.written_status or status_of(self.resource)
        change: Document = {"status": status}
        for content_type, note in ((MERGE, "statusmerged"), (STRATEGIC, "statusstrategic")):
            sent = {**change, **_note(note)}
            await self._reported(status, note, await self.cluster.patch(path, sent, content_type=content_type))
        replaced: list[Document] = [
            {"op": "replace", "path": f"/status/{name}", "value": status[name]} for name in status
        ]
        noted: Document = {"op": "add", "path": "/metadata/annotations/statusjson", "value": "true"}
        answered = await self.cluster.patch(path, [*replaced, noted], content_type=JSON_PATCH)
        await self._reported(status, "statusjson", answered)
        await self._reported(status, "statusapplied", await self._apply(path, {**change, **_note("statusapplied")}))
        await self._reported(status, "statusupdated", await self._replace(path, {**change, **_note("statusupdated")}))
        assert (await self.cluster.must("GET", path)).get("spec") == before.get("spec")
        without = {**await self.cluster.must("GET", self._path()), "status": {}}
        answer = await self.cluster.ask("PUT", self._path(), without)
        assert answer.status == 409 or contains(answer.json, change), "writing the whole object must leave its status"

    async def _reported(self, status: Document, note: str, answered: Document) -> None:
        assert contains(answered, {"status": status}), answered
        await self._noted(note, answered)

    async def _are_deleted(self) -> None:
        removed = NAMES[-1]
        answer = await self.cluster.ask("DELETE", self._path(removed))
        assert answer.status in (200, 202), answer.body
        await self.cluster.until_gone(self._path(removed))
        here = self.resource.url(self.here)
        assert len(await self.cluster.items(here, labelSelector=SELECTOR)) == len(NAMES) - 1
        await self.cluster.must("DELETE", here, labelSelector=SELECTOR)

        async def none_is_left() -> bool:
            return not await self.cluster.items(here, labelSelector=SELECTOR)

        await self.cluster.until(none_is_left, "the end of the collection")
        assert await self.cluster.exists(self._path(BYSTANDER))
        if self.resource.namespaced:
            assert await self.cluster.exists(self._path(namespace=self.there))
        await self.cluster.pass_time(0.1)


def check_story(seen: Watching, names: set[str]) -> None:
    """A watch from the list on: changes with what was written, one end for each object, revisions that only grow."""
    events: list[Any] = list(seen.events)
    told = [(event["type"], event["object"]["metadata"]) for event in events]
    revisions = [int(metadata["resourceVersion"]) for _, metadata in told]
    assert revisions == sorted(revisions)
    assert {kind for kind, _ in told} == {"MODIFIED", "DELETED"}
    assert sorted(metadata["name"] for kind, metadata in told if kind == "DELETED") == sorted(names)
    notes = [metadata.get("annotations", {}) for kind, metadata in told if kind == "MODIFIED"]
    for note in ("merged", "strategic", "jsonpatched", "applied", "updated"):
        assert any(note in each for each in notes), f"no event shows {note}"


def merged(document: Document, change: Document) -> Document:
    """The document with a merge patch's values put in."""
    result = dict(document)
    for name, value in change.items():
        old = result.get(name)
        result[name] = merged(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return result


def contains(found: object, wanted: object) -> bool:
    """Whether everything that is wanted is there; null means that it must not be."""
    if isinstance(wanted, dict):
        return isinstance(found, dict) and all(contains(found.get(name), value) for name, value in wanted.items())
    if isinstance(wanted, list):
        return isinstance(found, list) and len(found) == len(wanted) and all(map(contains, found, wanted))
    return found == wanted


def _note(name: str) -> Document:
    return {"metadata": {"annotations": {name: "true"}}}
