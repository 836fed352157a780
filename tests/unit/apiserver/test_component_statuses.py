"""The masters' parts, told as an old kind of object that is never stored."""

from __future__ import annotations

from suites.api_harness import TABLE, make_api

URL = "/api/v1/componentstatuses"


async def test_every_part_says_how_it_is_and_the_kind_is_called_old() -> None:
    api = await make_api()
    api.server.environment.components["scheduler"] = lambda: "not started yet"
    answer = await api.ask("GET", URL)
    assert answer.status == 200
    assert answer.at("kind") == "ComponentStatusList"
    assert [answer.at(f"items.{number}.metadata.name") for number in range(2)] == ["etcd-0", "scheduler"]
    assert answer.at("items.0.conditions") == [{"type": "Healthy", "status": "True", "message": "ok"}]
    assert answer.at("items.1.conditions") == [{"type": "Healthy", "status": "False", "error": "not started yet"}]
    assert answer.warnings == ['299 - "v1 ComponentStatus is deprecated in v1.19+"']


async def test_one_part_can_be_asked_for_and_shown_in_a_row() -> None:
    api = await make_api()
    answer = await api.ask("GET", f"{URL}/etcd-0", accept=TABLE)
    assert answer.at("rows.0.cells") == ["etcd-0", "Healthy", "ok", ""]
    assert (await api.ask("GET", f"{URL}/nobody")).status == 404
    assert (await api.ask("GET", URL, fieldSelector="metadata.name=nobody")).at("items") == []


async def test_parts_cannot_be_made() -> None:
    api = await make_api()
    assert (await api.ask("POST", URL, {"metadata": {"name": "x"}})).status == 405
