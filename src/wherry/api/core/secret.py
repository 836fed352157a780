"""Configuration that must not be shown: passwords, keys, tokens."""

from __future__ import annotations

import base64
import binascii
import json

from msgspec import field

from wherry.api.config_data import validate_immutable, validate_keys, validate_size
from wherry.api.documents import put_absent, section, text
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
TLS = "kubernetes.io/tls"
CERTIFICATE, PRIVATE_KEY, SSH_KEY = "tls.crt", "tls.key", "ssh-privatekey"
# Logins for registries: the key that has them as JSON.
LOGINS = {"kubernetes.io/dockercfg": ".dockercfg", "kubernetes.io/dockerconfigjson": ".dockerconfigjson"}


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
    if secret.type == "kubernetes.io/ssh-auth" and not secret.data.get(SSH_KEY):
        return [required(key("data", SSH_KEY))]
    if secret.type == TLS:
        return [required(key("data", name)) for name in (CERTIFICATE, PRIVATE_KEY) if name not in secret.data]
    login = LOGINS.get(secret.type)
    if login is None:
        return []
    if login not in secret.data:
        return [required(key("data", login))]
    wrong = _not_an_object(_plain(secret.data[login]))
    return [invalid(key("data", login), "<secret contents redacted>", wrong)] if wrong else []


def _plain(encoded: str) -> bytes:
    try:
        return base64.b64decode(encoded)
    except binascii.Error:
        return b""


def _not_an_object(content: bytes) -> str:
    """Why this is no JSON object, in the words of the language that Kubernetes is written in, or ""."""
    try:
        found = json.loads(content)
    except UnicodeDecodeError:
        return "invalid character 'ï' looking for beginning of value"
    except json.JSONDecodeError as err:
        if err.pos >= len(err.doc):
            return "unexpected end of JSON input"
        return f"invalid character {err.doc[err.pos]!r} looking for beginning of value"
    if found is None or isinstance(found, dict):
        return ""
    kind = "array" if isinstance(found, list) else {str: "string", bool: "bool"}.get(type(found), "number")
    return f"json: cannot unmarshal {kind} into Go value of type map[string]interface {{}}"


def _warn(new: Document, old: Document | None) -> list[str]:
    """A certificate and a key that nobody can serve with."""
    if new.get("type") != TLS:
        return []
    for name, what in ((CERTIFICATE, "certificate"), (PRIVATE_KEY, "key")):
        if b"-----BEGIN " not in _plain(text(new, "data", name)):
            return [f"tls: failed to find any PEM data in {what} input"]
    return []


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
    warn=_warn,
    selectable_fields={"type": lambda secret: secret.type},
)
