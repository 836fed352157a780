"""The cluster's keys and certificates."""

from __future__ import annotations

from pathlib import Path

from wherry.cluster.credentials import ensure_credentials


def test_a_second_start_finds_the_same_credentials(tmp_path: Path) -> None:
    first = ensure_credentials(tmp_path, dns_names=["localhost"], ips=["127.0.0.1"])
    again = ensure_credentials(tmp_path, dns_names=["localhost"], ips=["127.0.0.1"])
    assert (again.ca.cert_pem, again.admin.cert_pem, again.server.cert_pem, again.token_key_pem) == (
        first.ca.cert_pem, first.admin.cert_pem, first.server.cert_pem, first.token_key_pem,
    )  # fmt: skip


def test_a_new_address_renews_the_servers_certificate_and_nothing_else(tmp_path: Path) -> None:
    first = ensure_credentials(tmp_path, dns_names=["localhost"], ips=["127.0.0.1"])
    again = ensure_credentials(tmp_path, dns_names=["localhost"], ips=["127.0.0.1", "10.0.0.1"])
    assert again.server.cert_pem != first.server.cert_pem
    assert (again.ca.cert_pem, again.admin.cert_pem) == (first.ca.cert_pem, first.admin.cert_pem)


def test_keys_are_readable_by_their_owner_alone(tmp_path: Path) -> None:
    _ = ensure_credentials(tmp_path, dns_names=["localhost"], ips=["127.0.0.1"])
    assert {path.stat().st_mode & 0o077 for path in tmp_path.glob("*.key")} == {0}
