"""A request for a certificate is approved or denied only by those who may `approve` for its signer."""

from __future__ import annotations

from wherry.apimachinery.errors import forbidden
from wherry.apiserver.admission.interface import AdmissionEnvironment, Attributes, Operation
from wherry.apiserver.authorization.signers import GROUP, may_for_signer
from wherry.apiserver.wire import mapping_in, text_in

PLURAL = "certificatesigningrequests"


class CertificateApproval:
    """Looks at who approves."""

    name = "CertificateApproval"
    operations: frozenset[Operation] = frozenset({"UPDATE"})
    resources: frozenset[tuple[str, str]] = frozenset({(GROUP, PLURAL)})
    subresources: frozenset[str] = frozenset({"approval"})

    def __init__(self, environment: AdmissionEnvironment) -> None:
        """Asks the server's authorizers."""
        self._authorizers = environment.authorizer

    async def validate(self, attributes: Attributes) -> None:
        """Raise Forbidden."""
        signer_name = text_in(mapping_in(attributes.old or {}, "spec"), "signerName")
        if not may_for_signer(self._authorizers, attributes.user, "approve", signer_name):
            detail = f'user not permitted to approve requests with signerName "{signer_name}"'
            raise forbidden(PLURAL, GROUP, attributes.name, detail)
