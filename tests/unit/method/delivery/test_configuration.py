from __future__ import annotations

import base64

from suites.release_orders import manifests
from wherry.apimachinery.document import Document
from wherry.method.delivery.configuration import config_hash, effective_config, secret_values, without_secrets


def test_every_setting_is_listed_and_of_a_secret_only_a_hash() -> None:
    found = {(entry.source, entry.key): entry for entry in effective_config(manifests(), "orders/dev")}
    assert found["ConfigMap/orders", "LEVEL"].value == "info"
    assert found["Deployment/orders", "orders.PORT"].value == "8080"
    secret = found["Secret/orders", "PASSWORD"]
    assert secret.value == ""
    assert secret.hash.startswith("scrypt:")
    assert "tea" not in secret.hash


def test_the_hash_changes_with_any_setting_and_with_nothing_else() -> None:
    def hashed(documents: list[Document]) -> str:
        return config_hash(effective_config(documents, "orders/dev"))

    assert hashed(manifests()) == hashed(list(reversed(manifests())))
    assert hashed(manifests()) != hashed(manifests(level="debug"))
    assert hashed(manifests()) != hashed(manifests(password="coffee"))


def test_the_same_secret_has_another_hash_elsewhere() -> None:
    here, there = (effective_config(manifests()[1:2], scope) for scope in ("orders/dev", "orders/prod"))
    assert here[0].key == there[0].key == "PASSWORD"
    assert here[0].hash != there[0].hash


def test_a_secret_is_the_same_however_it_is_written() -> None:
    coded: Document = {"data": {"A": base64.b64encode(b"tea").decode()}}
    assert secret_values(coded) == secret_values({"stringData": {"A": "tea"}}) == {"A": b"tea"}


def test_what_is_hashed_as_a_whole_holds_no_secret() -> None:
    assert "tea" not in str([without_secrets(document, "orders/dev") for document in manifests()])
