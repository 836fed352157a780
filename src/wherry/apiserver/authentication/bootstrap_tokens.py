"""Bootstrap tokens: `abcdef.0123456789abcdef`, with which a machine asks to become a node.

Each is a Secret bootstrap-token-ID of the type bootstrap.kubernetes.io/token in kube-system.

Source: kubernetes plugin/pkg/auth/authenticator/token/bootstrap.
"""

from __future__ import annotations

import hmac
import re

import orjson

from wherry.api.core.bootstrap_token import TYPE, decoded, extra_groups, is_expired
from wherry.apimachinery.document import Document
from wherry.apiserver.authentication.verified import Verified
from wherry.apiserver.request import AUTHENTICATED, UserInfo
from wherry.apiserver.wire import mapping_in, text_in
from wherry.kit.clock import Clock
from wherry.store.interface import Store

GROUP = "system:bootstrappers"
_TOKEN = re.compile(r"([a-z0-9]{6})\.([a-z0-9]{16})")


class BootstrapTokens:
    """Finds the Secret behind a token."""

    def __init__(self, store: Store, clock: Clock) -> None:
        """Looks Secrets up in the store."""
        self._store = store
        self._clock = clock

    async def verify(self, token: str, audiences: tuple[str, ...]) -> Verified | None:
        """Who holds the token, or None if it is none or its time is over."""
        match = _TOKEN.fullmatch(token)
        if match is None:
            return None
        token_id, token_secret = match.groups()
        found = await self._store.get(f"/core/secrets/kube-system/bootstrap-token-{token_id}")
        secret: Document = orjson.loads(found.value) if found else {}
        data = decoded(mapping_in(secret, "data"))
        # Compared in any case, so that the time tells nothing about which ids exist.
        is_right = hmac.compare_digest(data.get("token-secret", "").encode(), token_secret.encode())
        if not is_right or data.get("token-id") != token_id or text_in(secret, "type") != TYPE:
            return None
        if text_in(mapping_in(secret, "metadata"), "deletionTimestamp") or is_expired(data, self._clock.now_s()):
            return None
        if data.get("usage-bootstrap-authentication") != "true":
            return None
        groups = extra_groups(data)
        if groups is None:
            return None
        user = UserInfo(f"system:bootstrap:{token_id}", (*groups, GROUP, AUTHENTICATED))
        return Verified(user, audiences)
