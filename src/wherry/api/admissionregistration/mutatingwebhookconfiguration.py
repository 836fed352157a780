"""Who may change what is written, before it is stored."""

from __future__ import annotations

from msgspec import field

from wherry.api.admissionregistration.webhook import Webhook, default_webhooks, validate_webhooks
from wherry.api.documents import put_absent, sections
from wherry.apimachinery.document import Document
from wherry.apimachinery.field_errors import FieldError
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.resource_type import AGE_COLUMN, NAME_COLUMN, Column, resource_type
from wherry.apimachinery.struct import Struct
from wherry.apimachinery.timestamps import age_since


class MutatingWebhookConfiguration(Struct):
    """Who may change what is written, before it is stored."""

    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    webhooks: tuple[Webhook, ...] = ()


def _default(new: Document) -> None:
    default_webhooks(new)
    for webhook in sections(new, "webhooks"):
        put_absent(webhook, reinvocationPolicy="Never")


def _validate(new: MutatingWebhookConfiguration, old: MutatingWebhookConfiguration | None) -> list[FieldError]:
    return validate_webhooks(new.webhooks, old.webhooks if old is not None else None)


def _row(configuration: MutatingWebhookConfiguration, now_s: float) -> tuple[object, ...]:
    meta = configuration.metadata
    return meta.name, len(configuration.webhooks), age_since(meta.creation_timestamp, now_s)


MUTATING_WEBHOOK_CONFIGURATIONS = resource_type(
    MutatingWebhookConfiguration,
    kind="MutatingWebhookConfiguration",
    plural="mutatingwebhookconfigurations",
    group="admissionregistration.k8s.io",
    namespaced=False,
    categories=("api-extensions",),
    default=_default,
    validate=_validate,
    columns=(NAME_COLUMN, Column("Webhooks", "integer", "How many programs are asked."), AGE_COLUMN),
    row=_row,
    tracks_generation=True,
    acted_on_by="nobody",
)
