"""A version of a group that users have declared has its APIService, for as long as it is served."""

from __future__ import annotations

import asyncio

from suites.api_harness import Api
from suites.custom_resources import DEFINITIONS, GROUP, definition, serving
from wherry.api.apiregistration.apiservice import API_SERVICES
from wherry.apiserver.custom_resources.keeper import CustomResources

NAME = f"v1.{GROUP}"
PATH = API_SERVICES.url(name=NAME)
LABEL = "kube-aggregator.kubernetes.io/automanaged"


async def until(api: Api, path: str, status: int) -> None:
    async with asyncio.timeout(5):
        while (await api.ask("GET", path)).status != status:
            await asyncio.sleep(0)


async def test_it_comes_with_the_first_definition_and_goes_with_the_last() -> None:
    async with serving(definition()) as api:
        await until(api, PATH, 200)
        answer = await api.ask("GET", PATH)
        assert answer.json["metadata"]["labels"] == {LABEL: "true"}  # type: ignore[index]  # metadata is an object
        assert answer.at("spec") == {
            "group": GROUP, "version": "v1", "groupPriorityMinimum": 1000, "versionPriority": 100,
        }  # fmt: skip
        assert answer.at("status.conditions.0.reason") == "Local"
        await api.must("POST", DEFINITIONS, definition(kind="Gadget"))
        await api.server.custom_resources.load()
        await api.must("DELETE", f"{DEFINITIONS}/widgets.{GROUP}")
        await until(api, f"{DEFINITIONS}/widgets.{GROUP}", 404)
        await api.server.custom_resources.load()
        assert (await api.ask("GET", PATH)).status == 200
        await api.must("DELETE", f"{DEFINITIONS}/gadgets.{GROUP}")
        await until(api, PATH, 404)


async def test_one_that_somebody_else_has_made_is_left_alone() -> None:
    async with serving() as api:
        service = {"namespace": "default", "name": "widgets"}
        spec = {"group": GROUP, "version": "v1", "groupPriorityMinimum": 1, "versionPriority": 1, "service": service}
        made = await api.must("POST", API_SERVICES.url(), {"metadata": {"name": NAME}, "spec": spec})
        await api.must("POST", DEFINITIONS, definition())
        await api.server.custom_resources.load()
        await api.must("DELETE", f"{DEFINITIONS}/widgets.{GROUP}")
        await until(api, f"{DEFINITIONS}/widgets.{GROUP}", 404)
        await api.server.custom_resources.load()
        assert await api.must("GET", PATH) == made


async def test_what_went_while_the_server_was_down_is_removed_at_its_start() -> None:
    async with serving() as api:
        spec = {"group": "gone.example", "version": "v1", "groupPriorityMinimum": 1000, "versionPriority": 100}
        metadata = {"name": "v1.gone.example", "labels": {LABEL: "true"}}
        await api.must("POST", API_SERVICES.url(), {"metadata": metadata, "spec": spec})
        environment = api.server.environment
        await CustomResources(environment.objects, api.server.catalog, environment.clock).load()
        assert (await api.ask("GET", API_SERVICES.url(name="v1.gone.example"))).status == 404
