"""What Secrets for registries say, and what is said about one that says nothing."""

from __future__ import annotations

import base64
import json

import pytest

from wherry.agent.pull_secrets import keyring_of
from wherry.api.core.secret import Secret
from wherry.runtime.interface import Credentials
from wherry.runtime.registry.credentials import InvalidCredentials

LOGIN = {"auth": base64.b64encode(b"ana:secret").decode()}


def secret(kind: str, key: str, document: object) -> Secret:
    return Secret(type=kind, data={key: base64.b64encode(json.dumps(document).encode()).decode()})


def test_both_forms_are_read() -> None:
    new = secret("kubernetes.io/dockerconfigjson", ".dockerconfigjson", {"auths": {"r": LOGIN}})
    old = secret("kubernetes.io/dockercfg", ".dockercfg", {"r": LOGIN})
    for one in (new, old):
        assert keyring_of(one).entries == (("r", Credentials("ana", "secret")),)


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (secret("Opaque", "x", {}), "its type is Opaque"),
        (Secret(type="kubernetes.io/dockerconfigjson", data={".dockerconfigjson": "!"}), "is not base64"),
        (secret("kubernetes.io/dockerconfigjson", ".dockerconfigjson", []), "not as Docker writes it"),
    ],
)
def test_a_secret_without_credentials_says_why(broken: Secret, words: str) -> None:
    with pytest.raises(InvalidCredentials, match=words):
        keyring_of(broken)
