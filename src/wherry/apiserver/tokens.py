"""Service-account tokens: made on request, bound to what they are for, checked at every use.

A token is a JWT signed with ES256. It names the account and, when it was made for a pod, the pod;
both with their uid, so that it dies with them: an account that was deleted and made again does not
revive old tokens. What was found out about a token is remembered for a few seconds only.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from wherry.apimachinery.document import Document
from wherry.apiserver.request import UserInfo
from wherry.apiserver.wire import mapping_in, text_in
from wherry.kit.clock import Clock
from wherry.kit.ids import new_uid
from wherry.store.interface import Store

ISSUER = "https://kubernetes.default.svc.cluster.local"
ALGORITHM = "ES256"
CLAIMS = "kubernetes.io"
# A revoked token is refused after this time at the latest.
REMEMBER_S = 5.0
REMEMBERED_MAX = 4096
TOKEN_BYTES_MAX = 16 * 1024


@dataclass(frozen=True, slots=True)
class BoundObject:
    """What a token lives and dies with: a service account, a pod or a secret."""

    name: str
    uid: str
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Verified:
    """A token that is good: whose it is and for whom."""

    user: UserInfo
    audiences: tuple[str, ...]


class ServiceAccountTokens:
    """Makes and checks tokens with one key pair."""

    def __init__(
        self, store: Store, clock: Clock, *, private_key_pem: bytes, public_key_pem: bytes, issuer: str = ISSUER
    ) -> None:
        """Keys are PEM, on the curve P-256; without a private key tokens can be checked but not made."""
        self._store = store
        self._clock = clock
        self._private_key_pem = private_key_pem
        self._public_key_pem = public_key_pem
        self.issuer = issuer
        self._remembered: dict[tuple[bytes, tuple[str, ...]], tuple[float, Verified | None]] = {}

    def make(
        self, namespace: str, account: BoundObject, *, audiences: Sequence[str], lifetime_s: int, pod: Document | None
    ) -> str:
        """A token of `account` that is good for `lifetime_s` seconds; `pod` (name, uid) binds it to a pod."""
        import jwt

        now_s = int(self._clock.now_s())
        about: Document = {"namespace": namespace, "serviceaccount": {"name": account.name, "uid": account.uid}}
        if pod:
            about["pod"] = pod
        claims: Document = {
            "aud": list(audiences) or [self.issuer],
            "exp": now_s + lifetime_s,
            "iat": now_s,
            "nbf": now_s,
            "iss": self.issuer,
            "jti": new_uid(),
            CLAIMS: about,
            "sub": f"system:serviceaccount:{namespace}:{account.name}",
        }
        return jwt.encode(claims, self._private_key_pem, algorithm=ALGORITHM)

    async def verify(self, token: str, audiences: tuple[str, ...] = ()) -> Verified | None:
        """Whose token this is, or None if it is not good (for one of `audiences`; default: the API server)."""
        if len(token) > TOKEN_BYTES_MAX:
            return None
        audiences = audiences or (self.issuer,)
        key = (hashlib.sha256(token.encode(errors="replace")).digest(), audiences)
        now_s = self._clock.monotonic_s()
        remembered = self._remembered.get(key)
        if remembered is not None and now_s < remembered[0]:
            return remembered[1]
        verified, expires_s = await self._check(token, audiences)
        if len(self._remembered) >= REMEMBERED_MAX:
            self._remembered.clear()
        self._remembered[key] = (now_s + min(REMEMBER_S, max(0.0, expires_s - self._clock.now_s())), verified)
        return verified

    async def _check(self, token: str, audiences: tuple[str, ...]) -> tuple[Verified | None, float]:
        nothing = (None, self._clock.now_s() + REMEMBER_S)
        claims = self._claims(token, audiences)
        if claims is None:
            return nothing
        about = mapping_in(claims, CLAIMS)
        namespace = text_in(about, "namespace")
        account = mapping_in(about, "serviceaccount")
        name, uid = text_in(account, "name"), text_in(account, "uid")
        expires_s = claims.get("exp")
        if not isinstance(expires_s, int) or text_in(claims, "sub") != f"system:serviceaccount:{namespace}:{name}":
            return nothing
        if not await self._exists(f"/core/serviceaccounts/{namespace}/{name}", uid):
            return nothing
        extra: dict[str, tuple[str, ...]] = {}
        if "jti" in claims:
            extra["authentication.kubernetes.io/credential-id"] = (f"JTI={claims['jti']}",)
        pod = mapping_in(about, "pod")
        if pod:
            pod_name, pod_uid = text_in(pod, "name"), text_in(pod, "uid")
            if not await self._exists(f"/core/pods/{namespace}/{pod_name}", pod_uid):
                return nothing
            extra["authentication.kubernetes.io/pod-name"] = (pod_name,)
            extra["authentication.kubernetes.io/pod-uid"] = (pod_uid,)
        groups = ("system:serviceaccounts", f"system:serviceaccounts:{namespace}", "system:authenticated")
        user = UserInfo(f"system:serviceaccount:{namespace}:{name}", groups, uid, extra)
        granted = claims.get("aud")
        granted = granted if isinstance(granted, list) else [granted]
        return Verified(user, tuple(audience for audience in audiences if audience in granted)), float(expires_s)

    def _claims(self, token: str, audiences: tuple[str, ...]) -> Document | None:
        """The claims of a token that is signed by us, for one of `audiences`, and in its time."""
        import jwt

        try:
            claims: Document = jwt.decode(
                token,
                self._public_key_pem,
                algorithms=[ALGORITHM],
                audience=list(audiences),
                issuer=self.issuer,
                # Time is judged below, by the injected clock.
                options={"verify_exp": False, "verify_nbf": False, "verify_iat": False, "require": ["exp", "sub"]},
            )
        except (jwt.PyJWTError, ValueError, RecursionError):
            return None
        now_s = self._clock.now_s()
        expires_s, not_before_s = claims.get("exp"), claims.get("nbf", 0)
        if not isinstance(expires_s, int | float) or not isinstance(not_before_s, int | float):
            return None
        return claims if not_before_s <= now_s < expires_s else None

    async def _exists(self, key: str, uid: str) -> bool:
        found = await self._store.get(key)
        return found is not None and text_in(mapping_in(orjson.loads(found.value), "metadata"), "uid") == uid
