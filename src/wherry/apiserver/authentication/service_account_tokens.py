"""Service-account tokens: made on request, bound to what they are for, checked at every use.

A token is a JWT signed with ES256. It names the account and what it was made for (a pod and its node, a secret, a
node), each with its uid, so that it dies with them: an account that was deleted and made again does not revive old
tokens. The signature of a token is checked once; whether the objects that it names still live, at every request.

Source: kubernetes pkg/serviceaccount (claims.go, legacy.go) for the claims and their checks.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

import orjson

from wherry.apimachinery.document import Document
from wherry.apimachinery.timestamps import parse_time
from wherry.apiserver.authentication.verified import CREDENTIAL_ID, Verified
from wherry.apiserver.request import AUTHENTICATED, UserInfo, account_groups
from wherry.apiserver.wire import mapping_in, text_in
from wherry.kit import jwt
from wherry.kit.clock import Clock
from wherry.kit.ids import new_uid
from wherry.store.interface import Store

ISSUER = "https://kubernetes.default.svc.cluster.local"
LEGACY_ISSUER = "kubernetes/serviceaccount"
CLAIMS = "kubernetes.io"
EXTRA = "authentication.kubernetes.io"
# The lifetime that pods' own volumes ask for: clients that never read their token again go on for a year.
VOLUME_LIFETIME_S = 3607
EXTENDED_LIFETIME_S = 365 * 24 * 3600
REMEMBERED_MAX = 4096
TOKEN_BYTES_MAX = 16 * 1024
# An object that is being deleted gives its tokens this long, so that what is shutting down can say goodbye.
DELETION_LEEWAY_S = 60.0


@dataclass(frozen=True, slots=True)
class BoundObject:
    """What a token lives and dies with: a service account, a pod, a secret or a node."""

    name: str
    uid: str


@dataclass(slots=True)
class _Reference:
    """An object that a token depends on; looked at again when its revision changes."""

    key: str
    uid: str
    revision: int = 0
    good_until_s: float = 0.0


@dataclass(slots=True)
class _Known:
    """A token whose signature is right."""

    user: UserInfo
    audiences: tuple[str, ...]
    not_before_s: float
    expires_s: float
    references: list[_Reference] = field(default_factory=list)


class ServiceAccountTokens:
    """Makes and checks tokens with one key pair."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        *,
        private_key_pem: bytes,
        public_key_pem: bytes,
        issuer: str = ISSUER,
        lifetime_max_s: int = 0,
    ) -> None:
        """Keys are PEM, on the curve P-256; without a private key tokens can be checked but not made.

        `lifetime_max_s` cuts what is asked for; 0 does not.
        """
        self._store = store
        self._clock = clock
        self._private_key_pem = private_key_pem
        self._public_key_pem = public_key_pem
        self.issuer = issuer
        self.lifetime_max_s = lifetime_max_s
        self._remembered: dict[bytes, _Known] = {}

    def make(
        self,
        namespace: str,
        account: BoundObject,
        *,
        audiences: Sequence[str],
        lifetime_s: int,
        bound: dict[str, BoundObject] | None = None,
    ) -> str:
        """A token of `account` that is good for `lifetime_s` seconds; `bound` are pod, node or secret."""
        now_s = int(self._clock.now_s())
        named = {"serviceaccount": account, **(bound or {})}
        about: Document = {"namespace": namespace}
        for kind, thing in named.items():
            about[kind] = {"name": thing.name, "uid": thing.uid} if thing.uid else {"name": thing.name}
        expires_s = now_s + lifetime_s
        if lifetime_s == VOLUME_LIFETIME_S and self.issuer in audiences:
            about["warnafter"], expires_s = expires_s, now_s + EXTENDED_LIFETIME_S
        claims: Document = {
            "aud": list(audiences) or [self.issuer],
            "exp": expires_s,
            "iat": now_s,
            "iss": self.issuer,
            "jti": new_uid(),
            CLAIMS: about,
            "nbf": now_s,
            "sub": f"system:serviceaccount:{namespace}:{account.name}",
        }
        return jwt.sign(claims, self._private_key_pem)

    def make_legacy(self, namespace: str, account: BoundObject, secret: str) -> str:
        """A token that lives in a Secret and as long as it: no audience, no end."""
        prefix = f"{LEGACY_ISSUER}/"
        claims: Document = {
            "iss": LEGACY_ISSUER,
            f"{prefix}namespace": namespace,
            f"{prefix}secret.name": secret,
            f"{prefix}service-account.name": account.name,
            f"{prefix}service-account.uid": account.uid,
            "sub": f"system:serviceaccount:{namespace}:{account.name}",
        }
        return jwt.sign(claims, self._private_key_pem)

    async def verify(self, token: str, audiences: tuple[str, ...] = ()) -> Verified | None:
        """Whose token this is, or None if it is not good (for one of `audiences`; default: the API server)."""
        if len(token) > TOKEN_BYTES_MAX:
            return None
        digest = hashlib.sha256(token.encode(errors="replace")).digest()
        known = self._remembered.get(digest) or self._remember(digest, token)
        now_s = self._clock.now_s()
        if known is None or not known.not_before_s <= now_s < known.expires_s:
            return None
        wanted = audiences or (self.issuer,)
        granted = tuple(audience for audience in wanted if audience in known.audiences)
        if not granted:
            return None
        for reference in known.references:
            if not await self._lives(reference, now_s, token):
                return None
        return Verified(known.user, granted)

    def _remember(self, digest: bytes, token: str) -> _Known | None:
        claims = jwt.verify(token, self._public_key_pem)
        if claims is None:
            return None
        known = self._read_legacy(claims) if claims.get("iss") == LEGACY_ISSUER else self._read(claims)
        if known is not None:
            if len(self._remembered) >= REMEMBERED_MAX:
                self._remembered.clear()
            self._remembered[digest] = known
        return known

    def _read(self, claims: Document) -> _Known | None:
        about = mapping_in(claims, CLAIMS)
        namespace, account = text_in(about, "namespace"), _bound(about, "serviceaccount")
        expires_s, not_before_s = claims.get("exp"), claims.get("nbf", 0)
        if claims.get("iss") != self.issuer or not _is_time(expires_s) or not _is_time(not_before_s):
            return None
        if text_in(claims, "sub") != f"system:serviceaccount:{namespace}:{account.name}":
            return None
        extra: dict[str, tuple[str, ...]] = {}
        if text_in(claims, "jti"):
            extra[CREDENTIAL_ID] = (f"JTI={claims['jti']}",)
        references = [_Reference(f"/core/serviceaccounts/{namespace}/{account.name}", account.uid)]
        pod, node, secret = (_bound(about, kind) for kind in ("pod", "node", "secret"))
        if pod.name:
            references.append(_Reference(f"/core/pods/{namespace}/{pod.name}", pod.uid))
            extra |= {f"{EXTRA}/pod-name": (pod.name,), f"{EXTRA}/pod-uid": (pod.uid,)}
        elif node.name:
            # A pod's node is only told; a token that is bound to the node itself goes with it.
            references.append(_Reference(f"/core/nodes/{node.name}", node.uid))
        if secret.name:
            references.append(_Reference(f"/core/secrets/{namespace}/{secret.name}", secret.uid))
        if node.name:
            extra[f"{EXTRA}/node-name"] = (node.name,)
            if node.uid:
                extra[f"{EXTRA}/node-uid"] = (node.uid,)
        granted = claims.get("aud")
        audiences = tuple(str(one) for one in granted) if isinstance(granted, list) else (str(granted),)
        user = _user(namespace, account, extra)
        return _Known(user, audiences, float(str(not_before_s)), float(str(expires_s)), references)

    def _read_legacy(self, claims: Document) -> _Known | None:
        namespace, secret, name, uid = (
            text_in(claims, f"{LEGACY_ISSUER}/{part}")
            for part in ("namespace", "secret.name", "service-account.name", "service-account.uid")
        )
        if not all((namespace, secret, name, uid)):
            return None
        if text_in(claims, "sub") != f"system:serviceaccount:{namespace}:{name}":
            return None
        references = [
            _Reference(f"/core/serviceaccounts/{namespace}/{name}", uid),
            # No uid: this one must hold the very token.
            _Reference(f"/core/secrets/{namespace}/{secret}", ""),
        ]
        user = _user(namespace, BoundObject(name, uid), {})
        return _Known(user, (self.issuer,), 0.0, float("inf"), references)

    async def _lives(self, reference: _Reference, now_s: float, token: str) -> bool:
        found = await self._store.get(reference.key)
        if found is None:
            return False
        if found.revision != reference.revision:
            document: Document = orjson.loads(found.value)
            metadata = mapping_in(document, "metadata")
            is_same = text_in(metadata, "uid") == reference.uid if reference.uid else _holds(document, token)
            ending = text_in(metadata, "deletionTimestamp")
            until_s = parse_time(ending) + DELETION_LEEWAY_S if ending else float("inf")
            reference.good_until_s = until_s if is_same else float("-inf")
            reference.revision = found.revision
        return now_s <= reference.good_until_s


def _holds(secret: Document, token: str) -> bool:
    import base64
    import hmac

    held = text_in(mapping_in(secret, "data"), "token")
    return hmac.compare_digest(held.encode(), base64.b64encode(token.encode(errors="replace")))


def _bound(about: Document, kind: str) -> BoundObject:
    thing = mapping_in(about, kind)
    return BoundObject(text_in(thing, "name"), text_in(thing, "uid"))


def _user(namespace: str, account: BoundObject, extra: dict[str, tuple[str, ...]]) -> UserInfo:
    name = f"system:serviceaccount:{namespace}:{account.name}"
    return UserInfo(name, (*account_groups(namespace), AUTHENTICATED), account.uid, extra)


def _is_time(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
