from __future__ import annotations

import pytest

from wherry.apimachinery.document import Document
from wherry.method.facts.database_kinds import Found, database_in, is_database, is_version, kind_of_scheme, split_image


@pytest.mark.parametrize(
    ("image", "name", "found"),
    [
        ("postgres:18", "db", Found("postgresql", "18")),
        ("docker.io/bitnami/postgresql:15.4.0-debian", "x", Found("postgresql", "15.4.0")),
        ("registry:5000/orders-postgres", "x", Found("postgresql", "")),
        ("mysql-server:8.4", "x", Found("mysql", "8.4")),
        ("orders-db:18", "postgres", Found("postgresql", "18")),
        ("orders:1", "orders", None),
        ("postgres-exporter:0.15", "exporter", None),
        ("pgbouncer:1", "postgres-proxy", None),
    ],
)
def test_a_database_is_known_by_the_name_of_its_image_or_its_container(
    image: str, name: str, found: Found | None
) -> None:
    container: Document = {"name": name, "image": image}
    assert database_in(container) == found
    assert is_database(container) is (found is not None)


def test_an_unknown_image_with_a_databases_port_is_one_when_it_is_called_so() -> None:
    ports: list[object] = [{"containerPort": 5432}]
    called: Document = {"name": "store", "image": "corp/shopdb:4", "ports": ports}
    assert database_in(called, {}) == Found("postgresql", "4")
    assert database_in({"name": "api", "image": "corp/api:4", "ports": ports}, {}) is None


def test_an_image_by_digest_has_the_version_that_it_was_pinned_from() -> None:
    pinned = "orders-db@sha256:" + "a" * 64
    assert database_in({"name": "postgres", "image": pinned}, {pinned: "orders-db:18"}) == Found("postgresql", "18")
    assert database_in({"name": "postgres", "image": pinned}, {}) == Found("postgresql", "")


def test_versions_are_compared_as_far_as_the_wanted_one_says() -> None:
    assert is_version("18", "18.3")
    assert not is_version("18.3", "18")
    assert not is_version("1", "18")


def test_a_registrys_port_is_no_tag() -> None:
    assert split_image("localhost:5000/a/b") == ("localhost:5000/a/b", "")
    assert split_image("a/b:1@sha256:x") == ("a/b", "1")


def test_addresses_say_their_kind() -> None:
    assert kind_of_scheme("postgresql+asyncpg") == "postgresql"
    assert kind_of_scheme("http") is None
