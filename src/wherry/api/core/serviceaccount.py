"""Who a pod is when it talks to the API server."""

from __future__ import annotations

from msgspec import field

from wherry.api.core.binding import ObjectReference
from wherry.api.core.pod_spec import LocalObjectReference
from wherry.api.documents import find, find_section
from wherry.apimachinery.document import Document
from wherry.apimachinery.field_errors import key
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.resource_type import AGE_COLUMN, NAME_COLUMN, Column, Subresource, resource_type
from wherry.apimachinery.struct import Struct
from wherry.apimachinery.timestamps import age_since


class ServiceAccount(Struct):
    """Who a pod is when it talks to the API server."""

    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    secrets: tuple[ObjectReference, ...] = ()
    image_pull_secrets: tuple[LocalObjectReference, ...] = ()
    automount_service_account_token: bool | None = None


ENFORCE_ANNOTATION = "kubernetes.io/enforce-mountable-secrets"


def _warn(new: Document, old: Document | None) -> list[str]:
    annotations = find_section(new, "metadata", "annotations") or {}
    had = find(old, "metadata", "annotations", ENFORCE_ANNOTATION) if old is not None else None
    if ENFORCE_ANNOTATION not in annotations or had is not None:
        return []
    place = key("metadata.annotations", ENFORCE_ANNOTATION)
    return [f"{place}: deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets"]


def _row(account: ServiceAccount, now_s: float) -> tuple[object, ...]:
    meta = account.metadata
    return meta.name, len(account.secrets), age_since(meta.creation_timestamp, now_s)


SERVICE_ACCOUNTS = resource_type(
    ServiceAccount,
    kind="ServiceAccount",
    plural="serviceaccounts",
    short_names=("sa",),
    subresources=(Subresource("token", ("create",), kind="TokenRequest", group="authentication.k8s.io", version="v1"),),
    columns=(NAME_COLUMN, Column("Secrets", "integer", "How many secrets it names."), AGE_COLUMN),
    row=_row,
    warn=_warn,
    delete_returns_object=True,
)
