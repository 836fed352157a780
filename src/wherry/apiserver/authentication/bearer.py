"""Every kind of bearer token that the server takes, tried one after the other."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from wherry.apiserver.authentication.bootstrap_tokens import BootstrapTokens
from wherry.apiserver.authentication.service_account_tokens import ISSUER, ServiceAccountTokens
from wherry.apiserver.authentication.verified import Verified
from wherry.apiserver.request import UserInfo


class BearerTokens:
    """Says whose a token is."""

    def __init__(
        self, accounts: ServiceAccountTokens | None, bootstrap: BootstrapTokens, static: Mapping[str, UserInfo]
    ) -> None:
        """`static` maps tokens to their users; without `accounts` there are no service-account tokens."""
        self._accounts = accounts
        self._bootstrap = bootstrap
        # Looking up a hash takes the same time however much of a token was guessed right.
        self._static = {_digest(token): user for token, user in static.items()}
        self.audiences = (accounts.issuer if accounts else ISSUER,)

    async def verify(self, token: str, audiences: tuple[str, ...] = ()) -> Verified | None:
        """Whose token this is, or None; good for one of `audiences` (default: the API server's own)."""
        if self._accounts is not None and token.count(".") == 2:
            return await self._accounts.verify(token, audiences)
        # The other kinds of token know no audience: they are for the API server.
        granted = tuple(one for one in audiences or self.audiences if one in self.audiences)
        if not granted:
            return None
        user = self._static.get(_digest(token))
        if user is not None:
            return Verified(user, granted)
        return await self._bootstrap.verify(token, granted)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode(errors="replace")).digest()
