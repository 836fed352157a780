"""Removes requests for certificates that nobody needs any more.

Source: kubernetes pkg/controller/certificates/cleaner.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence

from wherry.api.certificates.certificatesigningrequest import CERTIFICATE_SIGNING_REQUESTS, CertificateSigningRequest
from wherry.apimachinery.meta import ObjectKey
from wherry.apimachinery.timestamps import parse_time
from wherry.kit.pki import not_after
from wherry.reconcile.actions import Action, Delete, Requeue
from wherry.reconcile.controller import Controller, View
from wherry.reconcile.sources import for_kind

DECIDED_KEPT_S = 3600.0
PENDING_KEPT_S = 24 * 3600.0


def plan(key: ObjectKey, view: View) -> Sequence[Action]:
    """Decide whether the request's time is over, or when it will be."""
    request = view.lister(CERTIFICATE_SIGNING_REQUESTS).get(*key)
    if request is None or request.metadata.is_being_deleted:
        return []
    until_s, why = kept_until(request)
    if until_s > view.now_s:
        return [Requeue(until_s - view.now_s, "a request for a certificate is kept for a while")]
    return [Delete(CERTIFICATE_SIGNING_REQUESTS, "", key.name, why, uid=request.metadata.uid)]


def kept_until(request: CertificateSigningRequest) -> tuple[float, str]:
    """When the request may go, in seconds since 1970, and why then."""
    for kind, needs_certificate in (("Denied", False), ("Failed", False), ("Approved", True)):
        condition = request.condition(kind)
        if condition is not None and (request.status.certificate or not needs_certificate):
            decided_s = parse_time(condition.last_update_time or request.metadata.creation_timestamp)
            until_s = min(decided_s + DECIDED_KEPT_S, _ends_s(request.status.certificate))
            return until_s, f"it was {kind.lower()} an hour ago, and whoever asked has seen it"
    created_s = parse_time(request.metadata.creation_timestamp)
    return created_s + PENDING_KEPT_S, "nobody has decided about it, or signed it, within a day"


def _ends_s(certificate: str) -> float:
    try:
        return not_after(base64.b64decode(certificate)).timestamp() if certificate else float("inf")
    except (ValueError, binascii.Error):
        return float("inf")


CSR_CLEANER = Controller(
    name="certificatesigningrequest-cleaner-controller",
    primary=CERTIFICATE_SIGNING_REQUESTS,
    sources=(for_kind(CERTIFICATE_SIGNING_REQUESTS),),
    plan=plan,
)
