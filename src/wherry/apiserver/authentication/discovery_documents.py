"""What others need to check service-account tokens themselves: the OpenID configuration and the public key."""

from __future__ import annotations

import orjson

from wherry.kit import jwt
from wherry.kit.http.types import Response

CONFIGURATION_PATH = "/.well-known/openid-configuration"
KEYS_PATH = "/openid/v1/jwks"
KEYS_TYPE = "application/jwk-set+json"
CACHED = ("Cache-Control", "public, max-age=3600")


class DiscoveryDocuments:
    """The two documents of one issuer."""

    def __init__(self, issuer: str, public_key_pem: bytes) -> None:
        """`public_key_pem` is the key that signs the tokens."""
        self._issuer = issuer
        self._public_key_pem = public_key_pem

    def answer(self, path: str) -> Response | None:
        """The document behind a path; None for other paths."""
        if path == CONFIGURATION_PATH:
            document = {
                "issuer": self._issuer,
                "jwks_uri": f"{self._issuer}{KEYS_PATH}",
                "response_types_supported": ["id_token"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": [jwt.ALGORITHM],
            }
            return Response(body=orjson.dumps(document), headers=[CACHED])
        if path == KEYS_PATH:
            keys = {"keys": [jwt.public_jwk(self._public_key_pem)]}
            return Response(content_type=KEYS_TYPE, body=orjson.dumps(keys), headers=[CACHED])
        return None
