"""The deep check asks a service everything that its promise allows, the same each time, and hurts nobody."""

from __future__ import annotations

import json
import sys

import pytest

from wherry.apimachinery.document import Document
from wherry.method.contracts.deep import EXAMPLES_MAX, check_deeply
from wherry.method.contracts.refusal import NotPossible
from wherry.method.contracts.running_service import Answered

PRICE: Document = {"type": "object", "required": ["price"], "properties": {"price": {"type": "number"}}}


def answer(schema: Document) -> Document:
    return {"description": "It.", "content": {"application/json": {"schema": schema}}}


PROMISE: Document = {
    "openapi": "3.1.0",
    "info": {"title": "Orders", "version": "1"},
    "paths": {
        "/orders/{id}": {
            "get": {
                "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}],
                "responses": {"200": answer(PRICE), "404": {"description": "Not there."}},
            }
        },
        "/orders": {
            "post": {
                "requestBody": {"content": {"application/json": {"schema": PRICE}}},
                "responses": {"201": answer(PRICE), "422": {"description": "No."}},
            }
        },
    },
}


class Orders:
    """A service that answers as it is told."""

    def __init__(self, status: int = 200, body: object = None, media: str = "application/json") -> None:
        self.status, self.body, self.media = status, {"price": 5} if body is None else body, media
        self.asked: list[tuple[str, str, bytes]] = []

    async def ask(
        self, method: str, path: str, query: str = "", *, headers: dict[str, str] | None = None, body: bytes = b""
    ) -> Answered:
        self.asked.append((method, path, body))
        status = 201 if method == "POST" and self.status == 200 else self.status
        content = json.dumps(self.body).encode()
        return Answered(status, self.media, {"content-type": self.media}, self.body, content)


async def test_a_service_that_keeps_its_word_is_asked_much_and_nothing_is_found() -> None:
    orders = Orders()
    made = await check_deeply(PROMISE, orders, is_twin=True)
    assert not made.found
    assert made.sent == len(orders.asked) > EXAMPLES_MAX
    assert {method for method, _, _ in orders.asked} == {"GET", "POST"}


async def test_where_people_work_only_what_changes_nothing_is_asked() -> None:
    orders = Orders()
    made = await check_deeply(PROMISE, orders)
    assert {method for method, _, _ in orders.asked} == {"GET"}
    assert made.left_out == ["POST /orders"]


@pytest.mark.parametrize(
    ("orders", "says"),
    [
        (Orders(500), "GET /orders/{id} answered 500: Server error"),
        (Orders(418), "GET /orders/{id} answered 418: Undocumented status code"),
        (Orders(media="text/plain"), "GET /orders/{id} answered 200: Undocumented Content-Type"),
        (Orders(body={"price": "dear"}), "GET /orders/{id} answered 200: Response violates schema"),
    ],
)
async def test_a_service_that_breaks_its_word_is_found_once_for_each_operation(orders: Orders, says: str) -> None:
    made = await check_deeply(PROMISE, orders)
    assert says in made.found


async def test_the_same_is_asked_each_time() -> None:
    one, two = Orders(), Orders()
    for orders in (one, two):
        await check_deeply(PROMISE, orders, is_twin=True)
    assert one.asked == two.asked


async def test_without_schemathesis_the_way_out_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "schemathesis", None)
    with pytest.raises(NotPossible) as refused:
        await check_deeply(PROMISE, Orders())
    assert refused.value.remedy == "pip install 'wherry[deep]'"
