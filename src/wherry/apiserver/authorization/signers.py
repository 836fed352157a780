"""Who may approve or sign for a signer: a right on `signers`, for the name or for its whole domain."""

from __future__ import annotations

from wherry.apiserver.authorization.authorizers import Authorizers
from wherry.apiserver.filters.authorize import Access
from wherry.apiserver.request import UserInfo

GROUP = "certificates.k8s.io"


def may_for_signer(authorizers: Authorizers, user: UserInfo, verb: str, signer_name: str) -> bool:
    """Whether `user` may `approve` or `sign` (the verb) for the signer."""
    domain = signer_name.partition("/")[0]
    return any(
        authorizers.is_allowed(user, Access(verb, GROUP, "signers", name=name)) for name in (signer_name, f"{domain}/*")
    )
