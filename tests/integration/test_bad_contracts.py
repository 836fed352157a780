"""What is wrong with one contract is said, with the way out, and costs nobody else theirs."""

from __future__ import annotations

import json

import pytest

from suites.two_teams import NEED, World, project, promise, world
from wherry.api.method.agreement import AGREEMENTS
from wherry.api.method.need import NEEDS
from wherry.api.method.release import Release, ReleaseSpec
from wherry.apimachinery.errors import StatusError
from wherry.method.contracts.acting import Actor, agree, entries, expose, propose
from wherry.method.contracts.need import Need
from wherry.method.contracts.needs import read_need
from wherry.method.contracts.nightly import KINDS, nightly_objects, put_nightly, take_nightly
from wherry.method.contracts.reading import BrokenDocument, read_text
from wherry.method.contracts.refusal import NotPossible
from wherry.method.done.contract_evidence import contract_evidence
from wherry.method.facts.facts import ContractFacts
from wherry.method.project import Environment


def need(path: str = "/orders/42", consumer: str = "web") -> Need:
    text = json.dumps(NEED).replace("/orders/42", path)
    return read_need(read_text(text, "orders.json"), consumer=consumer)


def elsewhere(w: World, namespace: str) -> Actor:
    return Actor(w.admin, namespace, "root")


async def spaces(w: World, *names: str) -> None:
    for name in names:
        body = json.dumps({"metadata": {"name": name}}).encode()
        await w.admin.request("POST", "/api/v1/namespaces", body=body)


async def test_a_need_that_nobody_can_read_is_named_and_hides_no_other_contract() -> None:
    async with world() as w:
        await w.begun()
        spec = {"consumer": "app", "provider": "orders", "digest": "sha256:" + "0" * 64, "document": "{"}
        whole = {**spec, "team": "app", "people": ["cleo"], "documentFrom": ""}
        await w.admin.create(NEEDS, {"metadata": {"name": "app-orders"}, "spec": whole}, "web-dev")
        parties = {"consumer": "app", "provider": "orders", "providerNamespace": "orders-dev"}
        await w.admin.create(AGREEMENTS, {"metadata": {"name": "app-orders"}, "spec": parties}, "web-dev")
        said: list[str] = []
        found = await entries(w.ana, service="orders", skipped=said.append)
        assert [entry.agreement.metadata.name for entry, _ in found] == ["web-orders"]
        assert len(said) == 1
        assert said[0].startswith("app-orders cannot be read: orders.json is not JSON")
        with pytest.raises(BrokenDocument):
            await entries(w.ana, service="orders")
        runs = Release(spec=ReleaseSpec(service="orders", number=1, environment="dev", image="", digest=""))
        seen = await contract_evidence(w.ana.client, runs, ("orders-dev",), ContractFacts(), known_ca=w.ca.cert_pem)
        assert [one.says.split(":")[0] for one in seen["contract-explicit"]] == [
            "web-orders", "app-orders cannot be read",
        ]  # fmt: skip


async def test_two_services_of_one_name_are_two() -> None:
    async with world() as w:
        await w.begun()
        await spaces(w, "other-dev")
        await propose(elsewhere(w, "other-dev"), project("web"), need("/orders/43"), ("cleo",))
        own = await entries(w.ben, service="web", spaces=("web-dev",))
        assert [entry.agreement.metadata.namespace for entry, _ in own] == ["web-dev"]
        # ben signs for the web of his own namespace, and for no other.
        await agree(w.ben, project("web"), own[0][0])
        for entry, _ in await entries(w.ana, service="orders", spaces=("orders-dev",)):
            signers = [one.user for one in entry.facts.signatures]
            assert signers == (["ben"] if entry.agreement.metadata.namespace == "web-dev" else [])


async def test_a_name_that_two_have_promised_must_be_told_apart() -> None:
    async with world() as w:
        await w.begun()
        await spaces(w, "other-dev")
        await expose(elsewhere(w, "other-dev"), project("orders"), promise(w.orders.document), ("cleo",))
        with pytest.raises(NotPossible, match="orders is promised in orders-dev and other-dev") as refused:
            await propose(w.ben, project("web"), need("/orders/7"), ("ben",))
        assert "--provider-namespace" in refused.value.remedy
        assert (await w.contract(w.ben))[0].facts.need.digest == need().digest


async def test_a_name_that_is_not_there_leaves_what_was_proposed_as_it_is() -> None:
    async with world() as w:
        await w.begun()
        unknown = Need("n", "web", "payments", "sha256:x", (), {})
        with pytest.raises(NotPossible, match="payments has published no contract"):
            await propose(w.ben, project("web"), unknown, ("ben",))
        assert [one.metadata.name for one in (await w.admin.list(NEEDS)).items] == ["web-orders"]


async def test_the_trial_of_the_night_comes_and_goes_and_knows_the_time() -> None:
    async with world() as w:
        place = ("dev", Environment(overlay="x", namespace="orders-dev"))
        objects = nightly_objects("orders", 'name = "orders"\n', place, "3:05", "wherry:1")
        for _ in range(2):
            await put_nightly(w.admin, "orders-dev", objects)
        cron = await w.admin.get_document(KINDS[-1], "orders-contracts", "orders-dev")
        spec = cron["spec"]
        assert isinstance(spec, dict)
        assert (spec["schedule"], spec["concurrencyPolicy"]) == ("5 3 * * *", "Forbid")
        with pytest.raises(StatusError):
            await put_nightly(w.ben.client, "orders-dev", objects)
        assert await take_nightly(w.admin, "orders-dev", "orders")
        assert not await take_nightly(w.admin, "orders-dev", "orders")


@pytest.mark.parametrize("at", ["25:00", "noon", "7", "12:60", ""])
def test_a_time_that_is_none_is_refused(at: str) -> None:
    with pytest.raises(NotPossible, match="is no time"):
        nightly_objects("orders", "", ("dev", Environment(overlay="x", namespace="d")), at, "wherry:1")
