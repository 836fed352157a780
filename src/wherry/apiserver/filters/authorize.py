"""May they? One object decides; role-based access control will take its place.

Until then: administrators and Wherry's own parts may do everything, nodes too; whoever else has an
identity may look around (discovery, health, version) and ask about itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import Forbidden, Unauthorized
from wherry.apiserver.request import ANONYMOUS, ApiRequest, UserInfo

ALL_POWERFUL_GROUPS = frozenset({"system:masters", "system:nodes"})
OWN_USERS = frozenset({"system:apiserver", "system:kube-controller-manager", "system:kube-scheduler"})
OPEN_PATHS = frozenset({"/healthz", "/livez", "/readyz", "/version"})
DISCOVERY_ROOTS = frozenset({"api", "apis", "openapi", "healthz", "livez", "readyz", "version", ".well-known"})
SELF_REVIEWS = frozenset({"selfsubjectreviews", "selfsubjectaccessreviews", "selfsubjectrulesreviews"})
REVIEW_GROUPS = frozenset({"authentication.k8s.io", "authorization.k8s.io"})


@dataclass(frozen=True, slots=True)
class Access:
    """What somebody wants to do. `path` is set, and the resource is not, for paths that are no API objects."""

    verb: str
    group: str = ""
    resource: str = ""
    subresource: str = ""
    namespace: str = ""
    name: str = ""
    path: str = ""


class Authorizer(Protocol):
    """Decides who may do what."""

    def is_allowed(self, user: UserInfo, access: Access) -> bool:
        """Whether `user` may."""

    def rules_for(self, user: UserInfo, namespace: str) -> tuple[list[Document], list[Document]]:
        """What `user` may do in a namespace: resource rules and non-resource rules, as in a SelfSubjectRulesReview."""


class SimpleAuthorizer:
    """Administrators, the masters and the nodes may do everything, everybody else only look around."""

    def is_allowed(self, user: UserInfo, access: Access) -> bool:
        """Whether `user` may."""
        if self._is_all_powerful(user):
            return True
        if "system:authenticated" not in user.groups:
            return access.verb == "get" and _is_open(access.path)
        if access.path:
            return access.verb == "get" and access.path.strip("/").split("/", 1)[0] in DISCOVERY_ROOTS | {""}
        return access.verb == "create" and access.group in REVIEW_GROUPS and access.resource in SELF_REVIEWS

    def rules_for(self, user: UserInfo, namespace: str) -> tuple[list[Document], list[Document]]:
        """The same as rules; they are the same in all namespaces."""
        if self._is_all_powerful(user):
            everything: Document = {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}
            return [everything], [{"verbs": ["*"], "nonResourceURLs": ["*"]}]
        reviews: Document = {
            "verbs": ["create"],
            "apiGroups": sorted(REVIEW_GROUPS),
            "resources": sorted(SELF_REVIEWS),
        }
        urls = [f"/{root}" for root in sorted(DISCOVERY_ROOTS)]
        return [reviews], [{"verbs": ["get"], "nonResourceURLs": [*urls, *(f"{url}/*" for url in urls)]}]

    def _is_all_powerful(self, user: UserInfo) -> bool:
        return user.name in OWN_USERS or not ALL_POWERFUL_GROUPS.isdisjoint(user.groups)


def authorize(authorizer: Authorizer, request: ApiRequest) -> None:
    """Let a request pass, or raise Unauthorized (nobody) or Forbidden (somebody who may not)."""
    resource = request.resource
    if resource is None:
        access = Access(request.verb, path=request.http.path)
    else:
        access = Access(
            request.verb, resource.group, resource.plural, request.subresource, request.namespace, request.name
        )
    if authorizer.is_allowed(request.user, access):
        return
    if request.user is ANONYMOUS:
        raise Unauthorized
    raise denied(request.user, access)


def denied(user: UserInfo, access: Access) -> Forbidden:
    """The sentence that says who may not do what."""
    if not access.resource:
        return Forbidden(f'forbidden: User "{user.name}" cannot {access.verb} path "{access.path}"')
    resource = f"{access.resource}/{access.subresource}" if access.subresource else access.resource
    qualified = f"{access.resource}.{access.group}" if access.group else access.resource
    subject = f'{qualified} "{access.name}"' if access.name else qualified
    where = f'in the namespace "{access.namespace}"' if access.namespace else "at the cluster scope"
    return Forbidden(
        f'{subject} is forbidden: User "{user.name}" cannot {access.verb} resource "{resource}" '
        f'in API group "{access.group}" {where}',
        name=access.name,
        group=access.group,
        kind=access.resource,
    )


def _is_open(path: str) -> bool:
    path = path.rstrip("/")
    return path in OPEN_PATHS or path.startswith(("/healthz/", "/livez/", "/readyz/"))
