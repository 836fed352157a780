"""Signs approved requests for certificates, for the signers that are the cluster's own.

Source: kubernetes pkg/controller/certificates/signer and pkg/apis/certificates/helpers.go.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence

import msgspec

from wherry.api.certificates.certificatesigningrequest import (
    CERTIFICATE_SIGNING_REQUESTS,
    CertificateSigningRequest,
    CertificateSigningRequestStatus,
    RequestCondition,
    request_pem,
)
from wherry.apimachinery.meta import ObjectKey
from wherry.apimachinery.timestamps import format_time
from wherry.controllers.csr_signers import SIGNERS
from wherry.kit.certificate_requests import BadRequestPem, read_request
from wherry.reconcile.actions import Action, PatchStatus
from wherry.reconcile.controller import Controller, View
from wherry.reconcile.sources import for_kind

LIFETIME_MAX_S = 365 * 24 * 3600
LIFETIME_MIN_S = 600

Sign = Callable[[bytes, tuple[str, ...], float, float], bytes]
"""The request (PEM), usages, lifetime in seconds, the time -> the certificate (PEM), by the cluster's authority."""


def csr_signing_controller(sign: Sign) -> Controller:
    """The controller that signs with `sign`."""

    def plan(key: ObjectKey, view: View) -> Sequence[Action]:
        return plan_request(key, view, sign)

    return Controller(
        name="certificatesigningrequest-signing-controller",
        primary=CERTIFICATE_SIGNING_REQUESTS,
        sources=(for_kind(CERTIFICATE_SIGNING_REQUESTS),),
        plan=plan,
    )


def plan_request(key: ObjectKey, view: View, sign: Sign) -> Sequence[Action]:
    """Decide whether the request is to be signed now, or can never be."""
    request = view.lister(CERTIFICATE_SIGNING_REQUESTS).get(*key)
    if request is None or request.status.certificate or request.condition("Approved") is None:
        return []
    if request.condition("Failed") is not None or request.condition("Denied") is not None:
        return []
    signer = SIGNERS.get(request.spec.signer_name)
    if signer is None:
        return []
    try:
        pem = request_pem(request.spec)
        refusal = signer(read_request(pem), request.spec.usages)
    except BadRequestPem as error:
        refusal, pem = str(error), b""
    if refusal:
        return [_write(request, _failed(request, refusal, view.now_s), f"its signer refuses it: {refusal}")]
    certificate = sign(pem, request.spec.usages, lifetime_s(request.spec.expiration_seconds), view.now_s)
    status = msgspec.structs.replace(request.status, certificate=base64.b64encode(certificate).decode())
    return [_write(request, status, f"it is approved, and its signer is {request.spec.signer_name}")]


def lifetime_s(asked_s: int | None) -> float:
    """How long a certificate is good: as asked, between ten minutes and a year."""
    return LIFETIME_MAX_S if asked_s is None else min(max(asked_s, LIFETIME_MIN_S), LIFETIME_MAX_S)


def _failed(request: CertificateSigningRequest, refusal: str, now_s: float) -> CertificateSigningRequestStatus:
    now = format_time(now_s)
    condition = RequestCondition(
        type="Failed",
        status="True",
        reason="SignerValidationFailure",
        message=refusal,
        last_update_time=now,
        last_transition_time=now,
    )
    return msgspec.structs.replace(request.status, conditions=(*request.status.conditions, condition))


def _write(request: CertificateSigningRequest, status: CertificateSigningRequestStatus, why: str) -> Action:
    meta = request.metadata
    return PatchStatus(
        CERTIFICATE_SIGNING_REQUESTS,
        "",
        meta.name,
        request.status,
        status,
        why,
        resource_version=meta.resource_version,
    )
