"""Which credentials are for which image, and what documents with credentials may look like."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from wherry.runtime.images.reference import parse_reference
from wherry.runtime.interface import Credentials, Keyring
from wherry.runtime.registry.credentials import (
    InvalidCredentials,
    credential_helpers,
    credentials_for,
    docker_cfg_keyring,
    docker_config_keyring,
)
from wherry.runtime.registry.docker_config import config_file, read_keyring

ANA = Credentials("ana", "secret")
AUTH = base64.b64encode(b"ana:secret").decode()


def config(**auths: object) -> bytes:
    return json.dumps({"auths": auths}).encode()


@pytest.mark.parametrize(
    ("name", "image", "fits"),
    [
        ("registry.example.com", "registry.example.com/shop/orders", True),
        ("https://registry.example.com/", "registry.example.com/shop/orders", True),
        ("https://registry.example.com/v2/", "registry.example.com/shop/orders", True),
        ("registry.example.com/shop", "registry.example.com/shop/orders", True),
        ("registry.example.com/shop", "registry.example.com/shop", True),
        ("registry.example.com/shop", "registry.example.com/shopping/orders", False),
        ("registry.example.com/other", "registry.example.com/shop/orders", False),
        ("registry.example.com:5000", "registry.example.com/shop/orders", False),
        ("registry.example.com:5000", "registry.example.com:5000/shop/orders", True),
        ("*.example.com", "registry.example.com/shop/orders", True),
        ("*.example.com", "a.registry.example.com/shop/orders", False),
        ("*.*.example.com", "a.registry.example.com/shop/orders", True),
        ("reg*.example.com", "registry.example.com/shop/orders", True),
        ("https://index.docker.io/v1/", "nginx", True),
        ("docker.io", "ana/thing", True),
        ("https://index.docker.io/v1/", "registry.example.com/nginx", False),
        ("[::1]:5000", "[::1]:5000/orders", True),
    ],
)
def test_a_name_is_for_the_images_below_it(name: str, image: str, fits: bool) -> None:
    keyring = docker_config_keyring(config(**{name: {"auth": AUTH}}))
    assert credentials_for(keyring, parse_reference(image)) == ((ANA,) if fits else ())


def test_the_most_precise_name_comes_first() -> None:
    bob = Credentials("bob", "x")
    keyring = Keyring((("r.example.com", ANA), ("r.example.com/shop", bob)))
    assert credentials_for(keyring, parse_reference("r.example.com/shop/orders")) == (bob, ANA)


def test_name_and_password_may_stand_apart_or_be_a_token() -> None:
    document = config(a={"username": "ana", "password": "secret"}, b={"identitytoken": "t"}, c={})
    assert [one for _, one in docker_config_keyring(document).entries] == [ANA, Credentials(identity_token="t")]
    assert docker_cfg_keyring(json.dumps({"a": {"auth": AUTH}}).encode()).entries == (("a", ANA),)


@pytest.mark.parametrize("document", [b"", b"[]", config(a={"auth": "!"}), config(a={"auth": "YW5h"})])
def test_what_docker_would_not_write_is_refused_in_a_sentence(document: bytes) -> None:
    with pytest.raises(InvalidCredentials, match=r"not as Docker writes it|is not base64 of USER:PASSWORD"):
        docker_config_keyring(document)


def test_secrets_are_in_no_log() -> None:
    assert "secret" not in repr(ANA)


def test_a_program_is_named_for_all_registries_or_for_one() -> None:
    helpers = credential_helpers(b'{"credsStore": "pass", "credHelpers": {"r.example.com": "ecr"}}')
    assert helpers.program_for("r.example.com") == "docker-credential-ecr"
    assert helpers.program_for("docker.io") == "docker-credential-pass"
    assert credential_helpers(b"{}").program_for("docker.io") == ""


async def test_what_docker_login_left_is_found(tmp_path: Path) -> None:
    environ = {"DOCKER_CONFIG": str(tmp_path)}
    reference = parse_reference("r.example.com/orders")
    assert config_file({"HOME": "/home/ana"}) == Path("/home/ana/.docker/config.json")
    assert (await read_keyring(environ, reference)).entries == ()
    config_file(environ).write_bytes(config(**{"r.example.com": {"auth": AUTH}}))
    assert credentials_for((await read_keyring(environ, reference)), reference) == (ANA,)


async def test_a_credential_helper_is_asked(tmp_path: Path) -> None:
    helper = tmp_path / "docker-credential-mine"
    helper.write_text(
        '#!/bin/sh\nread host; [ "$host" = r.example.com ] || exit 1\n'
        'echo \'{"ServerURL": "r.example.com", "Username": "ana", "Secret": "secret"}\'\n'
    )
    helper.chmod(0o755)
    environ = {"DOCKER_CONFIG": str(tmp_path), "PATH": f"{tmp_path}:/usr/bin:/bin"}
    config_file(environ).write_text('{"credsStore": "mine"}')
    reference = parse_reference("r.example.com/orders")
    assert credentials_for((await read_keyring(environ, reference)), reference) == (ANA,)
    assert (await read_keyring(environ, parse_reference("other.example.com/x"))).entries == ()
    config_file(environ).write_text('{"credsStore": "absent"}')
    with pytest.raises(InvalidCredentials, match="docker-credential-absent, which is not installed"):
        await read_keyring(environ, reference)
