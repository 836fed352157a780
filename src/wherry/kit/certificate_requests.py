"""Requests for certificates (PKCS#10): made, read, and signed by an authority.

Everything is PEM outside. What a signed certificate may be used for is said in the words of Kubernetes' CSR API
(`client auth`, `digital signature` ...), which are those of RFC 5280.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from wherry.kit.http.tls import KeyPair

if TYPE_CHECKING:
    from cryptography.x509 import CertificateSigningRequest, GeneralName, ObjectIdentifier

# A node whose clock runs a little behind must not call a fresh certificate "not yet valid".
BACKDATED = timedelta(minutes=5)
KEY_USAGES = {
    "signing": "digital_signature",
    "digital signature": "digital_signature",
    "content commitment": "content_commitment",
    "key encipherment": "key_encipherment",
    "key agreement": "key_agreement",
    "data encipherment": "data_encipherment",
    "cert sign": "key_cert_sign",
    "crl sign": "crl_sign",
    "encipher only": "encipher_only",
    "decipher only": "decipher_only",
}
"""How the library calls what Kubernetes calls key usages."""

EXTENDED_KEY_USAGES = {
    "any": "2.5.29.37.0",
    "server auth": "1.3.6.1.5.5.7.3.1",
    "client auth": "1.3.6.1.5.5.7.3.2",
    "code signing": "1.3.6.1.5.5.7.3.3",
    "email protection": "1.3.6.1.5.5.7.3.4",
    "s/mime": "1.3.6.1.5.5.7.3.4",
    "ipsec end system": "1.3.6.1.5.5.7.3.5",
    "ipsec tunnel": "1.3.6.1.5.5.7.3.6",
    "ipsec user": "1.3.6.1.5.5.7.3.7",
    "timestamping": "1.3.6.1.5.5.7.3.8",
    "ocsp signing": "1.3.6.1.5.5.7.3.9",
    "microsoft sgc": "1.3.6.1.4.1.311.10.3.3",
    "netscape sgc": "2.16.840.1.113730.4.1",
}
"""The object identifiers of what Kubernetes calls the extended ones."""


class BadRequestPem(ValueError):
    """Not a request for a certificate; the message says why."""


@dataclass(frozen=True, slots=True)
class CertificateRequest:
    """Who asks for a certificate, and for which names."""

    common_name: str
    organizations: tuple[str, ...] = ()
    dns_names: tuple[str, ...] = ()
    ips: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    uris: tuple[str, ...] = ()


def make_request(common_name: str, *, organizations: Sequence[str] = ()) -> tuple[bytes, bytes]:
    """A new key (PEM) and a request for a certificate that names a user and its groups."""
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    names = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, name) for name in organizations]
    subject = x509.Name([*names, x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    request = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, SHA256())
    key_pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return key_pem, request.public_bytes(Encoding.PEM)


def read_request(pem: bytes) -> CertificateRequest:
    """Who asks for what. Raises BadRequestPem, also when the request is not signed by its own key."""
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    request = _load(pem)

    def subject(kind: ObjectIdentifier) -> tuple[str, ...]:
        return tuple(str(attribute.value) for attribute in request.subject.get_attributes_for_oid(kind))

    names = _alternative_names(request)
    return CertificateRequest(
        common_name=next(reversed(subject(NameOID.COMMON_NAME)), ""),
        organizations=subject(NameOID.ORGANIZATION_NAME),
        dns_names=tuple(name.value for name in names if isinstance(name, x509.DNSName)),
        ips=tuple(str(name.value) for name in names if isinstance(name, x509.IPAddress)),
        emails=tuple(name.value for name in names if isinstance(name, x509.RFC822Name)),
        uris=tuple(name.value for name in names if isinstance(name, x509.UniformResourceIdentifier)),
    )


def sign_request(ca: KeyPair, pem: bytes, usages: Iterable[str], *, lifetime_s: float, now_s: float) -> bytes:
    """The certificate (PEM) that the request asks for, signed by `ca` and never longer good than it.

    It takes over the subject and the names, and nothing else: what it may be used for is `usages`.
    """
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

    request, authority = _load(pem), x509.load_pem_x509_certificate(ca.cert_pem)
    now = datetime.fromtimestamp(now_s, UTC)
    builder = x509.CertificateBuilder(
        issuer_name=authority.subject,
        subject_name=request.subject,
        public_key=request.public_key(),
        serial_number=x509.random_serial_number(),
        not_valid_before=now - BACKDATED,
        not_valid_after=min(now + timedelta(seconds=lifetime_s), authority.not_valid_after_utc),
    )
    wanted = set(usages)
    flags = dict.fromkeys(KEY_USAGES.values(), False)
    flags |= {KEY_USAGES[usage]: True for usage in wanted if usage in KEY_USAGES}
    if any(flags.values()):
        # One that allows nothing would forbid everything; without it, everything is allowed.
        builder = builder.add_extension(x509.KeyUsage(**flags), critical=True)
    extended = sorted({EXTENDED_KEY_USAGES[usage] for usage in wanted if usage in EXTENDED_KEY_USAGES})
    if extended:
        identifiers = [x509.ObjectIdentifier(text) for text in extended]
        builder = builder.add_extension(x509.ExtendedKeyUsage(identifiers), critical=False)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    subject_key = authority.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    issuer_key = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(subject_key)
    builder = builder.add_extension(issuer_key, critical=False)
    names = _alternative_names(request)
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    key = load_pem_private_key(ca.key_pem, password=None)
    assert isinstance(key, EllipticCurvePrivateKey)
    return builder.sign(key, SHA256()).public_bytes(Encoding.PEM)


def _load(pem: bytes) -> CertificateSigningRequest:
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm

    if b"-----BEGIN CERTIFICATE REQUEST-----" not in pem and b"-----BEGIN NEW CERTIFICATE REQUEST-----" not in pem:
        raise BadRequestPem("PEM block type must be CERTIFICATE REQUEST")
    try:
        request = x509.load_pem_x509_csr(pem)
        if not request.is_signature_valid:
            raise BadRequestPem("x509: the request is not signed by its own key")
    except (ValueError, UnsupportedAlgorithm, TypeError) as error:
        if isinstance(error, BadRequestPem):
            raise
        raise BadRequestPem(f"x509: malformed certificate request: {error}") from error
    return request


def _alternative_names(request: CertificateSigningRequest) -> list[GeneralName]:
    from cryptography import x509

    try:
        names = request.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    except ValueError as error:
        raise BadRequestPem(f"x509: malformed extensions: {error}") from error
    return list(names)
