from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
import pytest

from suites.custom_resources import serving
from suites.release_orders import OTHER_DIGEST, content, manifests, order
from wherry.api.core.namespace import NAMESPACES
from wherry.api.core.secret import SECRETS
from wherry.api.method.release import RELEASES, ConfigEntry, ObjectRef, ReleaseSpec
from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import Invalid
from wherry.client.client import Client
from wherry.client.transport import InProcess
from wherry.method.delivery.composing import Content
from wherry.method.delivery.kept_manifests import read_documents
from wherry.method.delivery.ledger import (
    Ledger,
    difference,
    ensure_namespace,
    expected_name,
    find_same,
    last_noted,
    list_releases,
    next_number,
)

NOW = "2026-11-28T00:00:00Z"


@asynccontextmanager
async def cluster() -> AsyncIterator[Client]:
    async with serving() as api:
        client = Client(InProcess(api.server.app, user="ana", groups=("system:masters", "system:authenticated")))
        for environment in ("dev", "prod"):
            await ensure_namespace(client, f"orders-{environment}", "orders", environment)
        yield client


async def test_numbers_count_over_all_environments_and_are_not_given_twice() -> None:
    async with cluster() as client:
        ledger = Ledger(client, "orders")
        first = await ledger.add(content(), "ana", NOW)
        second = await ledger.add(content(order(environment="prod")), "ana", NOW)
        assert [first.name, second.name] == ["orders-r1", "orders-r2"]
        assert expected_name(second) == second.name
        await client.delete(RELEASES, second.name, "orders-prod")
        third = await ledger.add(content(order(OTHER_DIGEST)), "ana", NOW)
        assert third.name == "orders-r3"
        assert [one.name for one in await list_releases(client, "orders")] == ["orders-r1", "orders-r3"]


async def test_a_release_is_refused_every_change_and_its_status_is_not() -> None:
    async with cluster() as client:
        made = await Ledger(client, "orders").add(content(), "ana", NOW)
        with pytest.raises(Invalid, match="a release never changes"):
            await client.patch(RELEASES, made.name, {"spec": {"digest": OTHER_DIGEST}}, "orders-dev")
        with pytest.raises(Invalid, match="a release never changes"):
            await client.patch(RELEASES, made.name, {"spec": {"manifests": "other"}}, "orders-dev")
        with pytest.raises(Invalid, match="a release never changes"):
            await client.patch(RELEASES, made.name, {"spec": {"config": []}}, "orders-dev")
        status: Document = {"status": {"state": "Running"}}
        patched = await client.patch(RELEASES, made.name, status, "orders-dev", subresource="status")
        assert patched.status.state == "Running"


async def test_the_secrets_of_a_release_go_when_it_goes() -> None:
    async with cluster() as client:
        made = await Ledger(client, "orders").add(content(), "ana", NOW)
        kept = await client.get(SECRETS, made.spec.secrets_from, "orders-dev")
        assert [owner.uid for owner in kept.metadata.owner_references] == [made.metadata.uid]


async def test_what_somebody_left_who_was_interrupted_is_no_hindrance() -> None:
    async with cluster() as client:
        ledger = Ledger(client, "orders")
        left = content().release(1, "ana", NOW)
        assert left.secret is not None
        await client.create(SECRETS, left.secret, "orders-dev")
        assert (await ledger.add(content(), "ana", NOW)).name == "orders-r1"


async def test_an_environment_is_a_namespace_that_says_so() -> None:
    async with cluster() as client:
        assert not await ensure_namespace(client, "orders-dev", "orders", "dev")
        found = await client.get(NAMESPACES, "orders-dev")
        assert found.metadata.labels["wherry.dev/environment"] == "dev"


async def test_a_cluster_that_knows_no_releases_has_none() -> None:
    async with serving() as api:
        assert await list_releases(Client(InProcess(api.server.app, user="a", groups=("system:masters",)))) == []


def test_the_next_number_is_above_all_releases_and_notes() -> None:
    assert next_number([], []) == 1
    assert next_number([], [4, 2]) == 5


async def test_the_same_content_is_found_in_its_environment_only() -> None:
    async with cluster() as client:
        made = await Ledger(client, "orders").add(content(), "ana", NOW)
        assert find_same([made], "dev", content().hash) == made
        assert find_same([made], "prod", content().hash) is None
        assert find_same([made], "dev", content(order(OTHER_DIGEST)).hash) is None


def spec_of(made: Content) -> ReleaseSpec:
    return msgspec.convert(made.release(1, "ana", NOW).release["spec"], ReleaseSpec)


def test_two_releases_are_compared_without_showing_a_secret() -> None:
    old = spec_of(content())
    new = spec_of(content(order(OTHER_DIGEST), manifests("debug", "coffee")[:3]))
    lines = difference(old, new)
    assert lines[0].startswith("image: aaaaaaaaaaaa -> bbbbbbbbbbbb")
    assert "ConfigMap/orders LEVEL: info -> debug" in lines
    assert "Secret/orders PASSWORD: changed (secret)" in lines
    assert "StatefulSet orders-db: gone" in lines
    assert "coffee" not in str(lines)
    assert difference(old, old) == []


async def test_everybody_who_releases_at_the_same_moment_gets_a_number_of_their_own() -> None:
    async with cluster() as client:
        contents = [
            content(order(environment=environment), manifests(level))
            for environment in ("dev", "prod")
            for level in ("debug", "info", "error")
        ]
        made = await asyncio.gather(*(Ledger(client, "orders").add(one, "ana", NOW) for one in contents))
        assert len({release.name for release in made}) == len(contents)
        for release in made:
            assert release.name == expected_name(release)
            found = await read_documents(client, release)
            assert len(found) == len(manifests())


async def test_services_that_share_a_namespace_count_apart() -> None:
    async with cluster() as client:
        assert not await ensure_namespace(client, "orders-dev", "stock", "dev")
        found = await client.get(NAMESPACES, "orders-dev")
        assert found.metadata.labels["wherry.dev/service"] == "orders"
        for _ in range(2):
            made = await Ledger(client, "orders").add(content(), "ana", NOW)
            await client.delete(RELEASES, made.name, "orders-dev")
        assert await last_noted(client, "orders", ("orders-dev", "none")) == 2
        assert await last_noted(client, "stock", ("orders-dev", "none")) == 0


def test_the_content_hash_in_the_name_of_a_setting_is_no_difference() -> None:
    def released(name: str, level: str) -> ReleaseSpec:
        spec = spec_of(content())
        setting = ConfigEntry(source=f"ConfigMap/{name}", key="LEVEL", value=level)
        return msgspec.structs.replace(
            spec, config=(setting,), objects=(ObjectRef(api_version="v1", kind="ConfigMap", name=name),)
        )

    old, new = released("orders-7tmfm2mbkf", "info"), released("orders-ddhk7c5k7c", "debug")
    assert difference(old, new) == ["ConfigMap/orders LEVEL: info -> debug"]
