from __future__ import annotations

import pytest

from wherry.runtime.images.reference import InvalidReference, familiar_name, parse_reference

DIGEST = "sha256:" + "a" * 64


@pytest.mark.parametrize(
    ("text", "canonical", "familiar"),
    [
        ("orders", "docker.io/library/orders:latest", "orders:latest"),
        ("orders:1", "docker.io/library/orders:1", "orders:1"),
        ("docker.io/library/orders:1", "docker.io/library/orders:1", "orders:1"),
        ("index.docker.io/team/orders:1", "docker.io/team/orders:1", "team/orders:1"),
        ("localhost/orders", "localhost/orders:latest", "localhost/orders:latest"),
        (
            "registry.example:5000/a/b/c:v1.2-3",
            "registry.example:5000/a/b/c:v1.2-3",
            "registry.example:5000/a/b/c:v1.2-3",
        ),
        (f"orders@{DIGEST}", f"docker.io/library/orders@{DIGEST}", f"orders@{DIGEST}"),
        (f"orders:1@{DIGEST}", "docker.io/library/orders:1", "orders:1"),
    ],
)
def test_a_short_name_is_completed_and_shortened_again(text: str, canonical: str, familiar: str) -> None:
    assert parse_reference(text).canonical == canonical
    assert familiar_name(text) == familiar


@pytest.mark.parametrize(
    "text",
    ["", ":1", "Orders", "orders:", "orders:a b", "a//b", "orders@sha256:1", "../x", "a/../b", "o\nrders", "x" * 300],
)
def test_what_is_no_name_is_refused(text: str) -> None:
    with pytest.raises(InvalidReference):
        parse_reference(text)
