"""Acting as somebody else: kubectl --as, --as-group, --as-uid and --as-user-extra, for those who may.

Each thing that is asked for (the user, every group, the uid, every extra value) needs a right of its own, the verb
`impersonate`.

Source: kubernetes apiserver, pkg/endpoints/filters/impersonation.go.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import unquote

from wherry.apimachinery.errors import BadRequest
from wherry.apiserver.filters.authorize import Access, Authorizer, denied
from wherry.apiserver.request import ANONYMOUS, AUTHENTICATED, ApiRequest, UserInfo, account_groups, account_of

USER, GROUP, UID, EXTRA = "impersonate-user", "impersonate-group", "impersonate-uid", "impersonate-extra-"
HEADERS = (USER, GROUP, UID, EXTRA)
UNAUTHENTICATED = "system:unauthenticated"
AUTHENTICATION = "authentication.k8s.io"


def impersonate(authorizer: Authorizer, request: ApiRequest) -> None:
    """Replace the request's user by the one that its headers ask for.

    Raises:
        BadRequest: groups, a uid or extra values without a user.
        Forbidden: the one who asks may not.
    """
    http = request.http
    asked = [name for name in http.headers if name.startswith("impersonate-") and name.startswith(HEADERS)]
    if not asked:
        return
    name, uid = http.headers.get(USER, ""), http.headers.get(UID, "")
    groups = tuple(http.values(GROUP))
    extra = {
        unquote(header.removeprefix(EXTRA)): tuple(http.values(header)) for header in asked if header.startswith(EXTRA)
    }
    if not name:
        if groups or uid or extra:
            wanted = ", ".join([*groups, *([uid] if uid else []), *extra])
            raise BadRequest(f"requested {wanted} without impersonating a user")
        return
    for access in _accesses(name, groups, uid, extra):
        if not authorizer.is_allowed(request.user, access):
            raise denied(request.user, access, authorizer.reason(request.user, access))
    request.acted = request.user.name
    request.user = UserInfo(name, _all_groups(name, groups), uid, extra)


def _accesses(name: str, groups: tuple[str, ...], uid: str, extra: Mapping[str, tuple[str, ...]]) -> Iterator[Access]:
    """The rights that it takes."""
    account = account_of(name)
    if account is not None:
        yield Access("impersonate", "", "serviceaccounts", namespace=account[0], name=account[1])
    else:
        yield Access("impersonate", "", "users", name=name)
    for group in groups:
        yield Access("impersonate", "", "groups", name=group)
    for key, values in extra.items():
        for value in values:
            yield Access("impersonate", AUTHENTICATION, "userextras", key, name=value)
    if uid:
        yield Access("impersonate", AUTHENTICATION, "uids", name=uid)


def _all_groups(name: str, groups: tuple[str, ...]) -> tuple[str, ...]:
    """The groups that were asked for, and those that go without saying."""
    account = account_of(name)
    if account is not None and not groups:
        # A service account is always in its groups.
        groups = account_groups(account[0])
    own = UNAUTHENTICATED if name == ANONYMOUS.name else AUTHENTICATED
    if {AUTHENTICATED, UNAUTHENTICATED}.isdisjoint(groups):
        groups = (*groups, own)
    return tuple(dict.fromkeys(groups))
