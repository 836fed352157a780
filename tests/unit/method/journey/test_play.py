from __future__ import annotations

import json

import pytest

from wherry.kit.clock import FakeClock
from wherry.method.journey.places import Place
from wherry.method.journey.play import Answer, CannotCall, Play, play
from wherry.method.journey.script import parse_journey
from wherry.method.journey.telling import headline, hops, step_rows, why_not

JOURNEY = parse_journey(
    """
journey: do-x
title: Do x
steps:
- say: It is written
  call: POST /x
  body: {item: "tea ${token}"}
  expect: {status: 201, body: {item: "tea ${token}"}}
  capture: {row: id, writer: by.pod}
- say: It is read back
  call: GET /x/${row}
  expect: {status: 200, body: {id: "${row}"}}
""",
    "do-x.yaml",
)


class Service:
    """Answers as it was told, and remembers what it was asked."""

    def __init__(self, *answers: Answer | CannotCall) -> None:
        self.asked: list[tuple[str, str, object]] = []
        self._answers = list(answers)

    async def __call__(self, method: str, path: str, body: object) -> Answer:
        self.asked.append((method, path, body))
        answer = self._answers.pop(0)
        if isinstance(answer, CannotCall):
            raise answer
        return answer


def said(status: int, **body: object) -> Answer:
    return Answer(status, json.dumps(body).encode())


async def played(*answers: Answer | CannotCall) -> tuple[Play, Service]:
    service = Service(*answers)
    return await play(JOURNEY, service, FakeClock(), "4711"), service


async def test_a_journey_is_played_to_its_end_with_what_it_captures() -> None:
    row = said(201, id="7/8", item="tea 4711", by={"pod": "orders-1"})
    result, service = await played(row, said(200, id="7/8"))
    assert result.went_as_told
    assert service.asked == [("POST", "/x", {"item": "tea 4711"}), ("GET", "/x/7%2F8", None)]
    assert result.known == {"token": "4711", "row": "7/8", "writer": "orders-1"}
    assert result.last_read is not None
    assert result.last_read.call == "GET /x/7%2F8"
    assert headline(result, "orders", "dev") == "Do x: yes, in dev all 2 steps of orders went as told."


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (said(500, detail="no"), "it answered 500 instead of 201"),
        (said(201, id=1), "its answer has no item"),
        (said(201, id=1, item="coffee"), "says item is 'coffee' instead of 'tea 4711'"),
        (Answer(201, b"\x1b[31m"), "its answer has no item:  [31m"),
        (said(201, id=1, item="tea 4711", by={}), "has no by.pod, which is needed later"),
        (CannotCall("nobody is there"), "nobody is there"),
    ],
)
async def test_the_first_step_that_is_not_as_told_ends_the_play_and_says_why(
    answer: Answer | CannotCall, words: str
) -> None:
    result, service = await played(answer)
    assert not result.went_as_told
    assert len(service.asked) == 1
    assert words in why_not(result)
    assert result.last_read is None
    assert headline(result, "orders", "dev") == "Do x: no, in dev 0 of 2 steps of orders went as told."


async def test_each_hop_is_told_from_the_call_to_the_row() -> None:
    row = said(201, id=7, item="tea 4711", by={"pod": "orders-2"})
    result, _ = await played(row, said(200, id=7))
    api = [Place("orders", f"orders-{number}", "n1", "orders-r3", "0123456789abcdef") for number in (1, 2)]
    database = [Place("postgres", "orders-db-0", "n2", claims=("data-orders-db-0",))]
    assert hops(result, "orders", api, database) == [
        "The call reached the service orders, which has 2 pods that can answer.",
        "The container orders did it, in the pod orders-2, on the node n1.",
        "It is the release orders-r3, from the commit 0123456789ab.",
        "Row 7 is in the database of orders: in the container postgres, in the pod orders-db-0, on the node n2; "
        "it is kept on the volume data-orders-db-0.",
    ]
    assert [line[:3] for line in step_rows(result)] == [
        ("It is written", "POST /x", "201"),
        ("It is read back", "GET /x/7", "200"),
    ]
    result.known["writer"] = "somebody"
    assert "One of them did it: orders-1, orders-2." in hops(result, "orders", api, [])
    by_hand = [Place("orders", "orders-1", "n1")]
    assert "It is of no release: it was applied by hand." in hops(result, "orders", by_hand, [])
