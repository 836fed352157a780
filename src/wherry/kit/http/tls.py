"""TLS settings for our server and our clients.

TLS 1.2 and up, HTTP/1.1 only (every Kubernetes client falls back to it when the server does not
offer h2). The server asks for a client certificate without insisting: who has none may still
bring a bearer token.
"""

from __future__ import annotations

import hashlib
import ssl
import tempfile
from dataclasses import dataclass
from pathlib import Path

from wherry.kit.http.types import Peer


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A certificate (with its chain) and its private key, both PEM."""

    cert_pem: bytes
    key_pem: bytes

    def __repr__(self) -> str:
        """Without the key: it must not end up in a log."""
        return "KeyPair(...)"


def server_context(identity: KeyPair, *, client_ca_pem: bytes = b"") -> ssl.SSLContext:
    """The TLS settings of a server that shows `identity` and accepts clients of `client_ca_pem`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    _set_up(context)
    load_identity(context, identity)
    if client_ca_pem:
        context.load_verify_locations(cadata=client_ca_pem.decode())
        context.verify_mode = ssl.CERT_OPTIONAL
    return context


def client_context(
    *, ca_pem: bytes = b"", identity: KeyPair | None = None, insecure_skip_tls_verify: bool = False
) -> ssl.SSLContext:
    """The TLS settings of a client.

    `ca_pem` is the only authority that is trusted; without it the system's are.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    _set_up(context)
    if insecure_skip_tls_verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif ca_pem:
        context.load_verify_locations(cadata=ca_pem.decode())
    else:
        context.load_default_certs(ssl.Purpose.SERVER_AUTH)
    if identity is not None:
        load_identity(context, identity)
    return context


def load_identity(context: ssl.SSLContext, identity: KeyPair) -> None:
    """Show this certificate from now on; on a server, new connections get it at once."""
    # The ssl module reads certificates from files only: a private directory, gone again before we return.
    with tempfile.TemporaryDirectory(prefix="wherry-tls-") as directory:
        path = Path(directory, "identity.pem")
        path.touch(mode=0o600)
        path.write_bytes(identity.key_pem.rstrip() + b"\n" + identity.cert_pem)
        context.load_cert_chain(path)


def peer_of(certificate: object, der: bytes | None = None) -> Peer | None:
    """Who a verified certificate (as `SSLSocket.getpeercert()` gives it) speaks for; None without one."""
    if not isinstance(certificate, dict) or not certificate:
        return None
    common_name = ""
    organizations: list[str] = []
    for relative_name in certificate.get("subject", ()):
        for kind, value in relative_name:
            if kind == "commonName":
                common_name = value
            elif kind == "organizationName":
                organizations.append(value)
    not_after = certificate.get("notAfter")
    return Peer(
        common_name,
        tuple(organizations),
        ssl.cert_time_to_seconds(not_after) if isinstance(not_after, str) else 0.0,
        hashlib.sha256(der).hexdigest() if der else "",
    )


def _set_up(context: ssl.SSLContext) -> None:
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
