from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from wherry.kit import pki
from wherry.kit.http.tls import KeyPair
from wherry.kit.signing import sign, signer

NOW = datetime.now(UTC)


@pytest.fixture(scope="module")
def ca() -> KeyPair:
    return pki.create_ca("cluster")


@pytest.fixture(scope="module")
def ana(ca: KeyPair) -> KeyPair:
    return pki.issue(ca, "ana", client=True)


def test_a_signature_names_its_signer(ca: KeyPair, ana: KeyPair) -> None:
    made = sign(ana, b"text")
    assert signer(b"text", made, ana.cert_pem, ca_pems=(ca.cert_pem,), at=NOW) == "ana"


def test_one_of_several_authorities_is_enough(ca: KeyPair, ana: KeyPair) -> None:
    bundle = pki.create_ca("old").cert_pem + ca.cert_pem
    assert signer(b"text", sign(ana, b"text"), ana.cert_pem, ca_pems=(bundle,), at=NOW) == "ana"


@pytest.mark.parametrize(
    "certificate", ["another text", "another key", "another authority", "no certificate", "a server's"]
)
def test_anything_that_does_not_fit_is_nobodys_signature(certificate: str, ca: KeyPair, ana: KeyPair) -> None:
    made, cert, authority, text = sign(ana, b"text"), ana.cert_pem, ca.cert_pem, b"text"
    match certificate:
        case "another text":
            text = b"other"
        case "another key":
            cert = pki.issue(ca, "ana", client=True).cert_pem
        case "another authority":
            authority = pki.create_ca("cluster").cert_pem
        case "no certificate":
            cert = b"-----BEGIN NOTHING-----"
        case _:
            server = pki.issue(ca, "ana", server=True)
            made, cert = sign(server, b"text"), server.cert_pem
    assert signer(text, made, cert, ca_pems=(authority,), at=NOW) == ""
    assert signer(text, "not base64!", cert, ca_pems=(authority,), at=NOW) == ""


def test_a_certificate_must_have_been_good_when_the_signature_came_in_and_need_not_be_now(ca: KeyPair) -> None:
    ana = pki.issue(ca, "ana", client=True, days=1)
    made = sign(ana, b"text")
    assert signer(b"text", made, ana.cert_pem, ca_pems=(ca.cert_pem,), at=NOW) == "ana"
    assert signer(b"text", made, ana.cert_pem, ca_pems=(ca.cert_pem,), at=NOW + timedelta(days=3)) == ""


def test_what_has_been_proved_is_not_proved_again(ca: KeyPair, ana: KeyPair) -> None:
    made = sign(ana, b"once")
    before = signer.cache_info()
    for _ in range(3):
        assert signer(b"once", made, ana.cert_pem, ca_pems=(ca.cert_pem,), at=NOW) == "ana"
    after = signer.cache_info()
    assert (after.misses - before.misses, after.hits - before.hits) == (1, 2)
