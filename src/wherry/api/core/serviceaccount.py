"""Who a pod is when it talks to the API server."""

from __future__ import annotations

from msgspec import field

from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.struct import Struct


class ServiceAccount(Struct):
    """Who a pod is when it talks to the API server."""

    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    automount_service_account_token: bool | None = None
