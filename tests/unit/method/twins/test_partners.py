"""Whom a twin would call: found in its settings, stood in for in its own namespace."""

from __future__ import annotations

import copy
import json

import pytest

from suites.fake_api import FakeApi
from wherry.api.core.service import SERVICES
from wherry.api.method.api import APIS
from wherry.apimachinery.document import Document
from wherry.method.contracts import stand_in
from wherry.method.contracts.need import Need
from wherry.method.contracts.needs import read_need
from wherry.method.contracts.reading import read_text
from wherry.method.contracts.stand_in_program import choose
from wherry.method.delivery.run_plan import RunPlan
from wherry.method.facts.manifests import items, pod_spec, section
from wherry.method.twins.partners import Address, StandIn, addresses, redirected, stand_ins

PACT = {
    "consumer": {"name": "bills"},
    "provider": {"name": "orders"},
    "interactions": [
        {"description": "a row", "request": {"method": "GET", "path": "/x/1"},
         "response": {"status": 200, "headers": {"Content-Type": "application/json"}, "body": {"item": "tea"}}},
    ],
    "metadata": {"pactSpecification": {"version": "3.0.0"}},
}  # fmt: skip
API = {
    "openapi": "3.1.0",
    "info": {"title": "Orders", "version": "1"},
    "paths": {
        "/x/{id}": {"get": {"responses": {"200": {"description": "a row"}}}},
        "/all": {
            "get": {
                "responses": {
                    "200": {"description": "all", "content": {"application/json": {"schema": {}, "example": [7]}}}
                }
            }
        },
    },
}


PARTNER = StandIn("orders", (Address("orders-dev", 8080),))


def need(document: Document | None = None) -> Need:
    return read_need(read_text(json.dumps(document or PACT), "orders.json"), consumer="bills")


def plan(url: str, *, of_container: str = "") -> RunPlan:
    config: Document = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "c"},
        "data": {"PARTNER_URL": url},
    }
    container: Document = {"name": "bills", "image": "bills@x", "env": [{"name": "OTHER", "value": of_container}]}
    pod: Document = {"serviceAccountName": "bills", "containers": [container], "priorityClassName": "p"}
    spec: Document = {"template": {"spec": pod}}
    workload: Document = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "bills"}, "spec": spec}
    return RunPlan((config,), (), (workload,))


def setting(made: RunPlan) -> str:
    return str(section(made.settings[0], "data")["PARTNER_URL"])


@pytest.mark.parametrize(
    ("url", "found", "moved"),
    [
        ("http://orders.orders-dev:8080", [Address("orders-dev", 8080)], "http://orders.done-1:8080"),
        ("http://orders.orders-dev/v1", [Address("orders-dev", 80)], "http://orders.done-1/v1"),
        (
            "http://me:pw@orders.orders-dev.svc.cluster.local:81/v1?a=b",
            [Address("orders-dev", 81)],
            "http://me:pw@orders.done-1:81/v1?a=b",
        ),
        ("orders.orders-dev:8080", [Address("orders-dev", 8080)], "orders.done-1:8080"),
        ("http://orders:8080,x", [Address("", 8080)], "http://orders.done-1:8080,x"),
        ("orders.orders-dev", [Address("orders-dev", 0)], "orders.done-1"),
        ("a.b:1,orders.orders-dev:8080", [Address("orders-dev", 8080)], "a.b:1,orders.done-1:8080"),
    ],
)
def test_an_address_of_a_partner_is_moved_to_the_twins_namespace(url: str, found: list[Address], moved: str) -> None:
    assert addresses(plan(url), "orders") == found
    assert setting(redirected(plan(url), StandIn("orders", tuple(found)), "done-1")) == moved


@pytest.mark.parametrize(
    "url",
    [
        "https://orders.orders-dev:8443",
        "http://orders.example.com",
        "http://my-orders.orders-dev:80",
        "http://preorders:80",
        "orders",
        "take orders:8080",
        "http://orders.orders-dev.example.com",
        "/etc/app/orders.yaml",
        "SELECT orders.id FROM orders",
        "the topic orders.created",
        "https://example.org/orders.v1/",
        "https://me@orders.orders-dev:443/",
        "grpc://orders.orders-dev:80",
    ],
)
def test_what_is_asked_over_tls_or_is_somebody_else_stays_as_it_is(url: str) -> None:
    assert addresses(plan(url), "orders") == []
    everywhere = tuple(Address(name, port) for name in ("", "orders-dev", "yaml") for port in (0, 80, 443, 8080, 8443))
    assert setting(redirected(plan(url), StandIn("orders", everywhere), "done-1")) == url


def test_variables_of_containers_are_moved_and_the_release_itself_is_not_changed() -> None:
    made = plan("", of_container="http://orders.orders-dev:8080")
    before = copy.deepcopy(made)
    (container,) = items(pod_spec(redirected(made, PARTNER, "done-1").service[0]), "containers")
    assert container["env"] == [{"name": "OTHER", "value": "http://orders.done-1:8080"}]
    assert made == before


async def test_without_a_published_contract_a_stand_in_answers_what_is_needed() -> None:
    (one,) = await stand_ins(FakeApi().client(), [need()], plan("http://orders.orders-dev:8080"), "bills@x")
    config, deployment, service = one.objects
    script = json.loads(str(section(config, "data")["script.json"]))
    assert (choose(script, "GET", "/x/1", "")["body"], choose(script, "GET", "/x/2", "")["status"]) == (
        '{"item": "tea"}',
        404,
    )
    spec = pod_spec(deployment)
    assert (spec["serviceAccountName"], "priorityClassName" in spec) == ("bills", False)
    assert [entry["image"] for entry in items(spec, "containers")] == ["bills@x"]
    assert items(section(service, "spec"), "ports") == [{"name": "http-8080", "port": 8080, "targetPort": 8080}]
    for document in (deployment, section(deployment, "spec", "template")):
        assert section(document, "metadata", "labels")["wherry.dev/service"] == "orders"


async def test_a_published_contract_answers_more_than_what_is_needed() -> None:
    api = FakeApi()
    spec: Document = {"service": "orders", "digest": "x", "document": json.dumps(API)}
    api.put(APIS, {"metadata": {"name": "orders", "namespace": "orders-dev"}, "spec": spec}, "orders-dev")
    (one,) = await stand_ins(api.client(), [need()], plan("http://orders.orders-dev:8080"), "bills@x")
    script = json.loads(str(section(one.objects[0], "data")["script.json"]))
    assert choose(script, "GET", "/x/1", "")["body"] == '{"item": "tea"}'
    assert choose(script, "GET", "/all", "")["body"] == "[7]"


async def test_a_partner_that_no_setting_names_has_none() -> None:
    assert await stand_ins(FakeApi().client(), [need()], plan("http://stock.stock-dev:8080"), "bills@x") == []


async def test_a_name_alone_is_an_address_where_the_partner_really_is_and_its_ports_are_answered_on() -> None:
    api = FakeApi()
    assert await stand_ins(api.client(), [need()], plan("orders.created"), "bills@x") == []
    spec: Document = {"ports": [{"port": 8080}, {"port": 9000}]}
    api.put(SERVICES, {"metadata": {"name": "orders", "namespace": "orders-dev"}, "spec": spec}, "orders-dev")
    (one,) = await stand_ins(api.client(), [need()], plan("orders.orders-dev"), "bills@x")
    assert [entry["port"] for entry in items(section(one.objects[2], "spec"), "ports")] == [8080, 9000]
    assert setting(redirected(plan("orders.orders-dev"), one, "done-1")) == "orders.done-1"


async def test_a_contract_that_is_too_large_is_said_and_its_partner_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stand_in, "SCRIPT_BYTES_MAX", 10)
    (one,) = await stand_ins(FakeApi().client(), [need()], plan("http://orders.orders-dev:8080"), "bills@x")
    assert (one.objects, "too large" in one.trouble) == ((), True)
