"""Try a need on a running service: send what it sends, and look whether what comes back is what it expects.

Only what changes nothing (GET, HEAD, OPTIONS) is sent to a service that people use; in a twin everything is. Each
answer is held against the need and against the promise: a service may hurt a partner, or break its word, or both.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Literal, Protocol

from wherry.method.contracts.api import Answer, Api, path_variables
from wherry.method.contracts.contained import Gap, misfits
from wherry.method.contracts.need import Exchange, Need, State, Wish
from wherry.method.contracts.running_service import Answered
from wherry.method.contracts.schema import Schema

SAFE = ("GET", "HEAD", "OPTIONS")
Result = Literal["Passed", "Failed", "NotTried"]


class Service(Protocol):
    """Whoever answers: a service in a cluster, or a stand-in."""

    async def ask(
        self, method: str, path: str, query: str = "", *, headers: dict[str, str] | None = None, body: bytes = b""
    ) -> Answered:
        """Send one request."""


Prepare = Callable[[State], Awaitable[str]]
"""Brings a state about at the provider; returns "" or why it could not."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one request."""

    name: str
    result: Result
    message: str = ""


def overall(outcomes: list[Outcome]) -> Literal["Passed", "Failed", "Incomplete"]:
    """The result of a whole need."""
    results = {one.result for one in outcomes}
    if "Failed" in results:
        return "Failed"
    return "Passed" if results == {"Passed"} else "Incomplete"


async def replay(
    need: Need, api: Api, service: Service, *, base: str = "", is_twin: bool = False, prepare: Prepare | None = None
) -> list[Outcome]:
    """Try every wish of a need, in order.

    Args:
        base: what stands before each path at the running service.
        is_twin: whether nobody is hurt when something changes.
        prepare: brings provider states about; without it, wishes that depend on one are tried as things are.
    """
    return [await _try(wish, need, api, service, base=base, is_twin=is_twin, prepare=prepare) for wish in need.wishes]


async def _try(
    wish: Wish, need: Need, api: Api, service: Service, *, base: str, is_twin: bool, prepare: Prepare | None
) -> Outcome:
    exchange = wish.exchange or _example(wish)
    if isinstance(exchange, str):
        return Outcome(wish.name, "NotTried", exchange)
    if wish.method not in SAFE and not is_twin:
        return Outcome(wish.name, "NotTried", f"{wish.request} changes something: try it in a twin.")
    for state in wish.states if prepare is not None else ():
        assert prepare is not None
        why = await prepare(state)
        if why:
            return Outcome(wish.name, "NotTried", f'"{state.name}" could not be brought about: {why}')
    try:
        answered = await service.ask(
            wish.method, base + exchange.path, exchange.query, headers=dict(exchange.headers), body=exchange.body
        )
    except (ConnectionError, TimeoutError) as error:
        return Outcome(wish.name, "Failed", f"{need.provider} does not answer {wish.request}: {error}")
    broken = list(breaches(wish.method, wish.path, answered, api))
    unfit = list(_against_need(wish, exchange, answered, need))
    if unfit and not broken and wish.states and prepare is None:
        # What the need asks for may simply not be there: that is nobody's fault.
        states = " and ".join(f'"{state.name}"' for state in wish.states)
        return Outcome(wish.name, "NotTried", f"It needs that {states}, which is not so here: try it in a twin.")
    wrong = [*unfit, *broken]
    return Outcome(wish.name, "Failed" if wrong else "Passed", " ".join(dict.fromkeys(wrong)))


def _example(wish: Wish) -> Exchange | str:
    """A request for a wish without an example, or why there is none."""
    needed = [one.name for one in wish.parameters.values() if one.required and one.where != "path"]
    if path_variables(wish.path) or needed or wish.body is not None:
        return f"{wish.request} has no example to send: write it as a Pact interaction."
    status = wish.status if wish.status.isdigit() else "200"
    return Exchange(wish.path, "", {}, b"", status, wish.answer)


def _against_need(wish: Wish, exchange: Exchange, answered: Answered, need: Need) -> Iterator[str]:
    if str(answered.status) != exchange.status:
        yield f"{wish.request} answered {answered.status}, and {need.consumer} expects {exchange.status}."
        return
    for name, header in exchange.answer.headers.items():
        value = answered.headers.get(name)
        if value is None or misfits(value, header.schema):
            yield f"{wish.request} answered without the header {name} that {need.consumer} expects."
    schema = _schema(exchange.answer, answered)
    for gap in misfits(answered.value, schema) if schema and wish.method != "HEAD" else ():
        yield f"{wish.request} answered with {_what(gap)}, which {need.consumer} does not expect."


def breaches(method: str, path: str, answered: Answered, api: Api) -> Iterator[str]:
    """Where an answer is not as the promise says; nothing for a request that the promise does not speak of."""
    operation = api.operation(method, path)
    if operation is None:
        return
    promised = operation.answer(str(answered.status))
    if promised is None:
        yield f"{operation.name} answered {answered.status}, which its contract does not speak of."
        return
    for name, header in promised.headers.items():
        if header.required and name not in answered.headers:
            yield f"{operation.name} answered without the header {name} that its contract promises."
    schema = _schema(promised, answered)
    if schema is None and promised.content and method != "HEAD":
        yield f"{operation.name} answered in {answered.media or 'no media type'}, which its contract does not speak of."
    for gap in misfits(answered.value, schema) if schema and method != "HEAD" else ():
        yield f"{operation.name} answered with {_what(gap)}, against its own contract."


def _schema(answer: Answer, answered: Answered) -> Schema | None:
    for key in (answered.media, f"{answered.media.partition('/')[0]}/*", "*/*"):
        if key in answer.content:
            return answer.content[key]
    return None


def _what(gap: Gap) -> str:
    field = gap.field or "a body"
    match gap.kind:
        case "missing" | "optional":
            return f"no {field}"
        case "null":
            return f"{field} empty (null)"
        case "extra":
            return f"a field {field}"
        case _:
            return f"{field} as {gap.has} instead of {gap.wants}" if gap.wants else f"{field} as {gap.has}"
