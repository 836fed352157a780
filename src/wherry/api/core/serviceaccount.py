"""Who a pod is when it talks to the API server."""

from __future__ import annotations

from msgspec import field

from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.resource_type import Subresource, resource_type
from wherry.apimachinery.struct import Struct


class ServiceAccount(Struct):
    """Who a pod is when it talks to the API server."""

    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    automount_service_account_token: bool | None = None

SERVICE_ACCOUNTS = resource_type(
    ServiceAccount,
    kind="ServiceAccount",
    plural="serviceaccounts",
    short_names=("sa",),
    subresources=(
        Subresource("token", ("create",), kind="TokenRequest", group="authentication.k8s.io", version="v1"),
    ),
)
