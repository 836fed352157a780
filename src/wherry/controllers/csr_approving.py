"""Approves nodes' own requests for client certificates, when whoever asks has the right to be a node.

Source: kubernetes pkg/controller/certificates/approver/sarapprove.go.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from wherry.api.certificates.certificatesigningrequest import (
    CERTIFICATE_SIGNING_REQUESTS,
    GROUP,
    CertificateSigningRequest,
    request_pem,
)
from wherry.apimachinery.document import Document
from wherry.apimachinery.meta import ObjectKey
from wherry.client.client import Client
from wherry.controllers.csr_signers import KUBELET_CLIENT, check_kubelet_client
from wherry.kit.certificate_requests import BadRequestPem, read_request
from wherry.kit.http.types import read_body
from wherry.reconcile.actions import Action, Perform
from wherry.reconcile.controller import Controller, View
from wherry.reconcile.sources import for_kind

REVIEWS = "/apis/authorization.k8s.io/v1/subjectaccessreviews"


@dataclass(frozen=True, slots=True)
class Recognized:
    """A kind of request, the right that it takes, and what the approval says."""

    subresource: str
    message: str


OWN = Recognized("selfnodeclient", "Auto approving self kubelet client certificate after SubjectAccessReview.")
FIRST = Recognized("nodeclient", "Auto approving kubelet client certificate after SubjectAccessReview.")


def csr_approving_controller(client: Client) -> Controller:
    """The controller; `client` asks who may, and approves."""

    def plan(key: ObjectKey, view: View) -> Sequence[Action]:
        request = view.lister(CERTIFICATE_SIGNING_REQUESTS).get(*key)
        kinds = recognize(request) if request is not None else []
        if request is None or not kinds:
            return []

        async def review_and_approve() -> None:
            await approve(client, request, kinds)

        why = "a node asks for its client certificate"
        return [Perform(review_and_approve, CERTIFICATE_SIGNING_REQUESTS, "", key.name, why)]

    return Controller(
        name="certificatesigningrequest-approving-controller",
        primary=CERTIFICATE_SIGNING_REQUESTS,
        sources=(for_kind(CERTIFICATE_SIGNING_REQUESTS),),
        plan=plan,
    )


def recognize(request: CertificateSigningRequest) -> list[Recognized]:
    """Which kinds of a node's request this is; none when it is decided, or for people to decide."""
    decided = any(request.condition(kind) is not None for kind in ("Approved", "Denied", "Failed"))
    if decided or request.status.certificate or request.spec.signer_name != KUBELET_CLIENT:
        return []
    try:
        asked = read_request(request_pem(request.spec))
    except BadRequestPem:
        return []
    if check_kubelet_client(asked, request.spec.usages):
        return []
    return [OWN, FIRST] if asked.common_name == request.spec.username else [FIRST]


async def approve(client: Client, request: CertificateSigningRequest, kinds: Sequence[Recognized]) -> None:
    """Approve the request as the first kind for which its requester has the right."""
    for kind in kinds:
        if await _may(client, request, kind.subresource):
            condition: Document = {
                "type": "Approved",
                "status": "True",
                "reason": "AutoApproved",
                "message": kind.message,
            }
            # The other conditions stay: none of them speaks against it, or it would not be recognized.
            document = await client.get_document(CERTIFICATE_SIGNING_REQUESTS, request.metadata.name)
            status = document.get("status")
            known = status.get("conditions", []) if isinstance(status, dict) else []
            document["status"] = {"conditions": [*known, condition]}
            await client.update_document(CERTIFICATE_SIGNING_REQUESTS, document, subresource="approval")
            return


async def _may(client: Client, request: CertificateSigningRequest, subresource: str) -> bool:
    spec = request.spec
    attributes: Document = {
        "group": GROUP,
        "resource": CERTIFICATE_SIGNING_REQUESTS.plural,
        "verb": "create",
        "subresource": subresource,
    }
    review: Document = {
        "spec": {
            "user": spec.username,
            "uid": spec.uid,
            "groups": list(spec.groups),
            "extra": {name: list(values) for name, values in spec.extra.items()},
            "resourceAttributes": attributes,
        }
    }
    answer = orjson.loads(await read_body(await client.request("POST", REVIEWS, body=orjson.dumps(review))))
    return answer["status"]["allowed"] is True
