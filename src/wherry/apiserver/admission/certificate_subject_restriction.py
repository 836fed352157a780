"""Nobody becomes an administrator of everything by asking for a certificate."""

from __future__ import annotations

import base64
import binascii

from wherry.apimachinery.errors import forbidden
from wherry.apiserver.admission.interface import ITSELF, AdmissionEnvironment, Attributes, Operation
from wherry.apiserver.authorization.authorizers import MASTERS_GROUP
from wherry.apiserver.authorization.signers import GROUP
from wherry.apiserver.wire import mapping_in, text_in
from wherry.kit.certificate_requests import BadRequestPem, read_request

PLURAL = "certificatesigningrequests"
SIGNER = "kubernetes.io/kube-apiserver-client"


class CertificateSubjectRestriction:
    """Looks at the groups that a request for a client certificate names."""

    name = "CertificateSubjectRestriction"
    operations: frozenset[Operation] = frozenset({"CREATE"})
    resources: frozenset[tuple[str, str]] = frozenset({(GROUP, PLURAL)})
    subresources = ITSELF

    def __init__(self, environment: AdmissionEnvironment) -> None:
        """Needs nothing."""

    async def validate(self, attributes: Attributes) -> None:
        """Raise Forbidden for the group system:masters."""
        spec = mapping_in(attributes.object, "spec")
        if text_in(spec, "signerName") != SIGNER:
            return
        try:
            request = read_request(base64.b64decode(text_in(spec, "request")))
        except (BadRequestPem, binascii.Error):
            return
        if MASTERS_GROUP in request.organizations:
            detail = f"use of {SIGNER} signer with {MASTERS_GROUP} group is not allowed"
            raise forbidden(PLURAL, GROUP, attributes.name, detail)
