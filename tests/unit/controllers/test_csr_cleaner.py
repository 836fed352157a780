from __future__ import annotations

import base64

import pytest

from suites.controller_objects import NOW_S, meta
from suites.fake_view import FakeView
from wherry.api.certificates.certificatesigningrequest import (
    CertificateSigningRequest,
    CertificateSigningRequestStatus,
    RequestCondition,
)
from wherry.apimachinery.timestamps import format_time
from wherry.controllers.csr_cleaner import plan
from wherry.kit import pki
from wherry.reconcile.actions import Delete, Requeue

ENDED = base64.b64encode(pki.create_ca("x", days=-1).cert_pem).decode()
GOOD = base64.b64encode(pki.create_ca("x", days=36500).cert_pem).decode()


def request(age_s: float, condition: str = "", certificate: str = "") -> CertificateSigningRequest:
    when = format_time(NOW_S - age_s)
    conditions = (RequestCondition(type=condition, status="True", last_update_time=when),) if condition else ()
    status = CertificateSigningRequestStatus(conditions=conditions, certificate=certificate)
    return CertificateSigningRequest(metadata=meta("r", "", creation_timestamp=when), status=status)


@pytest.mark.parametrize(
    ("one", "after_s"),
    [
        (request(3500, "Denied"), 100),
        (request(3500, "Failed"), 100),
        (request(3500, "Approved", GOOD), 100),
        (request(3700, "Approved"), 24 * 3600 - 3700),
        (request(3700), 24 * 3600 - 3700),
    ],
)
def test_a_request_is_kept_for_a_while(one: CertificateSigningRequest, after_s: float) -> None:
    (action,) = plan(one.metadata.key, FakeView([one]))
    assert isinstance(action, Requeue)
    assert action.after_s == pytest.approx(after_s)


@pytest.mark.parametrize(
    "one",
    [
        request(3700, "Denied"),
        request(3700, "Failed"),
        request(3700, "Approved", GOOD),
        request(60, "Approved", ENDED),
        request(24 * 3600 + 1, "Approved"),
        request(24 * 3600 + 1),
    ],
)
def test_then_it_goes(one: CertificateSigningRequest) -> None:
    (action,) = plan(one.metadata.key, FakeView([one]))
    assert isinstance(action, Delete)
