"""Who is asking? A client certificate, a bearer token, or nobody."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from wherry.apimachinery.errors import Unauthorized
from wherry.apiserver.request import ANONYMOUS, ApiRequest, UserInfo
from wherry.apiserver.tokens import ServiceAccountTokens
from wherry.kit.http.types import Peer

PEERS_REMEMBERED_MAX = 1024


class Authenticator:
    """Finds out who a request comes from."""

    def __init__(self, tokens: ServiceAccountTokens | None, static_tokens: Mapping[str, UserInfo]) -> None:
        """`static_tokens` maps bearer tokens to their users."""
        self._tokens = tokens
        # Looking up a hash takes the same time however much of a token was guessed right.
        self._static = {_digest(token): user for token, user in static_tokens.items()}
        self._peers: dict[Peer, UserInfo] = {}

    async def authenticate(self, request: ApiRequest) -> UserInfo:
        """The user behind a request; ANONYMOUS without credentials. Raises Unauthorized for bad ones."""
        peer = request.http.peer
        if peer is not None:
            return self._peers.get(peer) or self._remember(peer)
        header = request.http.headers.get("authorization", "").strip()
        if not header:
            return ANONYMOUS
        scheme, _, token = header.partition(" ")
        token = token.strip()
        # A comma or a space inside means that there were two headers.
        if scheme.lower() != "bearer" or not token or "," in token or " " in token:
            raise Unauthorized
        user = self._static.get(_digest(token))
        if user is not None:
            return user
        verified = await self._tokens.verify(token) if self._tokens else None
        if verified is None:
            raise Unauthorized
        return verified.user

    def _remember(self, peer: Peer) -> UserInfo:
        if len(self._peers) >= PEERS_REMEMBERED_MAX:
            self._peers.clear()
        user = UserInfo(peer.common_name, (*peer.organizations, "system:authenticated"))
        self._peers[peer] = user
        return user


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode(errors="replace")).digest()
