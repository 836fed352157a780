"""What every kind of bearer token comes to: somebody, and for which audiences."""

from __future__ import annotations

from dataclasses import dataclass

from wherry.apiserver.request import UserInfo

CREDENTIAL_ID = "authentication.kubernetes.io/credential-id"


@dataclass(frozen=True, slots=True)
class Verified:
    """A token that is good: whose it is and for whom."""

    user: UserInfo
    audiences: tuple[str, ...]
