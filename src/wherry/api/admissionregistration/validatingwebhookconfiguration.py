"""Who may refuse what is written."""

from __future__ import annotations

from msgspec import field

from wherry.api.admissionregistration.webhook import Webhook, default_webhooks, validate_webhooks
from wherry.apimachinery.field_errors import FieldError
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.resource_type import AGE_COLUMN, NAME_COLUMN, Column, resource_type
from wherry.apimachinery.struct import Struct
from wherry.apimachinery.timestamps import age_since


class ValidatingWebhookConfiguration(Struct):
    """Who may refuse what is written."""

    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    webhooks: tuple[Webhook, ...] = ()


def _validate(new: ValidatingWebhookConfiguration, old: ValidatingWebhookConfiguration | None) -> list[FieldError]:
    return validate_webhooks(new.webhooks, old.webhooks if old is not None else None)


def _row(configuration: ValidatingWebhookConfiguration, now_s: float) -> tuple[object, ...]:
    meta = configuration.metadata
    return meta.name, len(configuration.webhooks), age_since(meta.creation_timestamp, now_s)


VALIDATING_WEBHOOK_CONFIGURATIONS = resource_type(
    ValidatingWebhookConfiguration,
    kind="ValidatingWebhookConfiguration",
    plural="validatingwebhookconfigurations",
    group="admissionregistration.k8s.io",
    namespaced=False,
    categories=("api-extensions",),
    default=default_webhooks,
    validate=_validate,
    columns=(NAME_COLUMN, Column("Webhooks", "integer", "How many programs are asked."), AGE_COLUMN),
    row=_row,
    tracks_generation=True,
    acted_on_by="nobody",
)
