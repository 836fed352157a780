"""What one service needs of another: requests that it sends, and what it expects back.

A need comes as a Pact file (pact.py) or as an OpenAPI document that holds only what is used (needs.py). Both become
wishes, so that fit, replay and stand-in know one form.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from wherry.method.contracts.api import Answer, Body, Parameter


@dataclass(frozen=True, slots=True)
class State:
    """What must be so at the provider before a request is sent: "an order 42 exists"."""

    name: str
    params: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request as it goes over the wire, and how the answer is to be, to the letter where the need says so.

    `reply_headers` and `reply_body` are the answer of the example, as a stand-in gives it.
    """

    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    status: str
    answer: Answer
    reply_headers: Mapping[str, str] = field(default_factory=dict)
    reply_body: str = ""


@dataclass(frozen=True, slots=True)
class Wish:
    """One request and the answer that is expected. `path` is a template or a concrete path."""

    name: str
    method: str
    path: str
    parameters: Mapping[tuple[str, str], Parameter]
    body: Body | None
    status: str
    answer: Answer
    states: tuple[State, ...] = ()
    exchange: Exchange | None = None

    @property
    def request(self) -> str:
        """As people say it: GET /orders/42."""
        return f"{self.method} {self.path}"


@dataclass(frozen=True, slots=True)
class Need:
    """A contract's consumer side. `digest` is of what the document says."""

    name: str
    consumer: str
    provider: str
    digest: str
    wishes: tuple[Wish, ...]
    content: Mapping[str, object]
