"""The cluster's keys and certificates."""

from __future__ import annotations

from pathlib import Path

import pytest

from wherry.cluster.credentials import ensure_credentials
from wherry.kit.files import DamagedFile
from wherry.kit.pki import is_sound


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


@pytest.mark.parametrize("name", ["server.crt", "server.key", "admin.crt", "admin.key"])
def test_a_damaged_certificate_is_made_again(tmp_path: Path, name: str) -> None:
    first = ensure_credentials(tmp_path, dns_names=["localhost"], ips=["127.0.0.1"])
    (tmp_path / name).write_text("damaged")
    again = ensure_credentials(tmp_path, dns_names=["localhost"], ips=["127.0.0.1"])
    assert again.ca == first.ca
    assert is_sound(again.server, issuer=again.ca)
    assert is_sound(again.admin, issuer=again.ca)


def test_a_renewal_that_was_cut_short_is_done_again(tmp_path: Path) -> None:
    """Killed between the key and the certificate: the two on disk do not belong together."""
    first = ensure_credentials(tmp_path, dns_names=["localhost"], ips=["127.0.0.1"])
    (tmp_path / "server.key").write_bytes(first.admin.key_pem)
    again = ensure_credentials(tmp_path, dns_names=["localhost"], ips=["127.0.0.1"])
    assert is_sound(again.server, issuer=first.ca)


def test_a_new_authority_signs_everything_anew(tmp_path: Path) -> None:
    _ = ensure_credentials(tmp_path, dns_names=["localhost"], ips=["127.0.0.1"])
    (tmp_path / "ca.crt").unlink()
    again = ensure_credentials(tmp_path, dns_names=["localhost"], ips=["127.0.0.1"])
    assert is_sound(again.server, issuer=again.ca)
    assert is_sound(again.admin, issuer=again.ca)


@pytest.mark.parametrize("name", ["ca.crt", "ca.key", "service-accounts.key"])
def test_what_others_rely_on_is_never_replaced_silently(tmp_path: Path, name: str) -> None:
    _ = ensure_credentials(tmp_path, dns_names=["localhost"], ips=["127.0.0.1"])
    (tmp_path / name).write_text("damaged")
    with pytest.raises(DamagedFile) as caught:
        _ = ensure_credentials(tmp_path, dns_names=["localhost"], ips=["127.0.0.1"])
    assert f"rm -r {tmp_path}" in caught.value.remedy
    assert (tmp_path / name).read_text() == "damaged"
