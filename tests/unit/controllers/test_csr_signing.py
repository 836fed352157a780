from __future__ import annotations

import base64

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from suites.controller_objects import NOW_S, meta
from suites.fake_view import FakeView
from wherry.api.certificates.certificatesigningrequest import (
    CertificateSigningRequest,
    CertificateSigningRequestSpec,
    CertificateSigningRequestStatus,
    RequestCondition,
)
from wherry.controllers.csr_signers import API_CLIENT, KUBELET_CLIENT, KUBELET_SERVING, SIGNERS
from wherry.controllers.csr_signing import lifetime_s, plan_request
from wherry.kit import pki
from wherry.kit.certificate_requests import CertificateRequest, make_request, read_request, sign_request
from wherry.reconcile.actions import PatchStatus

CA = pki.create_ca("test")


def sign(pem: bytes, usages: tuple[str, ...], lifetime: float, now_s: float) -> bytes:
    return sign_request(CA, pem, usages, lifetime_s=lifetime, now_s=now_s)


def request(
    name: str = "ana",
    *conditions: str,
    usages: tuple[str, ...] = ("client auth",),
    signer: str = API_CLIENT,
    expiration_s: int | None = None,
) -> CertificateSigningRequest:
    spec = CertificateSigningRequestSpec(
        request=base64.b64encode(make_request(name, organizations=("web",))[1]).decode(),
        signer_name=signer,
        usages=usages,
        expiration_seconds=expiration_s,
    )
    status = CertificateSigningRequestStatus(
        conditions=tuple(RequestCondition(type=kind, status="True") for kind in conditions)
    )
    return CertificateSigningRequest(metadata=meta(name, ""), spec=spec, status=status)


def planned(one: CertificateSigningRequest) -> CertificateSigningRequestStatus | None:
    actions = plan_request(one.metadata.key, FakeView([one]), sign)
    if not actions:
        return None
    (action,) = actions
    assert isinstance(action, PatchStatus)
    assert isinstance(action.new, CertificateSigningRequestStatus)
    return action.new


def test_an_approved_request_gets_its_certificate() -> None:
    status = planned(request("ana", "Approved", expiration_s=3600))
    assert status is not None
    certificate = x509.load_pem_x509_certificate(base64.b64decode(status.certificate))
    assert certificate.subject.rfc4514_string() == "CN=ana,O=web"
    certificate.verify_directly_issued_by(x509.load_pem_x509_certificate(CA.cert_pem))
    assert certificate.not_valid_after_utc.timestamp() == NOW_S + 3600
    usages = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usages) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    assert not certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


@pytest.mark.parametrize(
    "one",
    [
        request("ana"),
        request("ana", "Denied"),
        request("ana", "Approved", "Failed"),
        request("ana", "Approved", signer="example.com/own"),
    ],
)
def test_everything_else_waits(one: CertificateSigningRequest) -> None:
    assert planned(one) is None


def test_a_request_that_its_signer_does_not_sign_fails_with_the_reason() -> None:
    status = planned(request("ana", "Approved", usages=("server auth",)))
    assert status is not None
    failed = status.conditions[-1]
    assert (failed.type, failed.reason) == ("Failed", "SignerValidationFailure")
    assert failed.message == "invalid usage for client certificate: server auth"
    assert not status.certificate


def test_a_certificate_lives_between_ten_minutes_and_a_year() -> None:
    assert [lifetime_s(asked) for asked in (None, 600, 86400, 10**9)] == [31_536_000, 600, 86400, 31_536_000]


NODE = CertificateRequest("system:node:n1", ("system:nodes",))
SERVING = CertificateRequest("system:node:n1", ("system:nodes",), dns_names=("n1",), ips=("10.0.0.1",))
CLIENT_USAGES = ("digital signature", "client auth")
SERVER_USAGES = ("digital signature", "key encipherment", "server auth")


@pytest.mark.parametrize(
    ("signer", "asked", "usages", "refusal"),
    [
        (API_CLIENT, CertificateRequest("ana"), ("client auth", "key encipherment"), ""),
        (API_CLIENT, CertificateRequest("ana"), ("digital signature",), "missing required usage"),
        (KUBELET_CLIENT, NODE, CLIENT_USAGES, ""),
        (KUBELET_CLIENT, CertificateRequest("system:node:n1"), CLIENT_USAGES, "organization is not system:nodes"),
        (
            KUBELET_CLIENT,
            CertificateRequest("system:node:n1", ("system:nodes", "system:masters")),
            CLIENT_USAGES,
            "organization is not system:nodes",
        ),
        (KUBELET_CLIENT, CertificateRequest("n1", ("system:nodes",)), CLIENT_USAGES, "common name does not begin"),
        (KUBELET_CLIENT, SERVING, CLIENT_USAGES, "DNS subjectAltNames are not allowed"),
        (KUBELET_CLIENT, NODE, SERVER_USAGES, "usages did not match"),
        (KUBELET_SERVING, SERVING, SERVER_USAGES, ""),
        (KUBELET_SERVING, NODE, SERVER_USAGES, "DNS or IP subjectAltName is required"),
        (KUBELET_SERVING, SERVING, CLIENT_USAGES, "usages did not match"),
    ],
)
def test_each_signer_has_its_rules(
    signer: str, asked: CertificateRequest, usages: tuple[str, ...], refusal: str
) -> None:
    answer = SIGNERS[signer](asked, usages)
    assert refusal in answer
    assert bool(refusal) == bool(answer)


def test_a_request_is_read_as_it_was_made() -> None:
    assert read_request(make_request("ana", organizations=("web", "ops"))[1]) == CertificateRequest(
        "ana", ("web", "ops")
    )
