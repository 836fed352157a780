"""The person who looks: what they have proved who they are with, and a client that asks with exactly that.

The dashboard has no rights of its own. Each request to the API carries what the person came with (the verified client
certificate of their connection, or their token), and the API server decides anew each time.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import orjson

from wherry.apimachinery.errors import error_from_status
from wherry.client.client import Client
from wherry.kit.http.types import App, Peer, Request, Response, read_body

REVIEW_PATH = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
REVIEW = {"kind": "SelfSubjectReview", "apiVersion": "authentication.k8s.io/v1"}


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a person came with: a verified certificate or an Authorization header."""

    peer: Peer | None
    authorization: str = ""

    @property
    def key(self) -> str:
        """The same for the same credentials; tells nothing about them."""
        return hashlib.sha256(repr((self.peer, self.authorization)).encode()).hexdigest()


class AsPerson:
    """Carries requests to the API in the person's name; implements client.transport.Transport."""

    def __init__(self, api: App, credentials: Credentials) -> None:
        """`api` answers requests as it does those that come through a socket."""
        self._api = api
        self._credentials = credentials

    async def request(self, request: Request) -> Response:
        """Send in the person's name."""
        request.peer = self._credentials.peer
        if self._credentials.authorization:
            request.headers["authorization"] = self._credentials.authorization
        return await self._api(request)


def client_of(api: App, credentials: Credentials) -> Client:
    """A client that may what the person may."""
    return Client(AsPerson(api, credentials), user_agent="wherry-dashboard")


async def name_of(api: App, credentials: Credentials) -> str:
    """Who this is, as the API server sees it. Raises Unauthorized."""
    headers = {"content-type": "application/json", "accept": "application/json"}
    request = Request("POST", REVIEW_PATH, "", headers, orjson.dumps(REVIEW))
    response = await AsPerson(api, credentials).request(request)
    body = await read_body(response)
    if response.status >= 300:
        raise error_from_status(body, response.status)
    return str(orjson.loads(body)["status"]["userInfo"]["username"])
