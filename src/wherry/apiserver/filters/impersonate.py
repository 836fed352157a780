"""Acting as somebody else: kubectl --as and --as-group, for those who may.

Whoever may do everything may impersonate; everybody else is told that they may not.
"""

from __future__ import annotations

from wherry.apimachinery.errors import BadRequest
from wherry.apiserver.filters.authorize import Access, Authorizer, denied
from wherry.apiserver.request import ANONYMOUS, ApiRequest, UserInfo

AUTHENTICATED = "system:authenticated"
SERVICE_ACCOUNT = "system:serviceaccount:"


def impersonate(authorizer: Authorizer, request: ApiRequest) -> None:
    """Replace the request's user by the one that its headers ask for.

    Raises:
        BadRequest: groups without a user.
        Forbidden: the one who asks may not.
    """
    headers = request.http.headers
    name = headers.get("impersonate-user", "")
    groups = tuple(group.strip() for group in headers.get("impersonate-group", "").split(",") if group.strip())
    if not name:
        if groups or headers.get("impersonate-uid"):
            raise BadRequest(f"requested {', '.join(groups) or 'a uid'} without impersonating a user")
        return
    wanted = [
        _account_access(name) if name.startswith(SERVICE_ACCOUNT) else Access("impersonate", "", "users", name=name)
    ]
    wanted += [Access("impersonate", "", "groups", name=group) for group in groups]
    for access in wanted:
        if not authorizer.is_allowed(request.user, access):
            raise denied(request.user, access)
    if name == ANONYMOUS.name and not groups:
        request.user = ANONYMOUS
        return
    request.user = UserInfo(name, tuple(dict.fromkeys((*(groups or _account_groups(name)), AUTHENTICATED))))


def _account_access(name: str) -> Access:
    namespace, _, account = name.removeprefix(SERVICE_ACCOUNT).partition(":")
    return Access("impersonate", "", "serviceaccounts", namespace=namespace, name=account)


def _account_groups(name: str) -> tuple[str, ...]:
    """A service account is always in its groups; they need not be asked for."""
    if not name.startswith(SERVICE_ACCOUNT):
        return ()
    namespace = name.removeprefix(SERVICE_ACCOUNT).partition(":")[0]
    return ("system:serviceaccounts", f"system:serviceaccounts:{namespace}")
