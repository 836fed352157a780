"""Who we are, as the cluster knows us."""

from __future__ import annotations

import msgspec

from wherry.apimachinery.errors import StatusError
from wherry.client.client import Client
from wherry.kit.http.types import read_body

_REVIEWS = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
_BODY = b'{"apiVersion":"authentication.k8s.io/v1","kind":"SelfSubjectReview"}'


async def requester(client: Client, fallback: str) -> str:
    """The name under which the cluster lets us in; `fallback` when it does not say."""
    try:
        body = await read_body(await client.request("POST", _REVIEWS, body=_BODY))
    except StatusError:
        return fallback
    answer = msgspec.json.decode(body, type=dict[str, object])
    status = answer.get("status")
    user = status.get("userInfo") if isinstance(status, dict) else None
    name = user.get("username") if isinstance(user, dict) else None
    return name if isinstance(name, str) and name else fallback
