"""A certificate, or that there can be none, is written only by those who may `sign` for the request's signer."""

from __future__ import annotations

from wherry.apimachinery import field_errors
from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import forbidden, invalid
from wherry.apiserver.admission.interface import AdmissionEnvironment, Attributes, Operation
from wherry.apiserver.authorization.signers import GROUP, may_for_signer
from wherry.apiserver.wire import list_in, mapping_in, text_in

PLURAL, KIND = "certificatesigningrequests", "CertificateSigningRequest"


class CertificateSigning:
    """Looks at who signs."""

    name = "CertificateSigning"
    operations: frozenset[Operation] = frozenset({"UPDATE"})
    resources: frozenset[tuple[str, str]] = frozenset({(GROUP, PLURAL)})
    subresources: frozenset[str] = frozenset({"status"})

    def __init__(self, environment: AdmissionEnvironment) -> None:
        """Asks the server's authorizers."""
        self._authorizers = environment.authorizer

    async def validate(self, attributes: Attributes) -> None:
        """Raise Forbidden; or Invalid for who decides here, which is the approval's matter."""
        old, new = mapping_in(attributes.old or {}, "status"), mapping_in(attributes.object, "status")
        added = _types(new) - _types(old)
        errors = [
            field_errors.forbidden("status.conditions", f'updates may not add a condition of type "{kind}"')
            for kind in ("Approved", "Denied")
            if kind in added
        ]
        if errors:
            raise invalid(KIND, GROUP, attributes.name, errors)
        if new.get("certificate") == old.get("certificate") and "Failed" not in added:
            return
        signer_name = text_in(mapping_in(attributes.old or {}, "spec"), "signerName")
        if not may_for_signer(self._authorizers, attributes.user, "sign", signer_name):
            detail = f'user not permitted to sign requests with signerName "{signer_name}"'
            raise forbidden(PLURAL, GROUP, attributes.name, detail)


def _types(status: Document) -> set[str]:
    return {text_in(condition, "type") for condition in list_in(status, "conditions") if isinstance(condition, dict)}
