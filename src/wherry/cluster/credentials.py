"""The cluster's keys and certificates: made at the first start, renewed when they run out or no longer fit.

The authority and the token key are kept for the cluster's life, so that kubeconfigs and tokens that people
have copied stay good; the server's and the administrator's certificates are cheap and are made again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from wherry.kit import pki
from wherry.kit.files import DamagedFile, write_atomically
from wherry.kit.http.tls import KeyPair

RENEW_BEFORE = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class Credentials:
    """Everything secret that the masters need."""

    ca: KeyPair
    server: KeyPair
    admin: KeyPair
    token_key_pem: bytes


def ensure_credentials(folder: Path, *, dns_names: Sequence[str], ips: Sequence[str]) -> Credentials:
    """Read the credentials in `folder`, making what is missing, about to end, or lacking a name.

    Args:
        folder: exists, for its owner only.
        dns_names: what the API server answers to.
        ips: its addresses, the first Service address included.

    Raises:
        DamagedFile: the authority or the token key, which cannot be made again without everybody noticing.
    """
    ca = _ensure_pair(folder, "ca", lambda: pki.create_ca("wherry"), lambda pair: _must_be_sound(folder, pair))
    server = _ensure_pair(
        folder,
        "server",
        lambda: pki.issue(ca, "kube-apiserver", dns_names=dns_names, ips=ips, server=True),
        lambda pair: pki.is_sound(pair, issuer=ca) and pki.covers(pair.cert_pem, dns_names=dns_names, ips=ips),
    )
    admin = _ensure_pair(
        folder,
        "admin",
        lambda: pki.issue(ca, "kubernetes-admin", organizations=["system:masters"], client=True),
        lambda pair: pki.is_sound(pair, issuer=ca),
    )
    return Credentials(ca, server, admin, _ensure_token_key(folder))


def _ensure_token_key(folder: Path) -> bytes:
    path = folder / "service-accounts.key"
    if not path.exists():
        write_atomically(path, pki.create_signing_key())
    pem = path.read_bytes()
    try:
        pki.public_key_pem(pem)
    except (ValueError, TypeError) as error:
        raise _damaged(path, "no private key") from error
    return pem


def _must_be_sound(folder: Path, pair: KeyPair) -> bool:
    if not pki.is_sound(pair):
        raise _damaged(folder / "ca.crt", "or ca.key; they do not belong together")
    return True


def _damaged(path: Path, detail: str) -> DamagedFile:
    return DamagedFile(
        path,
        detail,
        f"put back a copy of {path.parent}, or remove it for new keys: rm -r {path.parent}"
        " (kubeconfigs that people have copied must then be copied again)",
    )


def _ensure_pair(folder: Path, name: str, make: Callable[[], KeyPair], fits: Callable[[KeyPair], bool]) -> KeyPair:
    certificate, key = folder / f"{name}.crt", folder / f"{name}.key"
    if certificate.exists() and key.exists():
        pair = KeyPair(certificate.read_bytes(), key.read_bytes())
        if fits(pair) and pki.not_after(pair.cert_pem) - datetime.now(UTC) > RENEW_BEFORE:
            return pair
    pair = make()
    write_atomically(key, pair.key_pem)
    write_atomically(certificate, pair.cert_pem)
    return pair
