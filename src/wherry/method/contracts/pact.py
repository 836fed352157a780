"""Pact files, in: requests and answers by example, with matchers where an example stands for more than itself.

Read are versions 2 to 4 of the format, HTTP interactions with JSON bodies. A matcher at a path holds for what is below
it too, unless something more exact is said there; where there is none, the value itself is expected.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from urllib.parse import parse_qs, quote, urlencode

from wherry.method.contracts.api import JSON, Answer, Body, Header, Parameter, digest_of
from wherry.method.contracts.matchers import Matching, exact_schema
from wherry.method.contracts.need import Exchange, Need, State, Wish
from wherry.method.contracts.reading import Place, Text
from wherry.method.contracts.schema import Schema

IGNORED_HEADERS = {"content-type", "accept", "content-length"}
PARTS = {"path": "path", "query": "query", "header": "headers", "headers": "headers", "body": "body"}


def read_pact(text: Text) -> Need:
    """Read a Pact file. Raises BrokenDocument."""
    interactions = text.data.get("interactions")
    if not isinstance(interactions, list) or not interactions:
        raise text.broken(("interactions",), "there are none", "write at least one request and its answer")
    return Need(
        name=text.name,
        consumer=_party(text, "consumer"),
        provider=_party(text, "provider"),
        digest=digest_of({name: value for name, value in text.data.items() if name != "metadata"}),
        wishes=tuple(_Interaction(text, str(index), one).wish() for index, one in enumerate(interactions)),
        content=text.data,
    )


def _party(text: Text, side: str) -> str:
    party = text.data.get(side)
    name = party.get("name") if isinstance(party, dict) else None
    if not isinstance(name, str) or not name:
        raise text.broken((side, "name"), f"the {side} has no name", f'write "{side}": {{"name": "orders"}}')
    return name


class _Interaction:
    """One entry of a Pact file."""

    def __init__(self, text: Text, index: str, data: object) -> None:
        self._text = text
        self._place: Place = ("interactions", index)
        if not isinstance(data, dict):
            raise text.broken(self._place, "must be a mapping", "write request and response")
        kind = data.get("type", "Synchronous/HTTP")
        if kind != "Synchronous/HTTP":
            raise text.broken(self._place, f"{kind} is not read here", "keep HTTP interactions in a file of their own")
        self._data: dict[str, object] = data
        self._request = self._mapping("request")
        self._response = self._mapping("response")

    def _mapping(self, name: str) -> dict[str, object]:
        found = self._data.get(name)
        if not isinstance(found, dict):
            raise self._text.broken((*self._place, name), "is missing or no mapping", f"describe the {name}")
        return found

    def wish(self) -> Wish:
        """What it asks for."""
        method, path = str(self._request.get("method", "GET")).upper(), self._request.get("path")
        if not isinstance(path, str) or not path.startswith("/"):
            raise self._text.broken((*self._place, "request", "path"), "must begin with a slash", "write /orders/42")
        headers, query, (media, body, has_body) = self._headers(self._request), self._query(), self._body("request")
        parameters = {
            ("query", name): Parameter(name, "query", True, exact_schema(_typed(values)))
            for name, values in query.items()
        } | {
            ("header", name): Parameter(name, "header", True, exact_schema(value))
            for name, value in headers.items()
            if name not in IGNORED_HEADERS
        }
        status = str(self._response.get("status", 200))
        reply_media, reply, has_reply = self._body("response")
        return Wish(
            name=str(self._data.get("description") or f"{method} {path}"),
            method=method,
            path=path,
            parameters=parameters,
            body=Body(True, {media: exact_schema(body)}) if has_body else None,
            status=status,
            answer=self._answer(exact=False),
            states=self._states(),
            exchange=Exchange(
                path=quote(path, safe="/%:@-._~!$&'()*+,;="),
                query=urlencode(query, doseq=True),
                headers={**headers, **({"content-type": media} if has_body else {})},
                body=_encoded(body, media) if has_body else b"",
                status=status,
                answer=self._answer(exact=True),
                reply_headers={**self._headers(self._response), **({"content-type": reply_media} if has_reply else {})},
                reply_body=_encoded(reply, reply_media).decode() if has_reply else "",
            ),
        )

    def _headers(self, part: Mapping[str, object]) -> dict[str, str]:
        found = part.get("headers")
        return {
            name.lower(): ", ".join(map(str, value)) if isinstance(value, list) else str(value)
            for name, value in (found if isinstance(found, dict) else {}).items()
        }

    def _query(self) -> dict[str, list[str]]:
        found = self._request.get("query")
        if isinstance(found, str):
            return parse_qs(found, keep_blank_values=True)
        return {
            name: [str(one) for one in value] if isinstance(value, list) else [str(value)]
            for name, value in (found if isinstance(found, dict) else {}).items()
        }

    def _body(self, side: str) -> tuple[str, object, bool]:
        """Media type, value, and whether there is one at all."""
        part = self._request if side == "request" else self._response
        body = part.get("body")
        media = self._headers(part).get("content-type", "").partition(";")[0].strip().lower()
        if isinstance(body, dict) and "content" in body and set(body) <= {"content", "contentType", "encoded"}:
            media = str(body.get("contentType", media)).partition(";")[0].strip().lower() or JSON
            body = self._content(body, media, side)
        if body is None:
            return "", None, False
        return media or (JSON if not isinstance(body, str) else "text/plain"), body, True

    def _content(self, body: Mapping[str, object], media: str, side: str) -> object:
        """A version 4 body, which may be text that holds JSON, or encoded."""
        content = body["content"]
        if not isinstance(content, str):
            return content
        try:
            if body.get("encoded"):
                content = base64.b64decode(content).decode()
            return json.loads(content) if media.endswith("json") else content
        except ValueError as error:
            place = (*self._place, side, "body", "content")
            raise self._text.broken(place, f"is not what it says: {error}", f"write the content of {media}") from error

    def _states(self) -> tuple[State, ...]:
        if isinstance(self._data.get("providerState"), str):
            return (State(str(self._data["providerState"])),)
        found = self._data.get("providerStates")
        made = []
        for one in found if isinstance(found, list) else []:
            params = one.get("params") if isinstance(one, dict) else None
            name = one.get("name") if isinstance(one, dict) else one
            made.append(State(str(name), params if isinstance(params, dict) else {}))
        return tuple(made)

    def _answer(self, *, exact: bool) -> Answer:
        media, body, has_body = self._body("response")
        rules = self._rules()
        matching = Matching(rules.get("body", {}), exact=exact, text=self._text, place=(*self._place, "response"))
        headers = {
            name: Header(True, self._header(name, value, rules.get("headers", {}), exact=exact))
            for name, value in self._headers(self._response).items()
            if name not in IGNORED_HEADERS
        }
        return Answer({media: matching.schema(body)} if has_body else {}, headers)

    def _header(self, name: str, value: str, rules: Mapping[str, object], *, exact: bool) -> Schema:
        rule = next((rule for key, rule in rules.items() if key.removeprefix("$.").split("[")[0].lower() == name), None)
        found = {"$": rule} if rule is not None else {}
        return Matching(found, exact=exact, text=self._text, place=(*self._place, "response")).schema(value)

    def _rules(self) -> dict[str, dict[str, object]]:
        """The response's matching rules by part, each under its path in that part."""
        found = self._response.get("matchingRules")
        made: dict[str, dict[str, object]] = {}
        for key, rule in (found if isinstance(found, dict) else {}).items():
            if key.startswith("$"):
                # Version 2 has one flat mapping: $.body.items[*].id.
                part, _, rest = re.sub(r"^\$\.?", "", key).partition(".")
                name, bracket, more = str(part).partition("[")
                path = "$" + (f"[{more}" if bracket else "") + (f".{rest}" if rest else "")
                made.setdefault(PARTS.get(name) or str(name), {})[path] = rule
            elif isinstance(rule, dict):
                made.setdefault(PARTS.get(str(key)) or str(key), {}).update(rule)
        return made


def _typed(values: list[str]) -> object:
    """A parameter's value as its schema will see it: everything in a query is text at first."""
    return values[0] if len(values) == 1 else values


def _encoded(body: object, media: str) -> bytes:
    return json.dumps(body).encode() if media.endswith("json") or not isinstance(body, str) else body.encode()
