"""JSON Web Tokens, signed with ES256 and nothing else: made, checked, and the key published.

Who checks decides on the algorithm; what a token's header says about it counts only when it agrees.
"""

from __future__ import annotations

import base64
import hashlib
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

ALGORITHM = "ES256"


def sign(claims: dict[str, object], private_key_pem: bytes) -> str:
    """A token that makes these claims. The key is PEM, on the curve P-256."""
    import jwt

    from wherry.kit import pki

    header = {"kid": key_id(pki.public_key_pem(private_key_pem))}
    return jwt.encode(claims, private_key_pem, algorithm=ALGORITHM, headers=header)


def verify(token: str, public_key_pem: bytes) -> dict[str, object] | None:
    """The claims of a token that was signed with this key; None for all others. Times are the caller's to judge."""
    import jwt

    unchecked = dict.fromkeys(("verify_exp", "verify_nbf", "verify_iat", "verify_aud", "verify_iss"), False)
    try:
        claims: dict[str, object] = jwt.decode(token, public_key_pem, algorithms=[ALGORITHM], options=unchecked)  # type: ignore[arg-type]  # a subset of the options
    except (jwt.PyJWTError, ValueError, RecursionError):
        return None
    return claims


@lru_cache(maxsize=8)
def key_id(public_key_pem: bytes) -> str:
    """A name for a key: the hash of its DER form."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    der = _load(public_key_pem).public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return _text(hashlib.sha256(der).digest())


def public_jwk(public_key_pem: bytes) -> dict[str, object]:
    """The key as a JSON Web Key, for whoever checks signatures elsewhere."""
    numbers = _load(public_key_pem).public_numbers()
    x, y = (_text(number.to_bytes(32, "big")) for number in (numbers.x, numbers.y))
    key = {"use": "sig", "kty": "EC", "kid": key_id(public_key_pem), "crv": "P-256", "alg": ALGORITHM, "x": x, "y": y}
    return {**key}


def _load(public_key_pem: bytes) -> EllipticCurvePublicKey:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    key = load_pem_public_key(public_key_pem)
    if not isinstance(key, EllipticCurvePublicKey):
        raise ValueError("not an ECDSA public key")
    return key


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
