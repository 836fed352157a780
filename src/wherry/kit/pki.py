"""Certificates: the cluster's own authority, what it issues, and the key that signs tokens.

ECDSA P-256 throughout: the whole cluster's certificates take under a millisecond (RSA: 400 ms).
What is issued satisfies the strict rules (RFC 5280) that Python 3.13 checks by default: critical
basicConstraints and keyUsage, subject and authority key identifiers, names in subjectAltName.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from wherry.kit.http.tls import KeyPair

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.x509 import CertificateBuilder, ExtendedKeyUsage, KeyUsage, Name, SubjectAlternativeName

CA_DAYS = 3650
LEAF_DAYS = 365
# A node whose clock runs a little behind must not call a fresh certificate "not yet valid".
BACKDATED = timedelta(hours=1)


def create_ca(name: str, *, days: float = CA_DAYS) -> KeyPair:
    """A new certificate authority that calls itself `name`."""
    from cryptography import x509

    key = _new_key()
    subject = _name(name, ())
    builder = _builder(subject, subject, key, days)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    builder = builder.add_extension(_key_usage(is_ca=True), critical=True)
    return _pair(builder, key, key)


def issue(
    ca: KeyPair,
    common_name: str,
    *,
    organizations: Sequence[str] = (),
    dns_names: Sequence[str] = (),
    ips: Sequence[str] = (),
    server: bool = False,
    client: bool = False,
    days: float = LEAF_DAYS,
) -> KeyPair:
    """A new key and its certificate, signed by `ca`.

    The certificate names `common_name` (the user) and `organizations` (the groups); `server` and
    `client` are what it may be used for, `dns_names` and `ips` where a server answers.
    """
    from cryptography import x509

    ca_cert = x509.load_pem_x509_certificate(ca.cert_pem)
    key = _new_key()
    builder = _builder(_name(common_name, organizations), ca_cert.subject, key, days)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(_key_usage(is_ca=False), critical=True)
    builder = builder.add_extension(_extended_key_usage(server=server, client=client), critical=False)
    authority = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(
        ca_cert.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    )
    builder = builder.add_extension(authority, critical=False)
    if dns_names or ips:
        builder = builder.add_extension(_alternative_names(dns_names, ips), critical=False)
    return _pair(builder, key, _load_key(ca.key_pem))


def not_after(cert_pem: bytes) -> datetime:
    """When a certificate ends (UTC)."""
    from cryptography import x509

    return x509.load_pem_x509_certificate(cert_pem).not_valid_after_utc


def organizations(cert_pem: bytes) -> tuple[str, ...]:
    """The groups that a client's certificate names."""
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    subject = x509.load_pem_x509_certificate(cert_pem).subject
    return tuple(str(name.value) for name in subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME))


def covers(cert_pem: bytes, *, dns_names: Sequence[str] = (), ips: Sequence[str] = ()) -> bool:
    """Whether a server certificate names all of these."""
    from cryptography import x509

    certificate = x509.load_pem_x509_certificate(cert_pem)
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    has_ips = {str(ip) for ip in names.get_values_for_type(x509.IPAddress)}
    return set(dns_names) <= set(names.get_values_for_type(x509.DNSName)) and set(ips) <= has_ips


def is_sound(pair: KeyPair, *, issuer: KeyPair | None = None) -> bool:
    """Whether certificate and key can be read and belong together, and `issuer` (default: itself) has signed it."""
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature

    try:
        certificate = x509.load_pem_x509_certificate(pair.cert_pem)
        if certificate.public_key() != _load_key(pair.key_pem).public_key():
            return False
        certificate.verify_directly_issued_by(x509.load_pem_x509_certificate((issuer or pair).cert_pem))
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def create_signing_key() -> bytes:
    """A new private key (PEM) for signing service-account tokens with ES256."""
    return _private_pem(_new_key())


def public_key_pem(private_pem: bytes) -> bytes:
    """The public half of a private key, for whoever checks signatures."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return _load_key(private_pem).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def _new_key() -> EllipticCurvePrivateKey:
    from cryptography.hazmat.primitives.asymmetric import ec

    return ec.generate_private_key(ec.SECP256R1())


def _load_key(pem: bytes) -> EllipticCurvePrivateKey:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    key = load_pem_private_key(pem, password=None)
    if not isinstance(key, EllipticCurvePrivateKey):
        raise ValueError("not an ECDSA private key")
    return key


def _private_pem(key: EllipticCurvePrivateKey) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _name(common_name: str, organizations: Sequence[str]) -> Name:
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    attributes = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, name) for name in organizations]
    return x509.Name([*attributes, x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _builder(subject: Name, issuer: Name, key: EllipticCurvePrivateKey, days: float) -> CertificateBuilder:
    from cryptography import x509

    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(
        issuer_name=issuer,
        subject_name=subject,
        public_key=key.public_key(),
        serial_number=x509.random_serial_number(),
        not_valid_before=now - BACKDATED,
        not_valid_after=now + timedelta(days=days),
    )
    return builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)


def _key_usage(*, is_ca: bool) -> KeyUsage:
    from cryptography import x509

    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=is_ca,
        crl_sign=is_ca,
        encipher_only=False,
        decipher_only=False,
    )


def _extended_key_usage(*, server: bool, client: bool) -> ExtendedKeyUsage:
    from cryptography import x509
    from cryptography.x509.oid import ExtendedKeyUsageOID

    assert server or client, "a certificate that may be used for nothing"
    usages = [ExtendedKeyUsageOID.SERVER_AUTH] if server else []
    if client:
        usages.append(ExtendedKeyUsageOID.CLIENT_AUTH)
    return x509.ExtendedKeyUsage(usages)


def _alternative_names(dns_names: Sequence[str], ips: Sequence[str]) -> SubjectAlternativeName:
    from cryptography import x509

    addresses = [x509.IPAddress(ipaddress.ip_address(ip)) for ip in ips]
    return x509.SubjectAlternativeName([*[x509.DNSName(name) for name in dns_names], *addresses])


def _pair(builder: CertificateBuilder, key: EllipticCurvePrivateKey, signing_key: EllipticCurvePrivateKey) -> KeyPair:
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import Encoding

    return KeyPair(builder.sign(signing_key, SHA256()).public_bytes(Encoding.PEM), _private_pem(key))
