"""Whom a registry's name means, and what answers say about who we are."""

from __future__ import annotations

from pathlib import Path

import pytest

from wherry.runtime.registry.challenge import Challenge, parse_challenges
from wherry.runtime.registry.endpoints import RegistrySettings, endpoints, own_endpoints


def urls(settings: RegistrySettings, registry: str) -> list[str]:
    return [one.url for one in endpoints(settings, registry)]


def test_docker_hub_answers_at_another_name() -> None:
    assert urls(RegistrySettings(), "docker.io") == ["https://registry-1.docker.io"]


@pytest.mark.parametrize("registry", ["localhost:5000", "127.0.0.1:5000", "[::1]:5000"])
def test_this_machines_registries_may_speak_plain_http(registry: str) -> None:
    assert urls(RegistrySettings(), registry) == [f"https://{registry}", f"http://{registry}"]


def test_others_speak_tls_unless_somebody_says_otherwise() -> None:
    assert urls(RegistrySettings(), "r.example.com:5000") == ["https://r.example.com:5000"]
    loose = RegistrySettings(insecure=("r.example.com:5000",))
    assert urls(loose, "r.example.com:5000") == ["https://r.example.com:5000", "http://r.example.com:5000"]
    assert not endpoints(loose, "r.example.com:5000")[0].verify
    assert endpoints(loose, "other.example.com")[0].verify


def test_mirrors_come_first_and_take_nothing_that_is_pushed() -> None:
    settings = RegistrySettings(mirrors=("docker.io=https://m.example.com/hub", "*=http://cache:3000"))
    assert urls(settings, "docker.io") == ["https://m.example.com", "http://cache:3000", "https://registry-1.docker.io"]
    assert endpoints(settings, "docker.io")[0].repository("library/nginx") == "hub/library/nginx"
    assert urls(settings, "quay.io") == ["http://cache:3000", "https://quay.io"]
    assert [one.url for one in own_endpoints(settings, "quay.io")] == ["https://quay.io"]


def test_an_authority_is_for_its_registry_alone() -> None:
    settings = RegistrySettings(ca=("r.example.com=/etc/ca.pem",))
    assert endpoints(settings, "r.example.com")[0].ca == Path("/etc/ca.pem")
    assert endpoints(settings, "other.example.com")[0].ca is None


@pytest.mark.parametrize(
    "wrong",
    [{"mirrors": ("docker.io",)}, {"mirrors": ("docker.io=m.example.com",)}, {"ca": ("r.example.com",)}],
)
def test_a_setting_that_nobody_could_follow_is_refused(wrong: dict[str, tuple[str, ...]]) -> None:
    with pytest.raises(ValueError, match="write REGISTRY="):
        RegistrySettings(**wrong)


@pytest.mark.parametrize(
    ("header", "challenges"),
    [
        ("", []),
        ("Basic", [Challenge("basic")]),
        ('Basic realm="a b"', [Challenge("basic", {"realm": "a b"})]),
        (
            'Bearer realm="https://a.example.com/token",service="r",scope="repository:a/b:pull,push"',
            [
                Challenge(
                    "bearer",
                    {"realm": "https://a.example.com/token", "service": "r", "scope": "repository:a/b:pull,push"},
                )
            ],
        ),
        ('Basic realm="x", Bearer realm=y', [Challenge("basic", {"realm": "x"}), Challenge("bearer", {"realm": "y"})]),
        ('Bearer realm="a\\"b"', [Challenge("bearer", {"realm": 'a"b'})]),
        ('realm="x"', []),
    ],
)
def test_a_challenge_is_read_as_the_standard_has_it(header: str, challenges: list[Challenge]) -> None:
    assert parse_challenges(header) == challenges
