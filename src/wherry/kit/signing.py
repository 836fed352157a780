"""Signing with the key of a client certificate, and telling whose signature one is."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime
from functools import lru_cache

from wherry.kit.http.tls import KeyPair

SIGNATURES_KEPT = 2048
"""What has been proved stays proved; pages ask for the same signatures again at each change. Some 2 KB each."""


def sign(identity: KeyPair, text: bytes) -> str:
    """Sign a text with a certificate's private key (ECDSA, RSA or Ed25519); the signature in base64."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    key = load_pem_private_key(identity.key_pem, password=None)
    if isinstance(key, ec.EllipticCurvePrivateKey):
        made = key.sign(text, ec.ECDSA(hashes.SHA256()))
    elif isinstance(key, rsa.RSAPrivateKey):
        made = key.sign(text, padding.PKCS1v15(), hashes.SHA256())
    elif isinstance(key, ed25519.Ed25519PrivateKey):
        made = key.sign(text)
    else:
        raise ValueError(f"a key of the type {type(key).__name__} cannot sign here")
    return base64.b64encode(made).decode()


@lru_cache(SIGNATURES_KEPT)
def signer(text: bytes, signature: str, cert_pem: bytes, *, ca_pems: tuple[bytes, ...], at: datetime) -> str:
    """The user who has signed: the certificate's name. "" when it was nobody whom these authorities know.

    `at` is when the signature came in: the certificate must have been good then, it need not be now.
    """
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature
    from cryptography.x509.oid import NameOID

    try:
        certificate = x509.load_pem_x509_certificate(cert_pem)
        _verify(certificate, base64.b64decode(signature, validate=True), text)
    except (ValueError, TypeError, binascii.Error, InvalidSignature):
        return ""
    if not certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc:
        return ""
    if not any(_is_issued_by(certificate, ca_pem) for ca_pem in ca_pems):
        return ""
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if len(names) == 1 else ""


def _verify(certificate: object, signature: bytes, text: bytes) -> None:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

    assert isinstance(certificate, x509.Certificate)
    key = certificate.public_key()
    if isinstance(key, ec.EllipticCurvePublicKey):
        key.verify(signature, text, ec.ECDSA(hashes.SHA256()))
    elif isinstance(key, rsa.RSAPublicKey):
        key.verify(signature, text, padding.PKCS1v15(), hashes.SHA256())
    elif isinstance(key, ed25519.Ed25519PublicKey):
        key.verify(signature, text)
    else:
        raise ValueError("a key of another type")


def _is_issued_by(certificate: object, ca_pem: bytes) -> bool:
    """Whether one of the authorities in a PEM text (there may be several) has issued a client's certificate."""
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature
    from cryptography.x509.oid import ExtendedKeyUsageOID

    assert isinstance(certificate, x509.Certificate)
    try:
        usages = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        authorities = x509.load_pem_x509_certificates(ca_pem)
    except (ValueError, x509.ExtensionNotFound):
        return False
    if ExtendedKeyUsageOID.CLIENT_AUTH not in usages:
        return False
    for authority in authorities:
        try:
            certificate.verify_directly_issued_by(authority)
        except (ValueError, TypeError, InvalidSignature):
            continue
        return True
    return False
