"""What the outer groups have from the start: found where clients look, made once, brought up to date."""

from __future__ import annotations

from typing import cast

from suites.api_harness import MERGE, TABLE, make_api
from wherry.api.apiregistration.apiservice import API_SERVICES
from wherry.api.documents import find
from wherry.api.flowcontrol.configuration import AUTOUPDATE
from wherry.api.flowcontrol.flowschema import FLOW_SCHEMAS
from wherry.api.flowcontrol.prioritylevelconfiguration import PRIORITY_LEVEL_CONFIGURATIONS
from wherry.api.networking.servicecidr import SERVICE_CIDRS
from wherry.api.registry import RESOURCE_TYPES
from wherry.apimachinery.document import Document
from wherry.apiserver.bootstrap import BootstrapConfig, bootstrap

CONFIG = BootstrapConfig("10.96.0.0/16", "192.0.2.1", 6443, "192.0.2.53")


def names_in(listed: Document) -> set[object]:
    return {find(item, "metadata", "name") for item in cast("list[Document]", listed["items"])}


async def test_every_version_of_a_group_has_its_api_service_and_it_is_local() -> None:
    api = await make_api()
    listed = await api.must("GET", API_SERVICES.url())
    served = {f"{one.version}.{one.group}" for one in RESOURCE_TYPES if one.group != API_SERVICES.group}
    assert names_in(listed) == served
    core = await api.must("GET", API_SERVICES.url(name="v1."))
    assert find(core, "spec") == {"version": "v1", "groupPriorityMinimum": 18000, "versionPriority": 1}
    table = await api.ask("GET", API_SERVICES.url(name="v1.apps"), accept=TABLE)
    assert cast("list[object]", table.at("rows.0.cells"))[:3] == ["v1.apps", "Local", "True"]
    (condition,) = cast("list[Document]", find(core, "status", "conditions"))
    assert (condition["type"], condition["reason"]) == ("Available", "Local")


async def test_the_range_of_the_services_is_an_object_that_is_ready() -> None:
    api = await make_api()
    cidr = await api.must("GET", SERVICE_CIDRS.url(name="kubernetes"))
    assert find(cidr, "spec", "cidrs") == ["10.96.0.0/16"]
    (condition,) = cast("list[Document]", find(cidr, "status", "conditions"))
    assert (condition["type"], condition["status"]) == ("Ready", "True")
    assert condition["lastTransitionTime"] == find(cidr, "metadata", "creationTimestamp")


async def test_the_priority_levels_and_flow_schemas_of_every_cluster_are_there() -> None:
    api = await make_api()
    assert names_in(await api.must("GET", PRIORITY_LEVEL_CONFIGURATIONS.url())) == {
        "catch-all", "exempt", "global-default", "leader-election", "node-high", "system", "workload-high",
        "workload-low",
    }  # fmt: skip
    schemas = await api.must("GET", FLOW_SCHEMAS.url())
    assert {"exempt", "catch-all", "probes", "service-accounts", "global-default"} < names_in(schemas)
    table = await api.ask("GET", FLOW_SCHEMAS.url(name="exempt"), accept=TABLE)
    cells = cast("list[object]", table.at("rows.0.cells"))
    assert [*cells[:4], cells[5]] == ["exempt", "exempt", "1", "<none>", "False"]


async def test_a_second_start_changes_nothing() -> None:
    api = await make_api()
    revision = api.server.environment.store.revision
    await bootstrap(api.server.app, CONFIG)
    assert api.server.environment.store.revision == revision


async def test_a_changed_suggestion_comes_back_unless_it_was_changed_for_good() -> None:
    api = await make_api()
    path = PRIORITY_LEVEL_CONFIGURATIONS.url(name="workload-low")
    patch: Document = {"spec": {"limited": {"nominalConcurrencyShares": 7}}}
    await api.must("PATCH", path, patch, content_type=MERGE)
    await bootstrap(api.server.app, CONFIG)
    assert find(await api.must("GET", path), "spec", "limited", "nominalConcurrencyShares") == 100

    patch["metadata"] = {"annotations": {AUTOUPDATE: "false"}}
    await api.must("PATCH", path, patch, content_type=MERGE)
    await bootstrap(api.server.app, CONFIG)
    assert find(await api.must("GET", path), "spec", "limited", "nominalConcurrencyShares") == 7
