"""Configuration that must not be shown: passwords, keys, tokens."""

from __future__ import annotations

import base64
import binascii

from msgspec import field

from wherry.api.config_data import validate_immutable, validate_keys, validate_size
from wherry.api.documents import put_absent, section
from wherry.api.object_meta import IMMUTABLE
from wherry.apimachinery.document import Document
from wherry.apimachinery.field_errors import FieldError, invalid, key, required
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.resource_type import AGE_COLUMN, NAME_COLUMN, Column, resource_type
from wherry.apimachinery.struct import Struct
from wherry.apimachinery.timestamps import age_since


class Secret(Struct):
    """Configuration that must not be shown: passwords, keys, tokens."""

    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    data: dict[str, str] = field(default_factory=dict)
    string_data: dict[str, str] = field(default_factory=dict)
    type: str = ""
    immutable: bool | None = None


ACCOUNT_ANNOTATION = "kubernetes.io/service-account.name"
NEEDED_KEYS = {
    "kubernetes.io/tls": ("tls.crt", "tls.key"),
    "kubernetes.io/dockercfg": (".dockercfg",),
    "kubernetes.io/dockerconfigjson": (".dockerconfigjson",),
    "kubernetes.io/ssh-auth": ("ssh-privatekey",),
}


def _default(new: Document) -> None:
    put_absent(new, type="Opaque")
    plain = new.pop("stringData", None)
    if isinstance(plain, dict) and plain:
        data = section(new, "data")
        for name, value in plain.items():
            data[name] = base64.b64encode(str(value).encode()).decode()


def _validate(new: Secret, old: Secret | None) -> list[FieldError]:
    errors = validate_keys(new.data, "data")
    size_bytes = 0
    for name, value in new.data.items():
        try:
            size_bytes += len(base64.b64decode(value, validate=True))
        except binascii.Error:
            errors.append(invalid(key("data", name), "<redacted>", "illegal base64 data"))
    errors += validate_size(size_bytes, "data")
    errors += _validate_type(new)
    if old is not None:
        if new.type != old.type:
            errors.append(invalid("type", new.type, IMMUTABLE))
        if old.immutable:
            errors += validate_immutable(new.immutable, {"data": new.data != old.data})
    return errors


def _validate_type(secret: Secret) -> list[FieldError]:
    has_login = bool({"username", "password"} & secret.data.keys())
    if secret.type == "kubernetes.io/basic-auth" and not has_login:
        return [required("data[username]"), required("data[password]")]
    if secret.type == "kubernetes.io/service-account-token" and not secret.metadata.annotations.get(ACCOUNT_ANNOTATION):
        return [required(key("metadata.annotations", ACCOUNT_ANNOTATION))]
    return [required(key("data", name)) for name in NEEDED_KEYS.get(secret.type, ()) if name not in secret.data]


def _row(secret: Secret, now_s: float) -> tuple[object, ...]:
    meta = secret.metadata
    return meta.name, secret.type, len(secret.data), age_since(meta.creation_timestamp, now_s)


SECRETS = resource_type(
    Secret,
    kind="Secret",
    plural="secrets",
    default=_default,
    validate=_validate,
    columns=(NAME_COLUMN, Column("Type"), Column("Data", "integer", "How many entries."), AGE_COLUMN),
    row=_row,
    selectable_fields={"type": lambda secret: secret.type},
)
