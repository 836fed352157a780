"""The effective configuration of a release: every setting that its programs get, secrets only as hashes."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Iterator
from functools import lru_cache

from wherry.api.method.release import ConfigEntry
from wherry.apimachinery.document import Document
from wherry.method.delivery.documents import containers, entries, is_secret, pod_template, reference, section, text
from wherry.method.delivery.stable_names import stable_name

# A password is short: a plain hash of it could be guessed by trying. This one costs milliseconds a guess.
_SCRYPT_COST = 4096
_HASH_CHARS = 32


def effective_config(documents: Iterable[Document], scope: str) -> tuple[ConfigEntry, ...]:
    """All settings, in order.

    `scope` (service/environment) goes into the hashes, so that the same secret elsewhere looks different.
    """
    found = [entry for document in documents for entry in _settings(document, scope)]
    return tuple(sorted(found, key=lambda entry: (entry.source, entry.key)))


def config_hash(config: Iterable[ConfigEntry]) -> str:
    """One hash of all settings: equal exactly when nothing in them differs."""
    facts = [(entry.source, entry.key, entry.value, entry.hash) for entry in config]
    return "sha256:" + hashlib.sha256(json.dumps(sorted(facts)).encode()).hexdigest()


def _settings(document: Document, scope: str) -> Iterator[ConfigEntry]:
    ref = reference(document)
    source = f"{ref.kind}/{ref.name}"
    if is_secret(document):
        for key, value in sorted(secret_values(document).items()):
            yield ConfigEntry(source=source, key=key, hash=secret_hash(value, f"{scope}/{stable_name(ref.name)}/{key}"))
    elif (ref.api_version, ref.kind) == ("v1", "ConfigMap"):
        for key, content in section(document, "data").items():
            yield ConfigEntry(source=source, key=key, value=str(content))
        for key, content in section(document, "binaryData").items():
            yield ConfigEntry(source=source, key=key, hash=hashlib.sha256(str(content).encode()).hexdigest())
    elif (template := pod_template(document)) is not None:
        for container in containers(template):
            for variable in entries(container, "env"):
                if "valueFrom" not in variable:
                    key = f"{text(container, 'name')}.{text(variable, 'name')}"
                    yield ConfigEntry(source=source, key=key, value=str(variable.get("value", "")))


def secret_values(document: Document) -> dict[str, bytes]:
    """What a Secret holds, its two ways of writing brought together."""
    values: dict[str, bytes] = {}
    for key, content in section(document, "data").items():
        try:
            values[key] = base64.b64decode(str(content), validate=True)
        except ValueError:
            values[key] = str(content).encode()
    return values | {key: str(content).encode() for key, content in section(document, "stringData").items()}


@lru_cache(maxsize=1024)
def secret_hash(value: bytes, salt: str) -> str:
    """A hash that tells whether a secret has changed, and that is slow to guess from."""
    made = hashlib.scrypt(value, salt=salt.encode(), n=_SCRYPT_COST, r=8, p=1, dklen=_HASH_CHARS // 2)
    return f"scrypt:{made.hex()}"


def without_secrets(document: Document, scope: str) -> Document:
    """The manifest with hashes in place of a Secret's values."""
    if not is_secret(document):
        return document
    hashes = {entry.key: entry.hash for entry in _settings(document, scope)}
    return {key: value for key, value in document.items() if key not in ("data", "stringData")} | {"data": hashes}
