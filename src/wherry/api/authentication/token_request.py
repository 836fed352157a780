"""Asks for a token of a service account."""

from __future__ import annotations

from msgspec import field

from wherry.apimachinery.field_errors import FieldError, invalid
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.struct import Struct


class BoundObjectReference(Struct):
    api_version: str = ""
    kind: str = ""
    name: str = ""
    uid: str = ""


class TokenRequestSpec(Struct):
    audiences: tuple[str, ...] = ()
    bound_object_ref: BoundObjectReference | None = None
    expiration_seconds: int | None = None


class TokenRequestStatus(Struct):
    expiration_timestamp: str = ""
    token: str = ""


class TokenRequest(Struct):
    """Asks for a token of a service account."""

    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    spec: TokenRequestSpec = field(default_factory=TokenRequestSpec)
    status: TokenRequestStatus = field(default_factory=TokenRequestStatus)


EXPIRATION_S_DEFAULT = 3600
EXPIRATION_S_MIN = 600
EXPIRATION_S_MAX = 2**32


def validate_token_request(request: TokenRequest) -> list[FieldError]:
    """A token lives between ten minutes and 136 years."""
    path = "spec.expirationSeconds"
    seconds = request.spec.expiration_seconds
    if seconds is None:
        return []
    if seconds < EXPIRATION_S_MIN:
        return [invalid(path, seconds, "may not specify a duration less than 10 minutes")]
    if seconds > EXPIRATION_S_MAX:
        return [invalid(path, seconds, "may not specify a duration larger than 2^32 seconds")]
    return []
