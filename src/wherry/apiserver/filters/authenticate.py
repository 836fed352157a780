"""Who is asking? A client certificate, a bearer token, or nobody.

Nobody gets no further than the few paths that tell whether the server lives: everything else is answered 401,
whatever the roles say.
"""

from __future__ import annotations

from wherry.apimachinery.errors import Unauthorized
from wherry.apiserver.authentication.bearer import BearerTokens
from wherry.apiserver.authentication.verified import CREDENTIAL_ID
from wherry.apiserver.request import ANONYMOUS, AUTHENTICATED, ApiRequest, UserInfo
from wherry.kit.clock import Clock
from wherry.kit.http.types import Peer

PEERS_REMEMBERED_MAX = 1024
OPEN_PATHS = frozenset({"/healthz", "/livez", "/readyz", "/version", "/version/"})


class Authenticator:
    """Finds out who a request comes from."""

    def __init__(self, tokens: BearerTokens, clock: Clock) -> None:
        """`clock` tells when a certificate's time is over, which may be in the middle of a connection."""
        self._tokens = tokens
        self._clock = clock
        self._peers: dict[Peer, UserInfo] = {}

    async def authenticate(self, request: ApiRequest) -> UserInfo:
        """The user behind a request; ANONYMOUS without credentials, on open paths. Raises Unauthorized."""
        peer = request.http.peer
        if peer is not None and peer.common_name:
            if peer.not_after_s and self._clock.now_s() > peer.not_after_s:
                raise Unauthorized
            return self._peers.get(peer) or self._remember(peer)
        header = request.http.headers.get("authorization", "").strip()
        if not header:
            if request.http.path not in OPEN_PATHS:
                raise Unauthorized
            return ANONYMOUS
        scheme, _, token = header.partition(" ")
        token = token.strip()
        # A comma or a space inside means that there were two headers.
        if scheme.lower() != "bearer" or not token or "," in token or " " in token:
            raise Unauthorized
        verified = await self._tokens.verify(token)
        if verified is None:
            raise Unauthorized
        return verified.user

    def _remember(self, peer: Peer) -> UserInfo:
        if len(self._peers) >= PEERS_REMEMBERED_MAX:
            self._peers.clear()
        groups = tuple(dict.fromkeys((*peer.organizations, AUTHENTICATED)))
        extra = {CREDENTIAL_ID: (f"X509SHA256={peer.fingerprint}",)} if peer.fingerprint else {}
        user = self._peers[peer] = UserInfo(peer.common_name, groups, extra=extra)
        return user
