"""A talk with one registry about one repository: who we are is said when it asks, then every call goes through.

A registry answers 401 and says how it wants to know us: Basic (name and password with each call) or Bearer (a token,
from whoever `realm` names, for the right to read or write this repository).
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import replace
from urllib.parse import urlencode

import msgspec

from wherry.kit.http.client_connection import ConnectionFailed
from wherry.kit.http.types import BodyStream, Response
from wherry.runtime.interface import Credentials
from wherry.runtime.registry.challenge import Challenge, parse_challenges
from wherry.runtime.registry.connections import Call, Connections, discard, document, header, joined, split
from wherry.runtime.registry.endpoints import Endpoint
from wherry.runtime.registry.failures import server_message

PULL = "pull"
PUSH = "pull,push"


class Refused(Exception):
    """The registry, or who gives tokens for it, does not let us; `words` are its own, `status` what it answered."""

    def __init__(self, words: str, status: int = 401) -> None:
        """`words` may be ""."""
        super().__init__(words)
        self.words = words
        self.status = status


class _Token(msgspec.Struct, frozen=True):
    token: str = ""
    access_token: str = ""


class Session:
    """Calls about `repository`, with these credentials or as nobody."""

    def __init__(
        self,
        connections: Connections,
        repository: str,
        credentials: Credentials | None,
        actions: str = PULL,
        also_reads: Sequence[str] = (),
    ) -> None:
        """`actions` is the right that is asked for: PULL or PUSH; `also_reads` are other repositories to read."""
        self._connections = connections
        self._repository = connections.endpoint.repository(repository)
        self._credentials = credentials
        scopes = [(self._repository, actions), *((connections.endpoint.repository(one), PULL) for one in also_reads)]
        self._scopes = [f"repository:{name}:{right}" for name, right in scopes]
        self._authorization = ""

    @property
    def endpoint(self) -> Endpoint:
        """Whom we talk to."""
        return self._connections.endpoint

    @property
    def is_known(self) -> bool:
        """Whether credentials are used."""
        return self._credentials is not None

    def url(self, rest: str) -> str:
        """The address of something in the repository: `manifests/1.0`."""
        return f"{self.endpoint.url}/v2/{self._repository}/{rest}"

    async def call(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        stream: BodyStream | None = None,
    ) -> Response:
        """The answer, its body still coming.

        Args:
            method: GET, HEAD, PUT ...
            url: of this registry, as `url` gives it or as the registry said (it may lead elsewhere).
            headers: besides who we are.
            body: what is sent.
            stream: the same, too long for memory; when the registry asks who we are it is not sent again.

        Raises:
            Refused: the registry does not let us.
            ConnectionFailed: no connection, or it broke.
        """
        call = Call(method, url, headers or {}, body, stream)
        response = await self._connections.send(self._signed(call))
        if response.status != 401:
            return response
        asked = [value for name, value in response.headers if name == "www-authenticate"]
        challenges = parse_challenges(", ".join(asked))
        words = server_message(await document(response))
        authorization = await self._answer(challenges)
        if not authorization or stream is not None:
            raise Refused(words)
        self._authorization = authorization
        response = await self._connections.send(self._signed(call))
        if response.status == 401:
            self._authorization = ""
            raise Refused(server_message(await document(response)) or words)
        return response

    def _signed(self, call: Call) -> Call:
        target, own = split(call.url), self.endpoint
        is_own = (target.scheme, target.hostname) == (own.scheme, own.host) and (target.port or own.port) == own.port
        if not self._authorization or not is_own:
            return call
        return replace(call, headers={**call.headers, "authorization": self._authorization})

    async def _answer(self, challenges: list[Challenge]) -> str:
        """What the Authorization header is to say; "" when there is nothing to be said."""
        for challenge in challenges:
            if challenge.scheme == "bearer" and challenge.parameters.get("realm"):
                return await self._token(challenge.parameters)
            if challenge.scheme == "basic" and self._credentials is not None and self._credentials.username:
                return _basic(self._credentials)
        return ""

    async def _token(self, parameters: Mapping[str, str]) -> str:
        mine = self._credentials
        if mine is not None and mine.registry_token:
            return _bearer(mine.registry_token)
        service = parameters.get("service", "")
        asked = [*([("service", service)] if service else []), *(("scope", scope) for scope in self._scopes)]
        realm = joined(f"{self.endpoint.url}/", parameters["realm"])
        host = split(realm).hostname
        if mine is not None and split(realm).scheme == "http" and self.endpoint.scheme == "https":
            raise ConnectionFailed(f"{self.endpoint.url} wants our password at {realm!r}, in plain text")
        if mine is not None and mine.identity_token:
            token = mine.identity_token
            form = [*asked, ("grant_type", "refresh_token"), ("refresh_token", token), ("client_id", "wherry")]
            kind = {"content-type": "application/x-www-form-urlencoded"}
            call = Call("POST", realm, kind, urlencode(form).encode())
        else:
            url = f"{realm}{'&' if '?' in realm else '?'}{urlencode(asked)}"
            call = Call("GET", url, {} if mine is None else {"authorization": _basic(mine)})
        response = await self._connections.send(call)
        data = await document(response)
        if response.status != 200:
            raise Refused(server_message(data) or f"{host} gives no token", response.status)
        try:
            answer = msgspec.json.decode(data, type=_Token)
        except (msgspec.DecodeError, RecursionError) as error:
            raise Refused(f"{host} gives no token, but something else") from error
        return _bearer(answer.token or answer.access_token)

    async def head(self, rest: str, accept: str = "") -> tuple[int, str, str]:
        """Status, digest and type of something, without it."""
        response = await self.call("HEAD", self.url(rest), headers={"accept": accept} if accept else {})
        await discard(response)
        return response.status, header(response, "docker-content-digest"), response.content_type


def _bearer(token: str) -> str:
    """The value of an Authorization header; "" for what cannot be part of one."""
    return f"Bearer {token}" if token.isascii() and token.isprintable() and token else ""


def _basic(credentials: Credentials) -> str:
    pair = f"{credentials.username}:{credentials.password}"
    return "Basic " + base64.b64encode(pair.encode()).decode()
