"""Definitions come, clash, change and go while the server runs."""

# ruff: noqa: E501 - one case, one line
from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import cast

import orjson

from suites.api_harness import JSON_PATCH, MERGE, Answer, Api
from suites.custom_resources import DEFINITIONS, GROUP, WIDGETS, definition, serving, version_of, widget, with_spec
from wherry.apimachinery.document import Document
from wherry.apiserver.custom_resources.keeper import CustomResources
from wherry.kit.tasks import TaskScope

PATH = f"{DEFINITIONS}/widgets.{GROUP}"


def told(answer: Answer) -> dict[str, str]:
    conditions = cast("list[dict[str, str]]", answer.at("status.conditions") or [])
    return {each["type"]: each["status"] for each in conditions}


async def until_gone(api: Api, path: str) -> None:
    async with asyncio.timeout(5):
        while (await api.ask("GET", path)).status != 404:
            await asyncio.sleep(0)


async def test_a_definition_is_established_without_anybody_asking() -> None:
    async with serving() as api:
        await api.must("POST", DEFINITIONS, definition())
        async with asyncio.timeout(5):
            while "Established" not in told(answer := await api.ask("GET", PATH)):
                await asyncio.sleep(0)
        assert told(answer) == {"NamesAccepted": "True", "Established": "True"}
        assert answer.at("status.acceptedNames.listKind") == "WidgetList"
        assert (await api.ask("GET", WIDGETS)).status == 200


async def test_a_name_that_is_given_up_goes_to_who_waits_for_it() -> None:
    async with serving(definition(shortNames=["w"])) as api:
        await api.must("POST", DEFINITIONS, definition(kind="Gadget", shortNames=["w"]))
        await api.server.custom_resources.load()
        waiting = await api.ask("GET", f"{DEFINITIONS}/gadgets.{GROUP}")
        assert told(waiting) == {"NamesAccepted": "False", "Established": "False"}
        assert (await api.ask("GET", f"/apis/{GROUP}/v1/gadgets")).status == 404
        await api.must("DELETE", PATH)
        await until_gone(api, PATH)
        await api.server.custom_resources.load()
        assert told(await api.ask("GET", f"{DEFINITIONS}/gadgets.{GROUP}"))["Established"] == "True"
        assert (await api.ask("GET", f"/apis/{GROUP}/v1/gadgets")).status == 200


async def test_a_definition_takes_its_objects_along_and_waits_for_the_slow_ones() -> None:
    async with serving(definition()) as api:
        await api.must("POST", WIDGETS, widget({}, metadata={"name": "slow", "finalizers": ["example.com/wait"]}))
        await api.must("POST", WIDGETS, widget({}, "quick"))
        await api.must("DELETE", PATH)
        await until_gone(api, f"{WIDGETS}/quick")
        await api.server.custom_resources.load()
        assert told(await api.ask("GET", PATH))["Terminating"] == "True"
        refused = await api.ask("POST", WIDGETS, widget({}))
        assert (refused.status, refused.at("message")) == (
            405,
            "create not allowed while custom resource definition is terminating",
        )
        assert cast("Document", (await api.must("GET", f"{WIDGETS}/slow"))["metadata"])["deletionTimestamp"]
        await api.must("PATCH", f"{WIDGETS}/slow", {"metadata": {"finalizers": None}}, content_type=MERGE)
        await until_gone(api, PATH)
        await until_gone(api, f"/apis/{GROUP}/v1")


async def test_objects_that_no_version_serves_any_more_go_too() -> None:
    async with serving(definition()) as api:
        await api.must("POST", WIDGETS, widget({}))
        patch = [{"op": "replace", "path": "/spec/versions/0/served", "value": False}]
        await api.must("PATCH", PATH, patch, content_type=JSON_PATCH)
        await api.must("DELETE", PATH)
        await until_gone(api, PATH)
        await api.must("POST", DEFINITIONS, definition())
        await api.server.custom_resources.load()
        assert (await api.must("GET", WIDGETS))["items"] == []


async def test_definitions_that_are_there_already_are_served_from_the_start() -> None:
    async with serving(definition()) as api:
        api.server.catalog.remove(GROUP, "v1", "widgets")
        fresh = CustomResources(api.server.environment.objects, api.server.catalog, api.server.environment.clock)
        await fresh.load()
        assert (await api.ask("GET", WIDGETS)).status == 200


async def test_nobody_shadows_a_built_in_group() -> None:
    made = definition(kind="Ingress", plural="ingresses", group="networking.k8s.io")
    cast("Document", made["metadata"])["annotations"] = {"api-approved.kubernetes.io": "unapproved"}
    async with serving(made) as api:
        before = api.server.catalog.lookup("networking.k8s.io", "v1", "ingresses")
        assert before is None or not before.is_custom


async def test_a_status_of_ones_own_does_not_undo_the_names() -> None:
    async with serving(definition(version_of(with_spec()))) as api:
        body = await api.must("GET", PATH)
        status = cast("Document", body["status"])
        mine = {"type": "StatusUpdate", "status": "True", "reason": "E2E", "message": "set", "lastTransitionTime": None}
        updated = await api.ask(
            "PUT", f"{PATH}/status", {**body, "status": {**status, "conditions": [*cast("list[object]", status["conditions"]), mine]}}
        )  # fmt: skip
        assert updated.status == 200
        await api.server.custom_resources.load()
        assert told(await api.ask("GET", PATH)) == {
            "NamesAccepted": "True",
            "Established": "True",
            "StatusUpdate": "True",
        }


async def read_to_the_end(api: Api, path: str, **query: str) -> list[Document]:
    """All events of a watch that ends by itself."""
    response = await api.raw("GET", path, watch="true", **query)  # type: ignore[arg-type] # all options are text
    events: list[Document] = []
    async with asyncio.timeout(5):
        async for piece in cast("AsyncIterator[bytes]", response.body):
            events += [orjson.loads(line) for line in piece.splitlines()]
    return events


async def test_watches_of_a_kind_end_with_it_after_the_last_event() -> None:
    async with serving(definition()) as api:
        await api.must("POST", WIDGETS, widget({}))
        async with TaskScope("test") as scope:
            reading = scope.start("watch", read_to_the_end(api, WIDGETS))
            await asyncio.sleep(0)
            await api.must("DELETE", PATH)
            events = await reading
        assert [event["type"] for event in events] == ["ADDED", "DELETED"]


async def test_watches_begin_anew_when_the_schema_changes() -> None:
    async with serving(definition(version_of(with_spec(a={"type": "string"})))) as api, TaskScope("test") as scope:
        reading = scope.start("watch", read_to_the_end(api, WIDGETS))
        await asyncio.sleep(0)
        patch = [{"op": "add", "path": "/spec/versions/0/schema/openAPIV3Schema/description", "value": "New."}]
        await api.must("PATCH", PATH, patch, content_type=JSON_PATCH)
        assert await reading == []


async def test_a_status_that_tells_nothing_new_ends_no_watch() -> None:
    async with serving(definition()) as api, TaskScope("test") as scope:
        reading = scope.start("watch", read_to_the_end(api, WIDGETS))
        await asyncio.sleep(0)
        await api.must("PATCH", PATH, {"metadata": {"labels": {"a": "b"}}}, content_type=MERGE)
        await api.server.custom_resources.load()
        await asyncio.sleep(0)
        assert not reading.done()
        reading.cancel()
